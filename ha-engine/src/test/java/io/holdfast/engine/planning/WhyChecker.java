package io.holdfast.engine.planning;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.PlanChecker.Promise;
import io.holdfast.engine.planning.Why.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whether every reason of a plan is true: looked up in the cluster as it is after the plan. */
final class WhyChecker {
  private static final double EQUAL = 1e-9;

  private final ClusterSnapshot cluster;
  private final PlanOptions options;
  private final Plan plan;
  private final HeldRoom room;
  private final SortedMap<WorkloadId, HostId> before = new TreeMap<>();
  private final SortedMap<WorkloadId, HostId> end = new TreeMap<>();

  private WhyChecker(ClusterSnapshot cluster, PlanOptions options, Plan plan) {
    this.cluster = cluster;
    this.options = options;
    this.plan = plan;
    room = new HeldRoom(cluster);
    cluster.workloads().forEach(w -> room.at(w.id()).forEach(at -> before.put(w.id(), at)));
    end.putAll(before);
    plan.placed().forEach(one -> end.put(one.workload(), one.host()));
    plan.moved().forEach(one -> end.put(one.workload(), one.to()));
    plan.evicted().forEach(one -> end.remove(one.workload()));
    before.keySet().forEach(room::leave);
    end.forEach(room::come);
  }

  /** How often each kind of reason was given; fails at the first that is not true. */
  static SortedMap<Code, Integer> check(ClusterSnapshot cluster, PlanOptions options, Plan plan) {
    WhyChecker checker = new WhyChecker(cluster, options, plan);
    SortedMap<Code, Integer> seen = new TreeMap<>();
    plan.placed().forEach(one -> checker.check(one.workload(), one.reasons(), seen));
    plan.moved().forEach(one -> checker.check(one.workload(), one.reasons(), seen));
    plan.evicted().forEach(one -> checker.check(one.workload(), one.reasons(), seen));
    return seen;
  }

  private void check(WorkloadId id, List<Why> whys, SortedMap<Code, Integer> seen) {
    HostId from = before.get(id);
    HostId to = end.get(id);
    room.leave(id);
    int leaving = 0;
    int coming = 0;
    for (Why why : whys) {
      seen.merge(why.code(), 1, Integer::sum);
      boolean leaves = why.code().compareTo(Code.PARTNER) < 0;
      leaving += leaves ? 1 : 0;
      coming += leaves ? 0 : 1;
      boolean isTrue =
          leaves
              ? from != null && isTrueOfLeaving(why, id, from)
              : to != null && isTrueOfComing(why, id, to);
      assertThat(isTrue).as("%s from %s to %s: %s", id, from, to, why).isTrue();
      assertThat(why.detail()).isNotBlank().doesNotContain("  ");
    }
    assertThat(leaving).as("%s", whys).isEqualTo(from == null ? 0 : 1);
    assertThat(coming > 0).as("%s", whys).isEqualTo(to != null);
    if (to != null) {
      room.come(id, to);
    }
  }

  private boolean isTrueOfLeaving(Why why, WorkloadId id, HostId home) {
    SortedSet<WorkloadId> arrived = new TreeSet<>();
    end.forEach(
        (other, at) -> {
          if (at.equals(home) && !home.equals(before.get(other))) {
            arrived.add(other);
          }
        });
    boolean fits = refuses(id, home, Promise.CAPACITY) == 0;
    return switch (why.code()) {
      case MAKES_ROOM -> !fits && !arrived.isEmpty() && arrived.equals(new TreeSet<>(why.others()));
      case TOO_FULL -> !fits && arrived.isEmpty();
      case KEPT_APART -> fits && isNear(why, id, home, Rule.Kind.NEGATIVE);
      case TAKEN_ALONG -> fits && isFar(why, id, home);
      case NO_OTHER_WAY -> fits && affinities(id).stream().allMatch(r -> holds(r, id, home));
      default -> false;
    };
  }

