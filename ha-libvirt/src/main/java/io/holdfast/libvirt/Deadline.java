package io.holdfast.libvirt;

import java.time.Duration;

/**
 * A moment on the monotonic clock of this process.
 *
 * @param nanoTime as {@link System#nanoTime} tells it
 */
record Deadline(long nanoTime) {
  /** Nobody waits longer; keeps the sum of now and a time-out from overflowing. */
  private static final Duration LONGEST = Duration.ofDays(365);

  static Deadline in(Duration timeout) {
    Duration bounded = timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
    return new Deadline(System.nanoTime() + bounded.toNanos());
  }

  /** So much earlier. */
  Deadline before(Duration by) {
    return new Deadline(nanoTime - by.toNanos());
  }

  /** 0 when it has passed. */
  long nanosLeft() {
    return Math.max(0, nanoTime - System.nanoTime());
  }

  boolean passed() {
    return nanosLeft() == 0;
  }
}
