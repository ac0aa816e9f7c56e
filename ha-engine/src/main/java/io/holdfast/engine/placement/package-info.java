/** Where a workload goes: pure functions, usable without an engine. */
@NullMarked
package io.holdfast.engine.placement;

import org.jspecify.annotations.NullMarked;
