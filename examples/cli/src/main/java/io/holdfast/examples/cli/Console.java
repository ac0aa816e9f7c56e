package io.holdfast.examples.cli;

import java.io.PrintStream;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err everything else
 * @param terminal whether a person watches {@code err}
 */
record Console(PrintStream out, PrintStream err, boolean terminal) {}
