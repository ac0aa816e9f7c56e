package io.holdfast.examples.cli;

import java.io.PrintStream;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err everything else
 * @param terminal whether a person watches {@code err}
 * @param trace whether a fault of hactl itself is told with where it happened
 */
record Console(PrintStream out, PrintStream err, boolean terminal, boolean trace) {}
