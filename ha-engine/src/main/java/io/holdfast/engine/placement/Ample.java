package io.holdfast.engine.placement;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether room is no question for workloads that no rule names: each finds a host whatever order
 * they come in, and wherever those before it went. Where one does not, every host that would take
 * it is filled beyond what its room exceeds the largest demand by, in some dimension; so if the
 * hosts together are too roomy for that, there is no such one.
 */
final class Ample {
  private final PlacementState state;

  /** One for all that want the same of a host, besides room. */
  private final List<WorkloadSlot> wants = new ArrayList<>();

  private final long[] largest;
  private final double[] sum;

  Ample(PlacementState state, List<WorkloadSlot> workloads) {
    this.state = state;
    largest = new long[state.dimensions().count()];
    sum = new double[largest.length];
    for (WorkloadSlot workload : workloads) {
      if (wants.stream().noneMatch(other -> wantsTheSame(workload, other))) {
        wants.add(workload);
      }
      for (int d = 0; d < sum.length; d++) {
        largest[d] = Math.max(largest[d], workload.demand[d]);
        sum[d] += workload.demand[d];
      }
    }
  }

  private static boolean wantsTheSame(WorkloadSlot one, WorkloadSlot other) {
    return one.id.kind().equals(other.id.kind())
        && one.requires.equals(other.requires)
        && one.conditions.equals(other.conditions);
  }

  /** Proven; a no says nothing. */
  boolean isProven() {
    double filled = 0;
    int dimensions = 0;
    for (double demanded : sum) {
      dimensions += demanded > 0 ? 1 : 0;
    }
    for (HostSlot host : state.usable()) {
      if (wants.stream().allMatch(workload -> Search.lacksNothing(host, workload))) {
        filled += leastToFill(host);
        if (filled > dimensions || dimensions == 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** The least part of all demands that has to be there before it refuses one for want of room. */
  private double leastToFill(HostSlot host) {
    double least = Double.POSITIVE_INFINITY;
    for (int d = 0; d < sum.length && state.policy.capacityIsHard(); d++) {
      if (sum[d] > 0) {
        least = Math.min(least, Math.max(0, host.free(d) - largest[d]) / sum[d]);
      }
    }
    return least;
  }
}
