/** How fast the controller's core decides, and how much it holds. */
@NullMarked
package io.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;
