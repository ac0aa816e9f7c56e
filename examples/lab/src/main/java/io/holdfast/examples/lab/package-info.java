/**
 * The lab's hosts, and the demo: a real failover, shown as it happens. An example of embedding, not
 * part of the library.
 */
@NullMarked
package io.holdfast.examples.lab;

import org.jspecify.annotations.NullMarked;