  private boolean isTrueOfComing(Why why, WorkloadId id, HostId to) {
    List<HostId> allowed = new ArrayList<>();
    List<HostId> free = new ArrayList<>();
    int usable = 0;
    for (HostSnapshot host : cluster.hosts()) {
      usable += host.isUsable() ? 1 : 0;
      if (refuses(id, host.id(), Promise.PLACES) + refuses(id, host.id(), Promise.RULES) == 0) {
        allowed.add(host.id());
        if (refuses(id, host.id(), Promise.CAPACITY) == 0) {
          free.add(host.id());
        }
      }
    }
    assertThat(free).as("hosts that take %s", id).contains(to);
    return switch (why.code()) {
      case PARTNER -> isNear(why, id, to, Rule.Kind.POSITIVE);
      case ONLY_ALLOWED -> allowed.size() == 1 && why.hosts() == usable;
      case ONLY_ROOM -> free.size() == 1 && why.hosts() == allowed.size() && why.hosts() > 1;
      case PREFERRED -> why.hosts() == free.size() && isPreferred(rule(why), id, to, free);
      case FIRST_CHOICE -> why.hosts() == free.size() && isFirst(id, to, free);
      case ONE_OF -> why.hosts() == free.size() && why.hosts() > 1;
      case STANDBY -> free.stream().allMatch(h -> isStandby(h));
      case AFTER_OTHERS -> awaited(id, to).equals(why.others()) && !why.others().isEmpty();
      default -> false;
    };
  }

  private int refuses(WorkloadId id, HostId host, Promise promise) {
    return (int)
        room.refusals(id, host, 1).stream().filter(one -> one.promise() == promise).count();
  }

  private List<Rule.WorkloadAffinity> affinities(WorkloadId id) {
    return cluster.rules().stream()
        .filter(rule -> rule.strict() && rule.workloads().contains(id))
        .filter(Rule.WorkloadAffinity.class::isInstance)
        .map(Rule.WorkloadAffinity.class::cast)
        .toList();
  }

  private boolean holds(Rule.WorkloadAffinity rule, WorkloadId id, HostId host) {
    boolean together = rule.kind() == Rule.Kind.POSITIVE;
    return rule.workloads().stream()
        .filter(other -> !other.equals(id) && end.containsKey(other))
        .filter(other -> !together || room.workload(other).desired() == DesiredState.STARTED)
        .allMatch(other -> isSamePlace(rule, endOf(other), host) == together);
  }

  private boolean isSamePlace(Rule.WorkloadAffinity rule, HostId one, HostId other) {
    return HeldRoom.samePlace(rule.level(), host(one), host(other));
  }

  private HostId endOf(WorkloadId id) {
    return Objects.requireNonNull(end.get(id), id::toString);
  }

  private Rule rule(Why why) {
    return cluster.rules().stream()
        .filter(rule -> rule.id().equals(why.rule().orElseThrow()))
        .findFirst()
        .orElseThrow();
  }

  private boolean isNear(Why why, WorkloadId id, HostId host, Rule.Kind kind) {
    Rule.WorkloadAffinity rule = (Rule.WorkloadAffinity) rule(why);
    HostId at = end.get(why.others().get(0));
    return rule.strict()
        && rule.kind() == kind
        && rule.workloads().contains(id)
        && rule.workloads().containsAll(why.others())
        && at != null
        && isSamePlace(rule, at, host);
  }

  private boolean isFar(Why why, WorkloadId id, HostId host) {
    return isPositive(rule(why)) && !isNear(why, id, host, Rule.Kind.POSITIVE);
  }

  private static boolean isPositive(Rule rule) {
    return rule instanceof Rule.WorkloadAffinity affinity
        && rule.strict()
        && affinity.kind() == Rule.Kind.POSITIVE;
  }

  private HostSnapshot host(HostId id) {
    return cluster.hosts().stream().filter(host -> host.id().equals(id)).findFirst().orElseThrow();
  }

