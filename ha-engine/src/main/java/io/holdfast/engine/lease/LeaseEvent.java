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
   * @param detail why it has not, in one line; may be empty
   */
  record WriteEnded(long now, int device, long op, boolean done, String detail)
      implements LeaseEvent {
    public WriteEnded(long now, int device, long op, boolean done) {
      this(now, device, op, done, "");
    }

    /** To be added to what it is. */
    String why() {
      return detail.isEmpty() ? "" : ": " + detail;
    }
  }

  /** It is time: see {@link HostLeaseCore#nextWakeup}. */
  record Tick(long now) implements LeaseEvent {}

  /** The lease is to be given up: whatever rests on it has ended. */
  record Release(long now) implements LeaseEvent {}
}
