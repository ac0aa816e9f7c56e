package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.Condition;
import io.holdfast.engine.planning.PlanOptions.Moves;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Carries a plan out, many steps at once where they need not wait for each other, and says what is
 * broken on the way. Knows nothing of how plans are made.
 */
final class PlanChecker {
  private final ClusterSnapshot cluster;
  private final PlanOptions options;
  private final List<Plan.Step> steps;

  /** Whether rules that are broken may be mended little by little. */
  private final boolean mending;

  private final SortedMap<HostId, HostSnapshot> hosts = new TreeMap<>();
  private final SortedMap<WorkloadId, WorkloadSnapshot> workloads = new TreeMap<>();

  /** Every host that a workload holds room on now: two while it moves. */
  private final SortedMap<WorkloadId, List<HostId>> held = new TreeMap<>();

  private final SortedSet<WorkloadId> before;
  private final List<String> broken = new ArrayList<>();

  private PlanChecker(
      ClusterSnapshot cluster, PlanOptions options, List<Plan.Step> steps, boolean mending) {
    this.cluster = cluster;
    this.options = options;
    this.steps = steps;
    this.mending = mending;
    cluster.hosts().forEach(host -> hosts.put(host.id(), host));
    for (WorkloadSnapshot workload : cluster.workloads()) {
      workloads.put(workload.id(), workload);
      if (workload.host().isPresent()
          && host(workload.host().get()).condition() != Condition.FAILED) {
        held.put(workload.id(), new ArrayList<>(List.of(workload.host().get())));
      }
    }
    before = new TreeSet<>(held.keySet());
  }

  /** What is wrong with the plan, empty if nothing is. */
  static List<String> check(ClusterSnapshot cluster, PlanOptions options, Plan plan, long order) {
    PlanChecker checker = new PlanChecker(cluster, options, plan.steps(), false);
    checker.carryOut(new Random(order));
    checker.compare(plan);
    return checker.broken;
  }

  /** What comes of it. */
  record Outcome(List<String> broken, ClusterSnapshot after) {}

  /** Moves that even out and mend: no rule becomes more broken by any of them. */
  static Outcome carryOut(ClusterSnapshot cluster, List<Plan.Step> moves, long order) {
    PlanChecker checker =
        new PlanChecker(cluster, PlanOptions.DEFAULT.with(Moves.ALLOWED), moves, true);
    checker.carryOut(new Random(order));
    return new Outcome(checker.broken, checker.after());
  }

  private ClusterSnapshot after() {
    List<WorkloadSnapshot> moved = new ArrayList<>();
    for (WorkloadSnapshot workload : cluster.workloads()) {
      List<HostId> at = held.get(workload.id());
      moved.add(at == null || at.isEmpty() ? workload : workload.on(Optional.of(at.get(0))));
    }
    return new ClusterSnapshot(cluster.dimensions(), cluster.hosts(), moved, cluster.rules());
  }

  private HostSnapshot host(HostId id) {
    return Objects.requireNonNull(hosts.get(id), id::value);
  }

  private WorkloadSnapshot workload(WorkloadId id) {
    return Objects.requireNonNull(workloads.get(id), id::toString);
  }

