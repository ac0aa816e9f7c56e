package io.holdfast.testkit;

import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanOptions.Objective;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a plan is worth by the objective, to be compared with another plan for the same workloads.
 *
 * @param parts the most important first: the value less the price, or what runs more than before by
 *     priority
 */
record Worth(List<Long> parts) implements Comparable<Worth> {
  static Worth of(PlacementCase sample, Plan plan) {
    if (sample.options().objective() == Objective.WEIGHT) {
      return new Worth(List.of(plan.worth()));
    }
    SortedSet<WorkloadId> started = new TreeSet<>();
    plan.placed().forEach(one -> started.add(one.workload()));
    SortedSet<WorkloadId> stopped = new TreeSet<>();
    plan.evicted().forEach(one -> stopped.add(one.workload()));
    SortedMap<Integer, Long> counts = new TreeMap<>();
    for (WorkloadSnapshot workload : sample.cluster().workloads()) {
      long more = started.contains(workload.id()) ? 1 : 0;
      long fewer = stopped.contains(workload.id()) ? 1 : 0;
      counts.merge(-workload.priority(), more - fewer, Long::sum);
    }
    return new Worth(List.copyOf(counts.values()));
  }

  @Override
  public int compareTo(Worth other) {
    for (int i = 0; i < parts.size(); i++) {
      int difference = Long.compare(parts.get(i), other.parts.get(i));
      if (difference != 0) {
        return difference;
      }
    }
    return 0;
  }
}
