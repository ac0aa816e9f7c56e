package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanOptions;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Where several workloads go, where one after the other would leave some without a host that a
 * better order, or other hosts, would not. It is advice: each step is checked at its turn as any
 * other is, and what the plan says is passed over where that is not allowed any more.
 *
 * @param hosts where each goes; empty where one may as well go after the other
 * @param leftOut those that find no place either way
 * @param asked the platform's own preference, where it was asked
 */
record JointPlan(
    SortedMap<WorkloadId, HostId> hosts, SortedSet<WorkloadId> leftOut, Optional<String> asked) {
  /** Of a workload and a host. Beyond it, one goes after the other. */
  static final long MOST_PAIRS = 200_000;

  /** How much is searched for a plan: so often the search may look at its clock. */
  private static final int MOST_READINGS = 250;

  private static final PlanOptions OPTIONS =
      PlanOptions.DEFAULT
          .with(PlanOptions.Objective.PRIORITY)
          .within(Duration.ofNanos(MOST_READINGS));

  /**
   * Who goes, and what they leave.
   *
   * @param inOrder those that are to go somewhere else, the most important first
   * @param left hosts that are not to be used, beside those that cannot
   * @param wish what each looks for when one goes after the other
   * @param rehearse plays what it is given as if nobody had gone yet
   */
  record Question(
      List<WorkloadEntry> inOrder,
      SortedSet<HostId> left,
      Function<WorkloadEntry, Wish> wish,
      Consumer<Consumer<Room.Rehearsal>> rehearse) {

    Choice choose(Room.Rehearsal rehearsal, WorkloadEntry workload) {
      return rehearsal.choose(workload.id, wish.apply(workload));
    }
  }

  /** A plan, with hosts if it is better than going one after the other. */
  static JointPlan of(ControllerState state, Question question) {
    List<WorkloadId> ids = question.inOrder().stream().map(workload -> workload.id).toList();
    boolean few = (long) ids.size() * state.hosts.size() <= MOST_PAIRS;
    if (ids.size() < 2 || !few || !state.policy.hardCapacity()) {
      return oneAfterTheOther(new TreeSet<>());
    }
    SortedSet<WorkloadId> left = leftByTurns(question, ids);
    return !left.isEmpty() && wouldAnyFit(question, left)
        ? plan(state, question, ids, left)
        : oneAfterTheOther(left);
  }

  private static JointPlan oneAfterTheOther(SortedSet<WorkloadId> left) {
    return new JointPlan(new TreeMap<>(), left, Optional.empty());
  }

  /** As a line says it that tells why it goes there. */
  String why() {
    return "planned for %d workloads together, as one after the other not all would find room%s"
        .formatted(
            hosts.size(),
            asked.map(name -> "; between hosts with room as " + name + " prefers").orElse(""));
  }

  /** Who finds no host when one chooses after the other. */
  private static SortedSet<WorkloadId> leftByTurns(Question question, List<WorkloadId> ids) {
    SortedSet<WorkloadId> left = new TreeSet<>();
    question.rehearse.accept(
        rehearsal -> {
          if (rehearsal.isAmpleFor(ids)) {
            return;
          }
          for (WorkloadEntry workload : question.inOrder()) {
            if (question.choose(rehearsal, workload) instanceof Choice.Chosen chosen) {
              rehearsal.suppose(workload.id, chosen.host());
            } else {
              left.add(workload.id);
            }
          }
        });
    return left;
  }

  private static boolean wouldAnyFit(Question question, SortedSet<WorkloadId> left) {
    SortedSet<WorkloadId> fit = new TreeSet<>();
    question.rehearse.accept(
        rehearsal ->
            question.inOrder().stream()
                .filter(workload -> left.contains(workload.id))
                .filter(w -> question.choose(rehearsal, w) instanceof Choice.Chosen)
                .findFirst()
                .ifPresent(workload -> fit.add(workload.id)));
    return !fit.isEmpty();
  }

  private static JointPlan plan(
      ControllerState state,
      Question question,
      List<WorkloadId> ids,
      SortedSet<WorkloadId> leftByTurns) {
    ClusterSnapshot cluster;
    try {
      cluster = new Snapshots(state).ofRecovery(ids, question.left());
    } catch (InvalidConfigException tooMuch) {
      return oneAfterTheOther(
          leftByTurns); // sums beyond what the planner counts with: one after the other
    }
    Plan plan = Placement.plan(cluster, options(state.policy.placement()), new Readings()::next);
    SortedSet<WorkloadId> left = new TreeSet<>();
    plan.unplaced().forEach(unplaced -> left.add(unplaced.workload()));
    if (!isBetter(state, left, leftByTurns)) {
      return oneAfterTheOther(leftByTurns);
    }
    SortedMap<WorkloadId, HostId> hosts = new TreeMap<>();
    plan.placed().forEach(placed -> hosts.put(placed.workload(), placed.host()));
    Optional<String> asked = state.config.preference();
    if (asked.isPresent()) {
      prefer(question, hosts);
    }
    return new JointPlan(hosts, left, asked);
  }

  /**
   * Each goes where the platform prefers it, as far as the others leave room where they are planned
   * to be: as many find a host as before. Asks once for each that may be chosen, as a choice does.
   */
  private static void prefer(Question question, SortedMap<WorkloadId, HostId> hosts) {
    question.rehearse.accept(
        rehearsal -> {
          hosts.forEach(rehearsal::suppose);
          for (WorkloadEntry workload : question.inOrder()) {
            if (hosts.containsKey(workload.id)
                && question.choose(rehearsal, workload) instanceof Choice.Chosen chosen
                && !question.left().contains(chosen.host())) {
              rehearsal.suppose(workload.id, chosen.host());
              hosts.put(workload.id, chosen.host());
            }
          }
        });
  }

  /** Where single choices fill hosts, so does a plan. */
  static PlanOptions options(PlacementMode mode) {
    return mode == PlacementMode.PACKED ? OPTIONS.with(PlanOptions.Strategy.PACKED) : OPTIONS;
  }

  /** Whether fewer of the highest priority of which not as many are left out are. */
  private static boolean isBetter(
      ControllerState state, Collection<WorkloadId> left, Collection<WorkloadId> leftByTurns) {
    SortedMap<Priority, Integer> more = new TreeMap<>(Collections.reverseOrder());
    left.forEach(id -> more.merge(state.workload(id).priority(), 1, Integer::sum));
    leftByTurns.forEach(id -> more.merge(state.workload(id).priority(), -1, Integer::sum));
    more.values().removeIf(difference -> difference == 0);
    return more.values().stream().findFirst().filter(difference -> difference < 0).isPresent();
  }

  /** A clock that goes on by one whenever it is read: so the effort is counted. */
  private static final class Readings {
    private long count;

    long next() {
      return count++;
    }
  }
}
