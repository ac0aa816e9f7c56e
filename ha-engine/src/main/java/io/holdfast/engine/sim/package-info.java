/**
 * The simulator and the in-memory SPIs. Needs no test library, so it also serves drills and what-if
 * questions.
 */
@NullMarked
package io.holdfast.engine.sim;

import org.jspecify.annotations.NullMarked;
