/**
 * Leases and locks on shared storage: the arithmetic, the format on a device, and the pure cores
 * that hold, watch and take over. Events in, effects out; no I/O, no threads, no clock, no
 * randomness, no logging. {@code io.holdfast.engine.lease.io} carries their effects out.
 *
 * <p>Start reading at {@link io.holdfast.engine.lease.HostLeaseCore} and {@link
 * io.holdfast.engine.lease.SlotWatch}; workload locks are in {@link
 * io.holdfast.engine.lease.LockCore}.
 */
@NullMarked
package io.holdfast.engine.lease;

import org.jspecify.annotations.NullMarked;
