package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
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
 * Carries out moves that even out and mend, many at once where they need not wait for each other,
 * and says what is broken on the way: a rule may be broken before, and must not become more so.
 * Knows nothing of how proposals are made.
 */
final class MendingChecker {
  private final ClusterSnapshot cluster;
  private final List<Plan.Step> steps;

  private final SortedMap<HostId, HostSnapshot> hosts = new TreeMap<>();
  private final SortedMap<WorkloadId, WorkloadSnapshot> workloads = new TreeMap<>();

  /** Every host that a workload holds room on now: two while it moves. */
  private final SortedMap<WorkloadId, List<HostId>> held = new TreeMap<>();

  private final List<String> broken = new ArrayList<>();

  private MendingChecker(ClusterSnapshot cluster, List<Plan.Step> steps) {
    this.cluster = cluster;
    this.steps = steps;
    cluster.hosts().forEach(host -> hosts.put(host.id(), host));
    for (WorkloadSnapshot workload : cluster.workloads()) {
      workloads.put(workload.id(), workload);
      if (workload.host().isPresent() && host(workload.host().get()).state() != State.FAILED) {
        held.put(workload.id(), new ArrayList<>(List.of(workload.host().get())));
      }
    }
  }

  /** What comes of it. */
  record Outcome(List<String> broken, ClusterSnapshot after) {}

  /** Carries them out in one of the orders that they allow. */
  static Outcome carryOut(ClusterSnapshot cluster, List<Plan.Step> moves, long order) {
    MendingChecker checker = new MendingChecker(cluster, moves);
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
    Plan.Step.Move move = (Plan.Step.Move) step;
    if (!workload(move.workload()).movable()
        || !List.of(move.from()).equals(held.get(move.workload()))) {
      broken.add("must not move: " + move);
    } else {
      arrive(move.workload(), move.to());
    }
  }

  private void end(Plan.Step step) {
    Plan.Step.Move move = (Plan.Step.Move) step;
    held.getOrDefault(move.workload(), new ArrayList<>()).remove(move.from());
  }

  private void arrive(WorkloadId id, HostId to) {
    WorkloadSnapshot workload = workload(id);
    HostSnapshot host = host(to);
    if (!host.isUsable()
        || (!host.kinds().isEmpty() && !host.kinds().contains(id.kind()))
        || !host.labels().entrySet().containsAll(workload.requires().entrySet())
        || !host.conditions().containsAll(workload.conditions())) {
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
      if (workload.demand().get(d) > 0 && used > TinyModel.room(host, d)) {
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
    if (HeldRoom.samePlace(affinity.level(), host, from)) {
      return true;
    }
    if (together) {
      return most(affinity, id, host) >= most(affinity, id, from);
    }
    return rule.workloads().stream()
        .filter(other -> !other.equals(id))
        .flatMap(other -> held.getOrDefault(other, List.of()).stream())
        .noneMatch(at -> HeldRoom.samePlace(affinity.level(), host, host(at)));
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
        .mapToLong(a -> at.stream().filter(b -> HeldRoom.samePlace(rule.level(), a, b)).count())
        .max()
        .orElseThrow();
  }
}
