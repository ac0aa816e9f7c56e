package io.holdfast.engine.planning;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Numbers whose sums compare as the counts of priorities do, the highest first. */
final class Lexicographic {
  /** The sum of all stays below it. */
  private static final double MOST = 0x1.0p60;

  private Lexicographic() {}

  /**
   * What one workload of a priority is worth: more than all of lower priorities together. Where
   * that would not fit into a number any more, the lowest priorities are worth the same.
   *
   * @param count how many there are of each priority
   */
  static SortedMap<Integer, Long> worth(SortedMap<Integer, Long> count) {
    int lowest = 0;
    while (!fits(count, lowest)) {
      lowest++;
    }
    SortedMap<Integer, Long> worth = new TreeMap<>();
    long below = 0;
    for (Map.Entry<Integer, Long> entry : count.entrySet()) {
      long each = worth.size() <= lowest ? 1 : below + 1;
      worth.put(entry.getKey(), each);
      below += each * entry.getValue();
    }
    return worth;
  }

  private static boolean fits(SortedMap<Integer, Long> count, int lowest) {
    double below = 0;
    int index = 0;
    for (long many : count.values()) {
      double each = index <= lowest ? 1 : below + 1;
      below += each * many;
      index++;
    }
    return below < MOST;
  }
}
