/** The command line of the library. */
@NullMarked
package io.holdfast.examples.cli;

import org.jspecify.annotations.NullMarked;
