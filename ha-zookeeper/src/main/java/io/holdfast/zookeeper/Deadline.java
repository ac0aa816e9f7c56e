package io.holdfast.zookeeper;

import java.time.Duration;

/** When a call has to have answered, on the monotonic clock. */
record Deadline(long atNanos) {
  static Deadline in(Duration timeout) {
    return new Deadline(System.nanoTime() + timeout.toNanos());
  }

  /** What is left; zero or less when it has passed. */
  long nanosLeft() {
    return atNanos - System.nanoTime();
  }

  boolean passed() {
    return nanosLeft() <= 0;
  }
}
