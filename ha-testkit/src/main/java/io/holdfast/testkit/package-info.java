/**
 * For implementers of the SPIs: a contract test per SPI. Extend it, say how to make the thing under
 * test and how to do it harm, and run it with JUnit 5.
 */
@NullMarked
package io.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
