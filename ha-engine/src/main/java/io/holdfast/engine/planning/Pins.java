package io.holdfast.engine.planning;

import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The strict rules that name the hosts of workloads. Looked up when someone asks first; threads
 * that ask at the same moment each do it, and come to the same.
 */
final class Pins {
  private final ClusterSnapshot cluster;
  private volatile @Nullable SortedMap<WorkloadId, List<Rule.HostAffinity>> known;

  Pins(ClusterSnapshot cluster) {
    this.cluster = cluster;
  }

  /** Those of one workload, in the order of the snapshot. */
  List<Rule.HostAffinity> of(WorkloadId workload) {
    SortedMap<WorkloadId, List<Rule.HostAffinity>> pins = known;
    if (pins == null) {
      pins = all();
      known = pins;
    }
    return pins.getOrDefault(workload, List.of());
  }

  private SortedMap<WorkloadId, List<Rule.HostAffinity>> all() {
    SortedMap<WorkloadId, List<Rule.HostAffinity>> pins = new TreeMap<>();
    for (Rule rule : cluster.rules()) {
      if (rule.strict() && rule instanceof Rule.HostAffinity affinity) {
        for (WorkloadId id : affinity.workloads()) {
          pins.computeIfAbsent(id, w -> new ArrayList<>()).add(affinity);
        }
      }
    }
    return pins;
  }
}