  private boolean isStandby(HostId id) {
    return host(id).state() == HostSnapshot.State.STANDBY;
  }

  private List<WorkloadId> awaited(WorkloadId id, HostId host) {
    List<WorkloadId> awaited = new ArrayList<>();
    Plan.Step last =
        plan.steps().stream()
            .filter(step -> step.workload().equals(id))
            .reduce((one, other) -> other)
            .orElseThrow();
    for (int i : last.after()) {
      Plan.Step step = plan.steps().get(i);
      boolean moves = step instanceof Plan.Step.Move move && move.from().equals(host);
      boolean stops = step instanceof Plan.Step.Stop stop && stop.host().equals(host);
      if ((moves || stops) && !step.workload().equals(id)) {
        awaited.add(step.workload());
      }
    }
    return awaited;
  }

  private boolean isPreferred(Rule rule, WorkloadId id, HostId to, List<HostId> free) {
    double own = dislike(rule, id, to);
    return free.stream().allMatch(host -> dislike(rule, id, host) >= own)
        && free.stream().anyMatch(host -> dislike(rule, id, host) > own);
  }

  /** How many priorities are higher, or how many others are where they should not be. */
  private int dislike(Rule rule, WorkloadId id, HostId host) {
    if (!rule.workloads().contains(id)) {
      return 0;
    }
    if (rule instanceof Rule.HostAffinity affinity) {
      int own = affinity.hosts().getOrDefault(host, Integer.MIN_VALUE);
      return (int) affinity.hosts().values().stream().distinct().filter(p -> p > own).count();
    }
    Rule.WorkloadAffinity affinity = (Rule.WorkloadAffinity) rule;
    boolean together = affinity.kind() == Rule.Kind.POSITIVE;
    return (int)
        rule.workloads().stream()
            .filter(other -> !other.equals(id) && end.containsKey(other))
            .filter(other -> isSamePlace(affinity, endOf(other), host) != together)
            .count();
  }

  /** In the order in which things count; how full hosts are only where the strategy asks that. */
  private boolean isFirst(WorkloadId id, HostId to, List<HostId> free) {
    List<Double> own = scores(id, to);
    for (HostId host : free) {
      List<Double> other = scores(id, host);
      for (int i = 0; i < own.size(); i++) {
        if (other.get(i) < own.get(i) - EQUAL) {
          return false;
        }
        if (other.get(i) > own.get(i) + EQUAL) {
          break;
        }
      }
    }
    return options.strategy() != PlanOptions.Strategy.ROUND_ROBIN;
  }

  private List<Double> scores(WorkloadId id, HostId host) {
    double preference = 0;
    double broken = 0;
    for (Rule rule : cluster.rules()) {
      if (rule instanceof Rule.HostAffinity) {
        preference += dislike(rule, id, host);
      } else if (!rule.strict()) {
        broken += dislike(rule, id, host);
      }
    }
    boolean last = isStandby(host) == (options.strategy() != PlanOptions.Strategy.STANDBY);
    double full =
        switch (options.strategy()) {
          case BALANCED, STANDBY -> fullest(id, host);
          case PACKED -> -fullest(id, host);
          case DRS, ROUND_ROBIN -> 0;
        };
    return List.of(preference, last ? 1.0 : 0, broken, full);
  }

  private double fullest(WorkloadId id, HostId host) {
    double fullest = 0;
    for (int d = 0; d < cluster.dimensions().size(); d++) {
      double used = room.workload(id).demand().get(d);
      for (WorkloadSnapshot workload : cluster.workloads()) {
        boolean there = !workload.id().equals(id) && host.equals(end.get(workload.id()));
        used += there ? workload.demand().get(d) : 0;
      }
      double limit = host(host).limit(d);
      double all = limit - Math.max(0, limit - host(host).promised().get(d)) + used;
      fullest = Math.max(fullest, limit > 0 ? all / limit : 0);
    }
    return fullest;
  }
}
