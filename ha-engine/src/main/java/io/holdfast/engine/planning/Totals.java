package io.holdfast.engine.planning;

import io.holdfast.api.InvalidConfigException;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all workloads of a cluster demand together, and weigh: no more than can be reckoned with.
 */
final class Totals {
  private final List<String> dimensions;
  private final long[] demand;
  private long weight;

  Totals(List<String> dimensions) {
    this.dimensions = dimensions;
    this.demand = new long[dimensions.size()];
  }

  /** It is new; it is known not to be too much. */
  void add(WorkloadSnapshot workload) {
    count(workload, 1);
  }

  void remove(WorkloadSnapshot workload) {
    count(workload, -1);
  }

  /**
   * Counts a workload instead of what it was.
   *
   * @param before {@code null}: it is new
   * @throws InvalidConfigException if that is too much; then all is as before
   */
  void replace(@Nullable WorkloadSnapshot before, WorkloadSnapshot workload) {
    count(workload, 1);
    if (before != null) {
      count(before, -1);
    }
    try {
      for (int d = 0; d < demand.length; d++) {
        ClusterSnapshot.checkSum(
            "workloads", "demands in " + dimensions.get(d), (double) demand[d]);
      }
      ClusterSnapshot.checkSum("workloads", "weights", (double) weight);
    } catch (InvalidConfigException tooMuch) {
      count(workload, -1);
      if (before != null) {
        count(before, 1);
      }
      throw tooMuch;
    }
  }

  private void count(WorkloadSnapshot workload, int sign) {
    for (int d = 0; d < demand.length; d++) {
      demand[d] += sign * workload.demand().get(d);
    }
    weight += sign * workload.weight();
  }

  /**
   * Whether a host may have this capacity beside the others.
   *
   * @throws InvalidConfigException if all together would be too much
   */
  void check(HostSnapshot changed, Collection<HostSnapshot> hosts) {
    for (int d = 0; d < dimensions.size(); d++) {
      double sum = changed.limit(d);
      for (HostSnapshot host : hosts) {
        sum += host.id().equals(changed.id()) ? 0 : host.limit(d);
      }
      ClusterSnapshot.checkSum("hosts", "capacities in " + dimensions.get(d), sum);
    }
  }
}
