package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The same cluster with other names, in the same order. */
final class Renaming {
  private Renaming() {}

  private static HostId host(HostId id) {
    return new HostId("x" + id.value());
  }

  static HostId back(HostId id) {
    return new HostId(id.value().substring(1));
  }

  private static WorkloadId workload(WorkloadId id) {
    return new WorkloadId(id.kind(), "x" + id.name());
  }

  static ClusterSnapshot of(ClusterSnapshot cluster) {
    return new ClusterSnapshot(
        cluster.dimensions(),
        cluster.hosts().stream().map(h -> h.named(host(h.id()))).toList(),
        cluster.workloads().stream()
            .map(w -> w.named(workload(w.id())).on(w.host().map(Renaming::host)))
            .toList(),
        cluster.rules().stream().map(Renaming::of).toList());
  }

  private static Rule of(Rule rule) {
    SortedSet<WorkloadId> workloads = new TreeSet<>();
    rule.workloads().forEach(id -> workloads.add(workload(id)));
    if (rule instanceof Rule.HostAffinity affinity) {
      SortedMap<HostId, Integer> hosts = new TreeMap<>();
      affinity.hosts().forEach((id, priority) -> hosts.put(host(id), priority));
      return new Rule.HostAffinity(rule.id(), workloads, hosts, rule.strict());
    }
    Rule.WorkloadAffinity affinity = (Rule.WorkloadAffinity) rule;
    return new Rule.WorkloadAffinity(
        rule.id(), workloads, affinity.kind(), affinity.level(), rule.strict());
  }
}
