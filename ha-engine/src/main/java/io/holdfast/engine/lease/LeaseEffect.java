package io.holdfast.engine.lease;

/**
 * What a {@link HostLeaseCore} wants done. Each read and write ends in one event, however late, and
 * a device is given nothing further before; none of them is ever given up on or done twice.
 */
public sealed interface LeaseEffect {

  /** Reads the slot. */
  record Read(int device, long op) implements LeaseEffect {}

  /** Writes the slot, so that it is safe once this is acknowledged. */
  record Write(int device, long op, HostSlot slot) implements LeaseEffect {}

  /** The lease is held until then, by the clock of the events. Later ones only ever prolong it. */
  record Held(long until) implements LeaseEffect {}

  /** It is over, for good: whoever wants the lease again begins anew, with a new incarnation. */
  record Ended(End end, String detail) implements LeaseEffect {}

  /**
   * A device does not do what it should. Told anew when it is something else, or has been well in
   * between; that it is well is not told.
   */
  record Trouble(int device, String detail) implements LeaseEffect {}

  /** Why it is over. */
  enum End {
    /** Somebody else has the slot, and lives or may live. Nothing was held. */
    BUSY,
    /** It was not renewed in time, or its claim did not hold in time. */
    EXPIRED,
    /** Another process writes to the slot. */
    CONTESTED,
    /** It was given up. */
    RELEASED
  }
}
