/**
 * Devices that hold leases and locks: reading and writing them, initialising and checking them, and
 * what drives the cores of {@code io.holdfast.engine.lease} on them.
 */
@NullMarked
package io.holdfast.engine.lease.io;

import org.jspecify.annotations.NullMarked;
