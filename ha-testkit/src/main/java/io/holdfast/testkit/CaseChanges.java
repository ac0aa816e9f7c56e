package io.holdfast.testkit;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** The same cluster with something changed. */
final class CaseChanges {
  private CaseChanges() {}

  /** After the plan; what it stops is no longer wanted. */
  static ClusterSnapshot carriedOut(ClusterSnapshot cluster, Plan plan) {
    SortedMap<WorkloadId, HostId> arrived = new TreeMap<>();
    plan.placed().forEach(one -> arrived.put(one.workload(), one.host()));
    plan.moved().forEach(one -> arrived.put(one.workload(), one.to()));
    SortedSet<WorkloadId> stopped = new TreeSet<>();
    plan.evicted().forEach(one -> stopped.add(one.workload()));
    return with(
        cluster,
        cluster.hosts(),
        workload ->
            stopped.contains(workload.id())
                ? workload.on(Optional.empty()).wanted(DesiredState.STOPPED)
                : arrived.containsKey(workload.id())
                    ? workload.on(Optional.ofNullable(arrived.get(workload.id())))
                    : workload);
  }

  /** With more capacity in every dimension on one of the hosts, counted round. */
  static ClusterSnapshot grown(ClusterSnapshot cluster, int which, int more) {
    if (cluster.hosts().isEmpty()) {
      return cluster;
    }
    List<HostSnapshot> hosts = new ArrayList<>(cluster.hosts());
    int grows = which % hosts.size();
    HostSnapshot host = hosts.get(grows);
    long[] capacity = host.capacity().toArray();
    for (int d = 0; d < capacity.length; d++) {
      capacity[d] = Math.min(Amounts.MOST, capacity[d] + more);
    }
    hosts.set(grows, host.having(Amounts.of(capacity)));
    return with(cluster, hosts, workload -> workload);
  }

  /** With the same names, for others. */
  static ClusterSnapshot renamed(ClusterSnapshot cluster, long seed) {
    Random dice = new Random(seed);
    List<HostId> hostNames =
        new ArrayList<>(cluster.hosts().stream().map(HostSnapshot::id).toList());
    SortedMap<String, List<String>> names = new TreeMap<>();
    for (WorkloadSnapshot workload : cluster.workloads()) {
      names
          .computeIfAbsent(workload.id().kind(), kind -> new ArrayList<>())
          .add(workload.id().name());
    }
    Collections.shuffle(hostNames, dice);
    names.values().forEach(ofKind -> Collections.shuffle(ofKind, dice));
    SortedMap<HostId, HostId> hosts = new TreeMap<>();
    for (HostSnapshot host : cluster.hosts()) {
      hosts.put(host.id(), hostNames.get(hosts.size()));
    }
    SortedMap<WorkloadId, WorkloadId> workloads = new TreeMap<>();
    for (WorkloadSnapshot workload : cluster.workloads()) {
      WorkloadId id = workload.id();
      List<String> ofKind = names.getOrDefault(id.kind(), List.of());
      workloads.put(id, new WorkloadId(id.kind(), ofKind.remove(ofKind.size() - 1)));
    }
    return new ClusterSnapshot(
        cluster.dimensions(),
        cluster.hosts().stream().map(h -> h.named(hosts.getOrDefault(h.id(), h.id()))).toList(),
        cluster.workloads().stream()
            .map(
                w ->
                    w.named(workloads.getOrDefault(w.id(), w.id()))
                        .on(w.host().map(host -> hosts.getOrDefault(host, host))))
            .toList(),
        cluster.rules().stream().map(rule -> renamed(rule, hosts, workloads)).toList());
  }

  private static Rule renamed(
      Rule rule, SortedMap<HostId, HostId> hosts, SortedMap<WorkloadId, WorkloadId> workloads) {
    SortedSet<WorkloadId> members = new TreeSet<>();
    rule.workloads().forEach(id -> members.add(workloads.getOrDefault(id, id)));
    if (rule instanceof Rule.HostAffinity affinity) {
      SortedMap<HostId, Integer> on = new TreeMap<>();
      affinity.hosts().forEach((id, priority) -> on.put(hosts.getOrDefault(id, id), priority));
      return new Rule.HostAffinity(rule.id(), members, on, rule.strict());
    }
    Rule.WorkloadAffinity affinity = (Rule.WorkloadAffinity) rule;
    return new Rule.WorkloadAffinity(
        rule.id(), members, affinity.kind(), affinity.level(), rule.strict());
  }

  private static ClusterSnapshot with(
      ClusterSnapshot cluster,
      List<HostSnapshot> hosts,
      Function<WorkloadSnapshot, WorkloadSnapshot> change) {
    return new ClusterSnapshot(
        cluster.dimensions(),
        hosts,
        cluster.workloads().stream().map(change).toList(),
        cluster.rules());
  }
}
