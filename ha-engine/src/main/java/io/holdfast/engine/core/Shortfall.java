package io.holdfast.engine.core;

import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How much more would have to be free on a host so that a workload finds room there.
 *
 * @param missing in the dimensions in which anything is; each greater than zero
 */
record Shortfall(SortedMap<String, Long> missing) {

  /** What a workload needs, and those that come along. */
  static SortedMap<String, Long> demandOf(WorkloadEntry workload, Collection<WorkloadEntry> along) {
    SortedMap<String, Long> demand = new TreeMap<>(workload.demand().amounts());
    along.forEach(
        one ->
            one.demand()
                .amounts()
                .forEach((name, amount) -> demand.merge(name, amount, Shortfall::sum)));
    return demand;
  }

  private static long sum(long one, long other) {
    return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
  }

  /**
   * @param margins what is free on the host, in the dimensions that are limited there; less than
   *     zero where more than all is taken
   */
  static Shortfall of(SortedMap<String, Long> demand, SortedMap<String, Long> margins) {
    SortedMap<String, Long> missing = new TreeMap<>();
    margins.forEach(
        (name, margin) -> {
          long wanted = demand.getOrDefault(name, 0L);
          if (wanted > 0 && wanted > margin) {
            missing.put(name, margin < 0 ? sum(wanted, -margin) : wanted - margin);
          }
        });
    return new Shortfall(missing);
  }

  /** Whether it is not room that is missing. */
  boolean isNone() {
    return missing.isEmpty();
  }

  /** How much of what is missing this one would bring, in all dimensions together. */
  double shareOf(WorkloadEntry workload) {
    double share = 0;
    for (var dimension : missing.entrySet()) {
      double amount = workload.demand().amount(dimension.getKey());
      share += Math.min(1, amount / dimension.getValue());
    }
    return share;
  }

  /** Whether all that is missing is there when these have gone. */
  boolean isCoveredBy(List<WorkloadEntry> gone) {
    for (var dimension : missing.entrySet()) {
      long open = dimension.getValue();
      for (WorkloadEntry one : gone) {
        open -= Math.min(open, one.demand().amount(dimension.getKey()));
      }
      if (open > 0) {
        return false;
      }
    }
    return true;
  }
}
