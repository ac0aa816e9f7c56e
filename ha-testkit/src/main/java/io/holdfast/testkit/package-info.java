/**
 * Contract tests for implementers of the SPIs: extend the contract's class, say how a fresh object
 * is made, and JUnit runs every promise of the SPI's Javadoc against it.
 */
@NullMarked
package io.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
