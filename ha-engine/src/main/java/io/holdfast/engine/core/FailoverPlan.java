package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who goes where after a failure, where one after the other would leave some without a host that a
 * better order, or other hosts, would not. It is advice: each start is checked at its turn as any
 * other is, and what the plan says is passed over where that is not allowed any more.
 */
final class FailoverPlan {
  /** Of a waiting workload and a host. Beyond it, one goes after the other. */
  private static final long MOST_PAIRS = 200_000;

  /** How much is searched for a plan: so often the search may look at its clock. */
  private static final int MOST_READINGS = 250;

  private static final PlanOptions OPTIONS =
      PlanOptions.DEFAULT
          .with(PlanOptions.Objective.PRIORITY)
          .within(Duration.ofNanos(MOST_READINGS));

  private final ControllerState state;
  private final SortedMap<WorkloadId, HostId> advised = new TreeMap<>();
  private final SortedSet<WorkloadId> leftOut = new TreeSet<>();
  private boolean wanted;
  private int planned;

  FailoverPlan(ControllerState state) {
    this.state = state;
  }

  void reset() {
    wanted = false;
    advised.clear();
    leftOut.clear();
  }

  /** Something lost its host: what waits is planned for together, before the first of it goes. */
  void want() {
    wanted = true;
  }

  /** It waits no longer. */
  void forget(WorkloadId workload) {
    advised.remove(workload);
    leftOut.remove(workload);
  }

  /** Whether those of its priority go first, for whom its place was planned. */
  boolean leavesOut(WorkloadId workload) {
    return leftOut.contains(workload);
  }

  boolean leavesOutAny() {
    return !leftOut.isEmpty();
  }

  /** Where it was planned to go, if it may. */
  Optional<Choice> adviceFor(WorkloadEntry workload, SortedSet<HostId> avoided) {
    return Optional.ofNullable(advised.get(workload.id))
        .filter(host -> !avoided.contains(host))
        .filter(host -> state.room.mayStartOn(workload, state.host(host)))
        .map(
            host ->
                new Choice.Chosen(
                    host,
                    "planned for %d workloads together, as one after the other not all would find room"
                        .formatted(planned)));
  }

  /** Plans for what waits, if something lost its host since this was last asked. */
  void make(Collection<WorkloadId> waiting) {
    if (!wanted) {
      return;
    }
    reset();
    List<WorkloadEntry> lost =
        waiting.stream()
            .map(state::workload)
            .filter(this::isToBePlaced)
            .sorted(WorkloadEntry.MOST_IMPORTANT_FIRST)
            .toList();
    List<WorkloadId> ids = lost.stream().map(workload -> workload.id).toList();
    boolean few = (long) ids.size() * state.hosts.size() <= MOST_PAIRS;
    if (ids.size() < 2 || !few || !state.policy.hardCapacity() || state.room.isAmpleFor(ids)) {
      return;
    }
    SortedSet<WorkloadId> left = leftByTurns(lost);
    if (left.stream()
        .map(state::workload)
        .anyMatch(w -> isChosen(state.room.choose(w, Wish.BEST)))) {
      plan(ids, left);
    }
  }

  /** Whether a host is sought for it, whichever, and not a certain one waited for. */
  private boolean isToBePlaced(WorkloadEntry workload) {
    Workload spec = workload.spec;
    boolean recovered = workload.evidence != null || workload.status == WorkloadStatus.RECOVERING;
    Optional<HostEntry> home = workload.placement.home().map(state::host);
    return spec != null
        && workload.seenOn.isEmpty()
        && !workload.mayBeAnywhere()
        && workload.placement.move().isEmpty()
        && workload.placement.trials().gaveUp().isEmpty()
        && workload.lock().isEmpty()
        && !state.admission.isRefused(workload.id)
        && (home.isEmpty() || (recovered && state.whyNotUsable(home.get()).isPresent()));
  }

  /** Who finds no host when one chooses after the other. */
  private SortedSet<WorkloadId> leftByTurns(List<WorkloadEntry> lost) {
    SortedSet<WorkloadId> left = new TreeSet<>();
    state.room.rehearse(
        rehearsal -> {
          for (WorkloadEntry workload : lost) {
            if (rehearsal.choose(workload.id, Wish.BEST) instanceof Choice.Chosen chosen) {
              rehearsal.suppose(workload.id, chosen.host());
            } else {
              left.add(workload.id);
            }
          }
        });
    return left;
  }

  private static boolean isChosen(Choice choice) {
    return choice instanceof Choice.Chosen;
  }

  private void plan(List<WorkloadId> lost, SortedSet<WorkloadId> leftByTurns) {
    ClusterSnapshot cluster;
    try {
      cluster = new Snapshots(state).ofRecovery(lost);
    } catch (InvalidConfigException tooMuch) {
      return; // sums beyond what the planner counts with: one after the other
    }
    Plan plan = Placement.plan(cluster, OPTIONS, new Readings()::next);
    List<WorkloadId> left = new ArrayList<>();
    plan.unplaced().forEach(unplaced -> left.add(unplaced.workload()));
    if (isBetter(left, leftByTurns)) {
      plan.placed().forEach(placed -> advised.put(placed.workload(), placed.host()));
      leftOut.addAll(left);
      planned = advised.size();
    }
  }

  /** Whether fewer of the highest priority of which not as many are left out are. */
  private boolean isBetter(Collection<WorkloadId> left, Collection<WorkloadId> leftByTurns) {
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
