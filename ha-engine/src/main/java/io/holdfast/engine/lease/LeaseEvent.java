package io.holdfast.engine.lease;

/** What a {@link HostLeaseCore} is told. */
public sealed interface LeaseEvent {
  /** When it is told, in nanoseconds of one monotonic clock. */
  long now();

  /** A read has ended. */
  record ReadEnded(long now, int device, long op, Reading<HostSlot> reading)
      implements LeaseEvent {}

  /**
   * A write has ended.
   *
   * @param done whether the device has acknowledged it; without that it may have happened or not
   */
  record WriteEnded(long now, int device, long op, boolean done) implements LeaseEvent {}

  /** It is time: see {@link HostLeaseCore#nextWakeup}. */
  record Tick(long now) implements LeaseEvent {}

  /** The lease is to be given up: whatever rests on it has ended. */
  record Release(long now) implements LeaseEvent {}
}
