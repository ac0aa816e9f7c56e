package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanChecker.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Who holds room on which hosts while a plan is carried out, and who may come where. */
final class HeldRoom {
  private final ClusterSnapshot cluster;
  private final SortedMap<HostId, HostSnapshot> hosts = new TreeMap<>();
  private final SortedMap<WorkloadId, WorkloadSnapshot> workloads = new TreeMap<>();

  /** Every host that a workload holds room on now: two while it moves. */
  private final SortedMap<WorkloadId, List<HostId>> held = new TreeMap<>();

  private final SortedMap<HostId, long[]> used = new TreeMap<>();

  HeldRoom(ClusterSnapshot cluster) {
    this.cluster = cluster;
    for (HostSnapshot host : cluster.hosts()) {
      hosts.put(host.id(), host);
      used.put(host.id(), new long[cluster.dimensions().size()]);
    }
    for (WorkloadSnapshot workload : cluster.workloads()) {
      workloads.put(workload.id(), workload);
      workload
          .host()
          .filter(host -> host(host).state() != State.FAILED)
          .ifPresent(host -> come(workload.id(), host));
    }
  }

  boolean knows(WorkloadId id) {
    return workloads.containsKey(id);
  }

  boolean knows(HostId id) {
    return hosts.containsKey(id);
  }

  WorkloadSnapshot workload(WorkloadId id) {
    return known(workloads.get(id), id);
  }

  private HostSnapshot host(HostId id) {
    return known(hosts.get(id), id);
  }

  private static <T> T known(@Nullable T found, Object id) {
    if (found == null) {
      throw new IllegalStateException(id + " is not in the cluster");
    }
    return found;
  }

  /** Where it holds room. */
  List<HostId> at(WorkloadId id) {
    return List.copyOf(held.getOrDefault(id, List.of()));
  }

  void come(WorkloadId id, HostId host) {
    held.computeIfAbsent(id, w -> new ArrayList<>()).add(host);
    use(id, host, 1);
  }

  void leave(WorkloadId id, HostId host) {
    if (held.getOrDefault(id, new ArrayList<>()).remove(host)) {
      use(id, host, -1);
    }
  }

  void leave(WorkloadId id) {
    at(id).forEach(host -> leave(id, host));
    held.remove(id);
  }

  private void use(WorkloadId id, HostId host, int times) {
    long[] amounts = known(used.get(host), host);
    for (int d = 0; d < amounts.length; d++) {
      amounts[d] += times * workload(id).demand().get(d);
    }
  }

  /** What speaks against a workload on a host, and which promise that is. */
  record Refusing(Promise promise, String why) {}

  /**
   * What speaks against a workload on a host now.
   *
   * @param times how many times its demand comes on top of what is held already
   */
  List<Refusing> refusals(WorkloadId id, HostId to, int times) {
    HostSnapshot host = host(to);
    List<Refusing> refusals = new ArrayList<>();
    WorkloadSnapshot workload = workload(id);
    if (!host.isUsable()
        || (!host.kinds().isEmpty() && !host.kinds().contains(id.kind()))
        || !host.labels().entrySet().containsAll(workload.requires().entrySet())
        || !host.conditions().containsAll(workload.conditions())) {
      refusals.add(new Refusing(Promise.PLACES, "may not be given to it"));
    }
    for (int d = 0; d < cluster.dimensions().size(); d++) {
      long demand = workload.demand().get(d);
      long taken = demand * times + known(used.get(to), to)[d];
      if (demand > 0 && taken > host.room(d)) {
        String what = cluster.dimensions().get(d);
        refusals.add(
            new Refusing(Promise.CAPACITY, "%s: %d of %d".formatted(what, taken, host.room(d))));
      }
    }
    cluster.rules().stream()
        .filter(rule -> rule.strict() && rule.workloads().contains(id) && !holds(rule, id, host))
        .forEach(rule -> refusals.add(new Refusing(Promise.RULES, "breaks " + rule.describe())));
    return refusals;
  }

  private boolean holds(Rule rule, WorkloadId id, HostSnapshot host) {
    if (rule instanceof Rule.HostAffinity affinity) {
      return affinity.hosts().containsKey(host.id());
    }
    Rule.WorkloadAffinity affinity = (Rule.WorkloadAffinity) rule;
    boolean together = affinity.kind() == Rule.Kind.POSITIVE;
    for (WorkloadId other : rule.workloads()) {
      if (other.equals(id)
          || (together
              && held.containsKey(other)
              && workload(other).desired() != DesiredState.STARTED)) {
        continue;
      }
      for (HostId at : held.getOrDefault(other, List.of())) {
        if (samePlace(affinity.level(), host, host(at)) != together) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether hosts are one place at this level, as {@link Rule.Level} says. */
  static boolean samePlace(Rule.Level level, HostSnapshot one, HostSnapshot other) {
    int length = level.index() + 1;
    if (one.id().equals(other.id()) || length == 0) {
      return one.id().equals(other.id());
    }
    return one.domain().size() >= length
        && other.domain().size() >= length
        && one.domain().subList(0, length).equals(other.domain().subList(0, length));
  }
}
