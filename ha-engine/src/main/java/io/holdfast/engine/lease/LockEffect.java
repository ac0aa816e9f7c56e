package io.holdfast.engine.lease;

import io.holdfast.engine.lease.LockBlock.Ownership;

/**
 * What a {@link LockCore} wants done. Each read and write ends in one event, however late, and a
 * device is given nothing further before.
 */
public sealed interface LockEffect {

  /** Reads all blocks of the lock. */
  record Read(int device, long op) implements LockEffect {}

  /** Writes this host's block, so that it is safe once this is acknowledged. */
  record Write(int device, long op, LockBlock block) implements LockEffect {}

  /** The request has been answered; exactly once for each. */
  record Answered(Answer answer) implements LockEffect {}

  /** The answer to a request. */
  sealed interface Answer {
    /**
     * This host owns the workload.
     *
     * @param token greater than that of every owner before
     */
    record Acquired(long token) implements Answer {}

    /** Another one does, and nothing says that it is gone. */
    record HeldBy(Ownership ownership) implements Answer {}

    /** This host does not own it, or not any more. */
    record Released() implements Answer {}

    /**
     * Not enough devices have answered in time. It may have happened, or happen yet: to be asked
     * again.
     *
     * @param detail one line for people
     */
    record Unknown(String detail) implements Answer {}

    /**
     * It may have happened, or happen yet, and asking again changes nothing: this process can use
     * too few devices for this lock from now on, or all locks are closed. Only the next one can,
     * under another host lease.
     *
     * @param detail one line for people
     */
    record Spent(String detail) implements Answer {}

    /**
     * It cannot be: the lock is another workload's, or another process writes to this host's block;
     * or nothing is asked of the devices, as this host's lease is not held.
     *
     * @param detail one line for people
     */
    record Refused(String detail) implements Answer {}
  }
}