  private void carryOut(Random dice) {
    int count = steps.size();
    SortedSet<Integer> begun = new TreeSet<>();
    SortedSet<Integer> ended = new TreeSet<>();
    while (ended.size() < count) {
      List<Runnable> possible = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int index = i;
        Plan.Step step = steps.get(i);
        if (!begun.contains(i) && ended.containsAll(step.after())) {
          possible.add(
              () -> {
                begun.add(index);
                begin(step);
              });
        } else if (begun.contains(i) && !ended.contains(i)) {
          possible.add(
              () -> {
                ended.add(index);
                end(step);
              });
        }
      }
      if (possible.isEmpty()) {
        broken.add("steps that wait for each other");
        return;
      }
      possible.get(dice.nextInt(possible.size())).run();
    }
  }

  private void begin(Plan.Step step) {
    if (step instanceof Plan.Step.Start start) {
      if (held.containsKey(start.workload())) {
        broken.add("never two: " + start);
      }
      if (before.contains(start.workload())
          || workload(start.workload()).desired() != DesiredState.STARTED) {
        broken.add("not to be started: " + start);
      }
      held.put(start.workload(), new ArrayList<>());
      arrive(start.workload(), start.host());
    } else if (step instanceof Plan.Step.Move move) {
      if (options.moves() == Moves.NONE
          || !workload(move.workload()).movable()
          || !List.of(move.from()).equals(held.get(move.workload()))) {
        broken.add("must not move: " + move);
      } else {
        arrive(move.workload(), move.to());
      }
    } else if (step instanceof Plan.Step.Stop stop
        && (!options.eviction() || !List.of(stop.host()).equals(held.get(stop.workload())))) {
      broken.add("must not stop: " + stop);
    }
  }

  private void end(Plan.Step step) {
    if (step instanceof Plan.Step.Move move) {
      held.getOrDefault(move.workload(), new ArrayList<>()).remove(move.from());
    } else if (step instanceof Plan.Step.Stop stop) {
      held.remove(stop.workload());
    }
  }

  private void arrive(WorkloadId id, HostId to) {
    WorkloadSnapshot workload = workload(id);
    HostSnapshot host = host(to);
    if (!host.isUsable()
        || (!host.kinds().isEmpty() && !host.kinds().contains(id.kind()))
        || !host.labels().entrySet().containsAll(workload.requires().entrySet())) {
      broken.add(id + " may not be on " + to);
    }
    Objects.requireNonNull(held.get(id)).add(to);
    for (int d = 0; d < cluster.dimensions().size(); d++) {
      long used = 0;
      for (WorkloadId other : held.keySet()) {
        for (HostId at : Objects.requireNonNull(held.get(other))) {
          used += at.equals(to) ? workload(other).demand().get(d) : 0;
        }
      }
      if (workload.demand().get(d) > 0 && used > host.capacity().get(d)) {
        broken.add("no room for " + id + " on " + to);
      }
    }
    cluster.rules().stream()
        .filter(rule -> rule.strict() && rule.workloads().contains(id))
        .filter(rule -> !holds(rule, id, host))
        .forEach(rule -> broken.add(id + " on " + to + " breaks " + rule.describe()));
  }

  private boolean holds(Rule rule, WorkloadId id, HostSnapshot host) {
    if (rule instanceof Rule.HostAffinity affinity) {
      return affinity.hosts().containsKey(host.id());
    }
    Rule.WorkloadAffinity affinity = (Rule.WorkloadAffinity) rule;
    boolean together = affinity.kind() == Rule.Kind.POSITIVE;
    HostSnapshot from = host(Objects.requireNonNull(held.get(id)).get(0));
    if (mending && TinyModel.samePlace(affinity.level(), host, from)) {
      return true;
    }
    if (mending && together) {
      return most(affinity, id, host) >= most(affinity, id, from);
    }
    for (WorkloadId other : rule.workloads()) {
      if (other.equals(id)
          || (together
              && held.containsKey(other)
              && workload(other).desired() != DesiredState.STARTED)) {
        continue;
      }
      for (HostId at : held.getOrDefault(other, List.of())) {
        if (TinyModel.samePlace(affinity.level(), host, host(at)) != together) {
          return false;
        }
      }
    }
    return true;
  }

  /** How many of those that belong together are in one place when one of them is on a host. */
  private long most(Rule.WorkloadAffinity rule, WorkloadId one, HostSnapshot host) {
    List<HostSnapshot> at = new ArrayList<>(List.of(host));
    for (WorkloadId other : rule.workloads()) {
      if (!other.equals(one)
          && held.containsKey(other)
          && workload(other).desired() == DesiredState.STARTED) {
        held.getOrDefault(other, List.of()).forEach(id -> at.add(host(id)));
      }
    }
    return at.stream()
        .mapToLong(a -> at.stream().filter(b -> TinyModel.samePlace(rule.level(), a, b)).count())
        .max()
        .orElseThrow();
  }

  /** What the plan says of itself. */
  private void compare(Plan plan) {
    long value = 0;
    SortedSet<WorkloadId> unplaced = new TreeSet<>();
    for (WorkloadSnapshot workload : cluster.workloads()) {
      boolean runs = held.containsKey(workload.id());
      if (runs && !before.contains(workload.id())) {
        value += workload.weight();
      } else if (!runs && before.contains(workload.id())) {
        value -= workload.weight();
      } else if (!runs && workload.desired() == DesiredState.STARTED) {
        unplaced.add(workload.id());
      }
    }
    if (value != plan.value()) {
      broken.add("value is " + value + ", not " + plan.value());
    }
    if (plan.value() > plan.upperBound()) {
      broken.add("value " + plan.value() + " above bound " + plan.upperBound());
    }
    SortedSet<WorkloadId> told = new TreeSet<>();
    plan.unplaced().forEach(one -> told.add(one.workload()));
    if (!told.equals(unplaced)) {
      broken.add("unplaced are " + unplaced + ", not " + told);
    }
    plan.placed().forEach(p -> expectAt(p.workload(), p.host()));
    plan.moved().forEach(m -> expectAt(m.workload(), m.to()));
    plan.evicted()
        .forEach(
            e -> {
              if (held.containsKey(e.workload())) {
                broken.add(e.workload() + " is not evicted");
              }
            });
  }

  private void expectAt(WorkloadId id, HostId host) {
    if (!List.of(host).equals(held.get(id))) {
      broken.add(id + " is on " + held.get(id) + ", not " + host);
    }
  }
}
