package io.holdfast.fence.ipmi;

import java.time.Duration;

/** The moment by which one fence operation has to end. */
final class Deadline {
  private final Duration timeout;
  private final long endNanos;

  private Deadline(Duration timeout) {
    this.timeout = timeout;
    this.endNanos = System.nanoTime() + timeout.toNanos();
  }

  static Deadline in(Duration timeout) {
    return new Deadline(timeout.isNegative() ? Duration.ZERO : timeout);
  }

  /** Never negative. */
  Duration remaining() {
    return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
  }

  /** What remains, but no more than {@code limit}. */
  Duration remaining(Duration limit) {
    Duration remaining = remaining();
    return remaining.compareTo(limit) < 0 ? remaining : limit;
  }

  boolean passed() {
    return remaining().isZero();
  }

  /** Waits, but not beyond the deadline. */
  void pause(Duration pause) throws InterruptedException {
    Duration wait = remaining(pause);
    Thread.sleep(wait.toMillis(), wait.toNanosPart() % 1_000_000);
  }

  /** The time-out it was made from, for texts. */
  @Override
  public String toString() {
    return timeout.toString();
  }
}
