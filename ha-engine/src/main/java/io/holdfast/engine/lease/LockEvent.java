package io.holdfast.engine.lease;

import io.holdfast.engine.lease.LockBlock.Owner;
import java.util.List;
import java.util.Optional;

/** What a {@link LockCore} is told. */
public sealed interface LockEvent {
  /** When it is told, in nanoseconds of one monotonic clock. */
  long now();

  /**
   * The lock is wanted.
   *
   * @param gone an owner that certainly does not run the workload any more, on evidence: only this
   *     one is ever replaced
   */
  record Acquire(long now, Optional<Owner> gone) implements LockEvent {}

  /** The lock is given up: the workload has stopped. */
  record Release(long now) implements LockEvent {}

  /**
   * A read of all blocks of the lock has ended.
   *
   * @param blocks in the order of the slots; if they could not be read, why, in place of them all
   */
  record BlocksRead(long now, int device, long op, List<Reading<LockBlock>> blocks)
      implements LockEvent {
    public BlocksRead {
      blocks = List.copyOf(blocks);
    }
  }

  /**
   * A write has ended.
   *
   * @param detail why it was not acknowledged, in one line; may be empty
   */
  record WriteEnded(long now, int device, long op, Written how, String detail)
      implements LockEvent {
    public WriteEnded(long now, int device, long op, Written how) {
      this(now, device, op, how, "");
    }

    /** To be added to what it is. */
    String why() {
      return detail.isEmpty() ? "" : ": " + detail;
    }
  }

  /** How a write has ended. */
  enum Written {
    /** The device has acknowledged it. */
    DONE,
    /** It was never begun. */
    NOT_BEGUN,
    /** Not acknowledged: it may have happened, or may yet, over what is written after it. */
    UNKNOWN
  }

  /** It is time: see {@link LockCore#nextWakeup}. */
  record Tick(long now) implements LockEvent {}
}
