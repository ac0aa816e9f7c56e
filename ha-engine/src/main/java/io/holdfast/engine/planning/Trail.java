package io.holdfast.engine.planning;

import java.util.Arrays;

/** The moves of survivors in the order in which a search made them. */
final class Trail {
  private int[] who = new int[256];
  private int[] where = new int[256];
  private int length;

  void add(int workload, int host) {
    if (length == who.length) {
      who = Arrays.copyOf(who, length * 2);
      where = Arrays.copyOf(where, length * 2);
    }
    who[length] = workload;
    where[length++] = host;
  }

  int length() {
    return length;
  }

  int who(int index) {
    return who[index];
  }

  int where(int index) {
    return where[index];
  }

  /** The first so many. */
  Trail first(int count) {
    Trail trail = new Trail();
    trail.who = Arrays.copyOf(who, Math.max(1, count));
    trail.where = Arrays.copyOf(where, Math.max(1, count));
    trail.length = count;
    return trail;
  }
}
