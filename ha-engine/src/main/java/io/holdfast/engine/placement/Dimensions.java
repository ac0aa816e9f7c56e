package io.holdfast.engine.placement;

import io.holdfast.api.Capacity;
import io.holdfast.api.Workload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The dimensions that have been named so far, numbered in that order. */
final class Dimensions {
  /** A capacity without a limit; half of the range, so that sums with it do not overflow. */
  static final long UNLIMITED = Long.MAX_VALUE / 2;

  /** The most that a workload takes or uses. */
  static final long MOST = Workload.MOST_DEMAND;

  private static final int KNOWN = 1024;

  private final SortedMap<String, Integer> numbers = new TreeMap<>();
  private final List<String> names = new ArrayList<>();
  private final long[][] known = new long[KNOWN][];

  int count() {
    return names.size();
  }

  String name(int dimension) {
    return names.get(dimension);
  }

  /**
   * Memory counts five times as much as anything else: a host short of it kills, one short of
   * anything else is slow.
   */
  double weight(int dimension) {
    return names.get(dimension).equals("memory") ? 5 : 1;
  }

  /** Numbers the dimensions that are new. */
  void learn(Capacity amounts) {
    for (String name : amounts.amounts().keySet()) {
      if (!numbers.containsKey(name)) {
        numbers.put(name, names.size());
        names.add(name);
      }
    }
  }

  /** What a host has, by number. */
  long[] limits(Capacity capacity) {
    return vector(capacity, UNLIMITED, UNLIMITED);
  }

  /** What a workload takes or uses, by number; what is more than it can be counts as the most. */
  long[] amounts(Capacity amounts) {
    return vector(amounts, 0, MOST);
  }

  /** What is not named is {@code other}. */
  private long[] vector(Capacity amounts, long other, long most) {
    long[] vector = new long[names.size()];
    Arrays.fill(vector, other);
    for (Map.Entry<String, Long> amount : amounts.amounts().entrySet()) {
      Integer number = numbers.get(amount.getKey());
      if (number == null) {
        throw new IllegalStateException("not learned: " + amount.getKey());
      }
      vector[number] = Math.min(amount.getValue(), most);
    }
    return vector;
  }

  /** These amounts, as one array for many that are equal: nobody writes into it. */
  long[] shared(long[] amounts) {
    int at = (Arrays.hashCode(amounts) * 0x9E3779B9) >>> Integer.numberOfLeadingZeros(KNOWN - 1);
    if (!Arrays.equals(known[at], amounts)) {
      known[at] = amounts;
    }
    return known[at];
  }
}
