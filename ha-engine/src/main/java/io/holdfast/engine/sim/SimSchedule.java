package io.holdfast.engine.sim;

import java.util.Arrays;

/**
 * Virtual time: what is to happen, in the order of its time, then in the order it was planned. A
 * binary heap in arrays: a run plans millions of things, and their keys are compared most of all.
 */
final class SimSchedule {
  private long[] times = new long[64];
  private long[] sequences = new long[64];
  private Runnable[] actions = new Runnable[64];
  private int size;
  private long sequence;
  private long now;

  /** Nanoseconds since the beginning. */
  long now() {
    return now;
  }

  void at(long when, Runnable action) {
    if (size == times.length) {
      times = Arrays.copyOf(times, 2 * size);
      sequences = Arrays.copyOf(sequences, 2 * size);
      actions = Arrays.copyOf(actions, 2 * size);
    }
    long time = Math.max(now, when);
    int hole = size++;
    // What is planned later comes later: it passes only what is due at a later time.
    for (int parent = (hole - 1) / 2; hole > 0 && times[parent] > time; parent = (hole - 1) / 2) {
      move(parent, hole);
      hole = parent;
    }
    put(hole, time, ++sequence, action);
  }

  void in(long nanos, Runnable action) {
    at(now + nanos, action);
  }

  /**
   * Lets the next thing happen.
   *
   * @return false if nothing happens until then; it is then that time
   */
  boolean runNext(long until) {
    if (size == 0 || times[0] > until) {
      now = Math.max(now, until);
      return false;
    }
    now = times[0];
    Runnable next = actions[0];
    removeFirst();
    next.run();
    return true;
  }

  private void removeFirst() {
    int last = --size;
    int hole = 0;
    for (int child = 1; child < last; child = 2 * hole + 1) {
      int least = child + 1 < last && isBefore(child + 1, child) ? child + 1 : child;
      if (!isBefore(least, last)) {
        break;
      }
      move(least, hole);
      hole = least;
    }
    move(last, hole);
    actions[last] = SimSchedule::nothing; // what is over is not kept alive
  }

  private static void nothing() {}

  private boolean isBefore(int one, int other) {
    return times[one] < times[other]
        || (times[one] == times[other] && sequences[one] < sequences[other]);
  }

  private void move(int from, int to) {
    put(to, times[from], sequences[from], actions[from]);
  }

  private void put(int at, long time, long number, Runnable action) {
    times[at] = time;
    sequences[at] = number;
    actions[at] = action;
  }
}
