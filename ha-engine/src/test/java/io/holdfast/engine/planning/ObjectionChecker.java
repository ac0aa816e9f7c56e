package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Refusal;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanChecker.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether everything that a plan says against a host is true in the cluster as it is after the
 * plan, whether that is all, and whether the host takes the workload when all of it has changed.
 */
final class ObjectionChecker {
  private final ClusterSnapshot cluster;
  private final HeldRoom room;
  private final SortedMap<WorkloadId, HostId> end = new TreeMap<>();
  private final SortedMap<Refusal.Code, Integer> seen = new TreeMap<>();

  private ObjectionChecker(ClusterSnapshot cluster, Plan plan) {
    this.cluster = cluster;
    HeldRoom before = new HeldRoom(cluster);
    cluster.workloads().forEach(w -> before.at(w.id()).forEach(at -> end.put(w.id(), at)));
    plan.placed().forEach(one -> end.put(one.workload(), one.host()));
    plan.moved().forEach(one -> end.put(one.workload(), one.to()));
    plan.evicted().forEach(one -> end.remove(one.workload()));
    room = roomIn(cluster, new TreeSet<>());
  }

  /** As it is at the end of the plan, some left out. */
  private HeldRoom roomIn(ClusterSnapshot changed, SortedSet<WorkloadId> without) {
    HeldRoom all = new HeldRoom(changed);
    changed.workloads().forEach(w -> all.leave(w.id()));
    end.forEach(
        (id, at) -> {
          if (!without.contains(id)) {
            all.come(id, at);
          }
        });
    return all;
  }

  /** How often each kind came up; fails at the first that is not true. */
  static SortedMap<Refusal.Code, Integer> check(ClusterSnapshot cluster, Plan plan) {
    ObjectionChecker checker = new ObjectionChecker(cluster, plan);
    for (Plan.Unplaced one : plan.unplaced()) {
      one.reasons().forEach(refused -> checker.check(one.workload(), refused));
    }
    return checker.seen;
  }

  private void check(WorkloadId id, Plan.Refused refused) {
    HostSnapshot host = host(refused.host());
    List<HeldRoom.Refusing> refusing = room.refusals(id, host.id(), 1);
    int places = 0;
    int rules = 0;
    int rooms = 0;
    for (Objection objection : refused.objections()) {
      seen.merge(objection.code(), 1, Integer::sum);
      assertThat(isTrue(objection, id, host)).as("%s on %s: %s", id, host, objection).isTrue();
      assertThat(objection.detail()).isNotBlank().doesNotContain("  ");
      assertThat(objection.change()).isNotBlank().doesNotContain("  ");
      rules += objection.rule().isPresent() ? 1 : 0;
      rooms += objection instanceof Objection.NoRoom ? 1 : 0;
      places += objection.rule().isEmpty() && !(objection instanceof Objection.NoRoom) ? 1 : 0;
    }
    assertThat(rules).as("%s", refused).isEqualTo(count(refusing, Promise.RULES));
    assertThat(rooms).as("%s", refused).isEqualTo(count(refusing, Promise.CAPACITY));
    assertThat(places > 0).as("%s", refused).isEqualTo(count(refusing, Promise.PLACES) > 0);
    assertThat(whenChanged(id, host, refused.objections())).as("%s", refused).isEmpty();
  }

  private static int count(List<HeldRoom.Refusing> refusing, Promise promise) {
    return (int) refusing.stream().filter(one -> one.promise() == promise).count();
  }

  private boolean isTrue(Objection objection, WorkloadId id, HostSnapshot host) {
    WorkloadSnapshot workload = room.workload(id);
    if (objection instanceof Objection.Unavailable one) {
      return one.state() == host.state() && host.state() == State.MAINTENANCE;
    }
    if (objection instanceof Objection.OtherKinds one) {
      return one.wanted().equals(id.kind())
          && one.runs().equals(host.kinds())
          && !host.kinds().isEmpty()
          && !host.kinds().contains(id.kind());
    }
    if (objection instanceof Objection.LabelMissing one) {
      return one.wanted().equals(workload.requires().get(one.label()))
          && !one.wanted().equals(host.labels().get(one.label()))
          && one.has().equals(Optional.ofNullable(host.labels().get(one.label())));
    }
    if (objection instanceof Objection.ConditionUnmet one) {
      return workload.conditions().contains(one.condition())
          && !host.conditions().contains(one.condition());
    }
    if (objection instanceof Objection.NoRoom one) {
      return isTrue(one, workload, host);
    }
    Rule rule = rule(objection);
    if (!rule.strict() || !rule.workloads().contains(id)) {
      return false;
    }
    if (objection instanceof Objection.NotNamed one) {
      return one.pin().equals(rule) && !one.pin().hosts().containsKey(host.id());
    }
    if (objection instanceof Objection.KeptApart one) {
      return one.others().equals(others((Rule.WorkloadAffinity) rule, id, host, true))
          && one.at().equals(end.get(one.others().get(0)));
    }
    Objection.WantedWith one = (Objection.WantedWith) objection;
    return one.others().equals(others((Rule.WorkloadAffinity) rule, id, host, false))
        && one.at().equals(end.get(one.others().get(0)));
  }

