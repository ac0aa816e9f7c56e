package io.holdfast.examples.cli;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.Rebalancing.Proposal;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What becomes of every workload of a cluster. */
final class PlanChanges {
  /** In the order in which they stand on a host. */
  enum Fate {
    STAYS("stays", "#90a4ae"),
    RECOVERED("gets a host", "#43a047"),
    MOVED("moves", "#fb8c00"),
    EVICTED("is stopped for others", "#e53935"),
    LEFT_OUT("stays without a host", "#37474f");

    final String words;
    final String colour;

    Fate(String words, String colour) {
      this.words = words;
      this.colour = colour;
    }
  }

  private final SortedSet<HostId> failed = new TreeSet<>();
  private final SortedMap<WorkloadId, HostId> arrivals = new TreeMap<>();
  private final SortedSet<WorkloadId> evicted = new TreeSet<>();
  private final List<String> remarks = new ArrayList<>();

  private PlanChanges(ClusterSnapshot cluster) {
    cluster.hosts().stream()
        .filter(host -> host.state() == State.FAILED)
        .map(HostSnapshot::id)
        .forEach(failed::add);
  }

  static PlanChanges of(ClusterSnapshot cluster, Plan plan) {
    PlanChanges changes = new PlanChanges(cluster);
    plan.placed().forEach(one -> changes.arrivals.put(one.workload(), one.host()));
    plan.moved().forEach(one -> changes.arrivals.put(one.workload(), one.to()));
    plan.evicted().forEach(one -> changes.evicted.add(one.workload()));
    for (Plan.Unplaced one : plan.unplaced()) {
      String reasons =
          one.reasons().stream()
              .limit(3)
              .map(reason -> reason.host() + ": " + reason.detail())
              .reduce((first, second) -> first + "; " + second)
              .orElse("no host is left");
      int more = one.reasons().size() - 3;
      changes.remarks.add(
          "%s has no host. %s%s"
              .formatted(one.workload(), reasons, more > 0 ? "; and " + more + " more" : ""));
    }
    return changes;
  }

  static PlanChanges of(ClusterSnapshot cluster, Proposal proposal) {
    PlanChanges changes = new PlanChanges(cluster);
    proposal.moved().forEach(one -> changes.arrivals.put(one.workload(), one.to()));
    proposal.broken().forEach(line -> changes.remarks.add("Stays as it is: " + line));
    return changes;
  }

  Fate fate(WorkloadSnapshot workload) {
    boolean survives = workload.host().filter(host -> !failed.contains(host)).isPresent();
    if (arrivals.containsKey(workload.id())) {
      return survives ? Fate.MOVED : Fate.RECOVERED;
    }
    if (evicted.contains(workload.id())) {
      return Fate.EVICTED;
    }
    return survives || workload.desired() != DesiredState.STARTED ? Fate.STAYS : Fate.LEFT_OUT;
  }

  /** Where it is in the end. */
  Optional<HostId> after(WorkloadSnapshot workload) {
    HostId arrived = arrivals.get(workload.id());
    if (arrived != null) {
      return Optional.of(arrived);
    }
    return workload
        .host()
        .filter(host -> !failed.contains(host) && !evicted.contains(workload.id()));
  }

  /** What is left undone, a line each. */
  List<String> remarks() {
    return remarks;
  }
}
