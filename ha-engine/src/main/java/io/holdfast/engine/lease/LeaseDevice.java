package io.holdfast.engine.lease;

import org.jspecify.annotations.Nullable;

/** What a {@link HostLeaseCore} knows of one of its devices. */
final class LeaseDevice {
  /** How far it is in the present round. */
  enum Step {
    /** Not part of it. */
    OUT,
    READING,
    READ,
    CLAIMING,
    SETTLING,
    CONFIRMING,
    JOINING,
    RENEWING,
    RELEASING,
    DONE
  }

  private static final long NONE = 0;

  final int index;
  Step step = Step.OUT;

  /** The operation that has not ended yet. */
  long op = NONE;

  /** When that was asked for. */
  long began;

  /** When the read of the present round was. */
  long roundRead;

  /** Whether that found the slot as nobody has had it yet. */
  boolean readFree;

  /** Whether it shows somebody whose slot is never taken. */
  boolean refused;

  /** When a claim may be read back. */
  long confirmAt;

  /** Whether it has shown our record: from then on it shows no other. */
  boolean joined;

  /** Whether it was read last as a record of its place: what is not is never written over. */
  boolean sound;

  /** What stood there before ours; a device that shows it again gives stale answers. */
  @Nullable HostSlot replaced;

  /** The sequence that was written last, and the last one that was acknowledged. */
  long written;

  long acknowledged;
  @Nullable String trouble;

  LeaseDevice(int index) {
    this.index = index;
  }

  boolean isBusy() {
    return op != NONE;
  }

  void begin(long newOp, long now, Step newStep) {
    op = newOp;
    began = now;
    step = newStep;
  }

  /** Whether this was its operation; then it is free for the next. */
  boolean ends(long ended) {
    if (op == NONE || op != ended) {
      return false;
    }
    op = NONE;
    return true;
  }

  /** It does what it should. */
  void settled() {
    joined = true;
    trouble = null;
  }
}
