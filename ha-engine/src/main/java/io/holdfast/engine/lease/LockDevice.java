package io.holdfast.engine.lease;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link LockCore} knows of one of its devices. */
final class LockDevice {
  private static final long NONE = 0;

  final int index;

  /** The operation that has not ended yet, and the phase that asked for it. */
  long op = NONE;

  int opPhase;

  /** Whether it has done its part in the present phase, or cannot. */
  boolean done;

  boolean failed;

  /** Whether a write to it may still be on its way: then it never counts again. */
  boolean lost;

  /** Whether the present request has read all of it and found nothing wrong, and no less since. */
  boolean sound;

  /** Whether it has acknowledged the write of the present phase. */
  boolean written;

  /** What it showed in the present phase. */
  List<LockBlock> blocks = List.of();

  /** This host's block as it was found there, by a process that had not written it. */
  @Nullable LockBlock found;

  /** This host's block as it was found, or acknowledged last: it shows no other. */
  @Nullable LockBlock own;

  /** This host's block that is on its way. */
  @Nullable LockBlock writing;

  @Nullable String trouble;

  LockDevice(int index) {
    this.index = index;
  }

  boolean isBusy() {
    return op != NONE;
  }

  void begin(long newOp, int phase) {
    op = newOp;
    opPhase = phase;
  }

  /** Whether this was its operation; then it is free for the next. */
  boolean ends(long ended) {
    if (op == NONE || op != ended) {
      return false;
    }
    op = NONE;
    return true;
  }

  void phaseBegins() {
    done = false;
    written = false;
    failed = lost;
    blocks = List.of();
  }

  void fails(String why) {
    failed = true;
    trouble = why;
  }

  void isLost(String why) {
    lost = true;
    fails(why);
  }
}
