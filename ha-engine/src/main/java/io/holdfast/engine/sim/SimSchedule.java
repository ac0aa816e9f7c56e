package io.holdfast.engine.sim;

import java.util.PriorityQueue;

/** Virtual time: what is to happen, in the order of its time, then in the order it was planned. */
final class SimSchedule {
  private record Task(long at, long sequence, Runnable action) implements Comparable<Task> {
    @Override
    public int compareTo(Task other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  private final PriorityQueue<Task> tasks = new PriorityQueue<>();
  private long sequence;
  private long now;

  /** Nanoseconds since the beginning. */
  long now() {
    return now;
  }

  void at(long when, Runnable action) {
    tasks.add(new Task(Math.max(now, when), ++sequence, action));
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
    Task next = tasks.peek();
    if (next == null || next.at() > until) {
      now = Math.max(now, until);
      return false;
    }
    tasks.poll();
    now = next.at();
    next.action().run();
    return true;
  }
}
