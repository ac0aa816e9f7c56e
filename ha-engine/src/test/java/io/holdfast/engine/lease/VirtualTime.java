package io.holdfast.engine.lease;

import java.util.Comparator;
import java.util.PriorityQueue;

/** What happens when, in nanoseconds of real time that passes as soon as nothing is left to do. */
final class VirtualTime {
  private record Due(long at, long number, Runnable action) {}

  private final PriorityQueue<Due> queue =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::number));
  private long now;
  private long number;

  long now() {
    return now;
  }

  void at(long time, Runnable action) {
    queue.add(new Due(Math.max(now, time), number++, action));
  }

  void after(long delay, Runnable action) {
    at(now + delay, action);
  }

  void runUntil(long end) {
    while (!queue.isEmpty() && queue.peek().at() <= end) {
      Due due = queue.remove();
      now = due.at();
      due.action().run();
    }
    now = end;
  }

  /** A clock whose rate is wrong. */
  static final class Drifting {
    private static final long MILLION = 1_000_000;
    private final long offset;
    private final long rate;

    /**
     * Such a clock.
     *
     * @param offset what it shows when time begins
     * @param ppm by how much it is too fast
     */
    Drifting(long offset, int ppm) {
      this.offset = offset;
      rate = MILLION + ppm;
    }

    /** What it shows then. */
    long shows(long real) {
      return offset + real / MILLION * rate + real % MILLION * rate / MILLION;
    }

    /** The first moment at which it shows at least this. */
    long realOf(long shown) {
      long passed = shown - offset;
      long real = passed / rate * MILLION + passed % rate * MILLION / rate;
      while (shows(real) < shown) {
        real++;
      }
      return real;
    }
  }
}
