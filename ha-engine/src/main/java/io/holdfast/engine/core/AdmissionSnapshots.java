package io.holdfast.engine.core;

import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What counts when it is asked how many failures would be survived. What has never run here is left
 * out until it is asked about: while it is to start, and also when it is started unasked.
 */
final class AdmissionSnapshots {
  private final ControllerState state;
  private final Snapshots snapshots;
  private List<String> dimensions = List.of();
  private final SortedSet<WorkloadId> leftOut = new TreeSet<>();

  /** What is started. */
  private final SortedSet<WorkloadId> unasked = new TreeSet<>();

  AdmissionSnapshots(ControllerState state) {
    this.state = state;
    snapshots = new Snapshots(state);
  }

  /** All that counts. */
  ClusterSnapshot begin() {
    dimensions = snapshots.limited();
    leftOut.clear();
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    for (WorkloadId id : state.workloads.keySet()) {
      workload(id).ifPresent(workloads::add);
    }
    List<HostSnapshot> hosts = new ArrayList<>();
    state.hosts.values().forEach(host -> host(host).ifPresent(hosts::add));
    return new ClusterSnapshot(dimensions, hosts, workloads, List.copyOf(state.rules.values()));
  }

  /** A host as it is now; empty if it is not registered, or limited in another dimension. */
  Optional<HostSnapshot> host(HostEntry host) {
    Host config = host.config;
    if (config == null) {
      return Optional.empty();
    }
    boolean known =
        !state.policy.hardCapacity()
            || dimensions.containsAll(config.capacity().amounts().keySet());
    return known ? Optional.of(snapshots.whole(host, config, dimensions)) : Optional.empty();
  }

  /** A workload as it counts now; empty if it is gone. */
  Optional<WorkloadSnapshot> workload(WorkloadId id) {
    WorkloadEntry workload = state.workloads.get(id);
    Workload spec = workload == null ? null : workload.spec;
    if (workload == null || spec == null) {
      leftOut.remove(id);
      return Optional.empty();
    }
    WorkloadSnapshot whole = whole(workload, spec);
    boolean first =
        whole.desired() == DesiredState.STARTED && AdmissionControl.isFirstStart(workload);
    if (!first && !unasked.contains(id)) {
      leftOut.remove(id);
      return Optional.of(whole);
    }
    leftOut.add(id);
    return Optional.of(whole.on(Optional.empty()).wanted(DesiredState.STOPPED));
  }

  /** A workload as it is, be it left out or not; empty if it is gone. */
  Optional<WorkloadSnapshot> whole(WorkloadId id) {
    WorkloadEntry workload = state.workloads.get(id);
    return Optional.ofNullable(workload == null ? null : workload.spec)
        .map(spec -> whole(state.workload(id), spec));
  }

  /** What is not to run here, or is given up, has at most its room. */
  private WorkloadSnapshot whole(WorkloadEntry workload, Workload spec) {
    boolean wanted =
        WorkloadFacts.ownersWishOf(workload) == WorkloadTable.Wish.RUN
            && workload.unreadable.isEmpty()
            && workload.placement.trials().failed().isEmpty();
    boolean staysDown = !spec.policy().failover() && workload.placement.place().isPresent();
    Optional<HostId> goal = Snapshots.goalOf(workload);
    Optional<HostId> host = goal.filter(state::isRegistered);
    return snapshot(spec, host, wanted && !staysDown && goal.equals(host));
  }

  /** As if it ran there. What does not fail over only takes room from others. */
  WorkloadSnapshot running(Workload spec, HostId host) {
    return snapshot(spec, Optional.of(host), spec.policy().failover());
  }

  private WorkloadSnapshot snapshot(Workload spec, Optional<HostId> host, boolean counts) {
    Amounts demand = Snapshots.amounts(dimensions, spec.demand().amounts(), new TreeMap<>());
    DesiredState desired = counts ? DesiredState.STARTED : DesiredState.STOPPED;
    return Snapshots.workload(spec, demand, host, desired);
  }

  // What is left out

  /** It is started without being asked about. */
  void leaveOut(WorkloadId workload) {
    unasked.add(workload);
  }

  /** From now on it counts when it is started. */
  void count(WorkloadId workload) {
    unasked.remove(workload);
  }

  /** As {@link #count}, for all of them. */
  SortedSet<WorkloadId> countAll() {
    SortedSet<WorkloadId> all = new TreeSet<>(unasked);
    unasked.clear();
    return all;
  }

  boolean isAnyLeftOut() {
    return !leftOut.isEmpty();
  }

  /** The same cluster with what is left out. */
  ClusterSnapshot withLeftOut(ClusterSnapshot cluster) {
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    for (WorkloadSnapshot one : cluster.workloads()) {
      workloads.add(leftOut.contains(one.id()) ? whole(one.id()).orElse(one) : one);
    }
    return new ClusterSnapshot(cluster.dimensions(), cluster.hosts(), workloads, cluster.rules());
  }
}