  private boolean isTrue(Objection.NoRoom one, WorkloadSnapshot workload, HostSnapshot host) {
    int d = cluster.dimensions().indexOf(one.dimension());
    long used = host.promised().get(d);
    for (WorkloadSnapshot other : cluster.workloads()) {
      used += host.id().equals(end.get(other.id())) ? other.demand().get(d) : 0;
    }
    long limit = host.limit(d);
    return one.needed() == workload.demand().get(d)
        && one.needed() > one.free()
        && one.free() == Math.max(0, Math.max(limit, host.promised().get(d)) - used)
        && one.limit() == limit
        && one.promised() == host.promised().get(d)
        && one.missing() == used + one.needed() - limit;
  }

  private Rule rule(Objection objection) {
    return cluster.rules().stream()
        .filter(rule -> rule.id().equals(objection.rule().orElseThrow()))
        .findFirst()
        .orElseThrow();
  }

  /** In the order of the rule: who is in the host's place, or who is not. */
  private List<WorkloadId> others(
      Rule.WorkloadAffinity rule, WorkloadId id, HostSnapshot host, boolean there) {
    assertThat(rule.kind()).isEqualTo(there ? Rule.Kind.NEGATIVE : Rule.Kind.POSITIVE);
    List<WorkloadId> others = new ArrayList<>();
    for (WorkloadId other : rule.workloads()) {
      HostId at = end.get(other);
      if (at != null
          && !other.equals(id)
          && (there || room.workload(other).desired() == DesiredState.STARTED)
          && HeldRoom.samePlace(rule.level(), host(at), host) == there) {
        others.add(other);
      }
    }
    return others;
  }

  private HostSnapshot host(HostId id) {
    return cluster.hosts().stream().filter(host -> host.id().equals(id)).findFirst().orElseThrow();
  }

  /** What still speaks against it once all that was said has changed. */
  private List<HeldRoom.Refusing> whenChanged(
      WorkloadId id, HostSnapshot host, List<Objection> objections) {
    SortedMap<String, String> labels = new TreeMap<>(host.labels());
    SortedSet<String> kinds = new TreeSet<>(host.kinds());
    SortedSet<String> conditions = new TreeSet<>(host.conditions());
    SortedSet<WorkloadId> gone = new TreeSet<>();
    SortedMap<String, Rule> rules = new TreeMap<>();
    cluster.rules().forEach(rule -> rules.put(rule.id(), rule));
    long[] capacity = new long[cluster.dimensions().size()];
    for (int d = 0; d < capacity.length; d++) {
      capacity[d] = host.limit(d);
    }
    for (Objection objection : objections) {
      if (objection instanceof Objection.OtherKinds one) {
        kinds.add(one.wanted());
      } else if (objection instanceof Objection.LabelMissing one) {
        labels.put(one.label(), one.wanted());
      } else if (objection instanceof Objection.ConditionUnmet one) {
        conditions.add(one.condition());
      } else if (objection instanceof Objection.NotNamed one) {
        SortedMap<HostId, Integer> hosts = new TreeMap<>(one.pin().hosts());
        hosts.put(host.id(), 0);
        rules.put(
            one.pin().id(),
            new Rule.HostAffinity(one.pin().id(), one.pin().workloads(), hosts, true));
      } else if (objection instanceof Objection.KeptApart one) {
        gone.addAll(one.others());
      } else if (objection instanceof Objection.WantedWith one) {
        gone.addAll(one.others()); // they would bring what is theirs along
      } else if (objection instanceof Objection.NoRoom one) {
        capacity[cluster.dimensions().indexOf(one.dimension())] += one.missing();
      }
    }
    HostSnapshot changed =
        new HostSnapshot(
            host.id(),
            Amounts.of(capacity),
            host.domain(),
            State.UP,
            labels,
            kinds,
            conditions,
            Amounts.all(capacity.length, 100),
            host.promised());
    ClusterSnapshot other =
        new ClusterSnapshot(
            cluster.dimensions(),
            cluster.hosts().stream().map(h -> h.id().equals(host.id()) ? changed : h).toList(),
            cluster.workloads(),
            List.copyOf(rules.values()));
    return roomIn(other, gone).refusals(id, host.id(), 1);
  }
}
