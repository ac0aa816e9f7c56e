package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.placement.Choice;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Who goes where when hosts are to be empty; see {@link JointPlan}. */
final class EvacuationPlan {
  /** Where not all find room it is not planned more often, whatever becomes free meanwhile. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final ControllerState state;
  private final Mobility mobility;
  private final Obstacles obstacles;
  private final SortedSet<HostId> plannedFor = new TreeSet<>();

  /** For those that have not begun to go. */
  private final SortedMap<WorkloadId, HostId> advised = new TreeMap<>();

  private String why = "";
  private boolean isTight;
  private long openings;
  private long notBefore = Long.MIN_VALUE;

  EvacuationPlan(ControllerState state, Mobility mobility, Obstacles obstacles) {
    this.state = state;
    this.mobility = mobility;
    this.obstacles = obstacles;
  }

  void reset() {
    plannedFor.clear();
    advised.clear();
    notBefore = Long.MIN_VALUE;
  }

  /** It is not to be empty, or not any more: when it is to be, that is another plan. */
  void isKept(HostEntry host) {
    plannedFor.remove(host.id);
  }

  /** It does not go for now; what was to be left free for it may be taken by others. */
  void cannotGo(WorkloadEntry workload) {
    if (advised.remove(workload.id) != null) {
      state.worthPlacing = true;
    }
  }

  /**
   * Whether it does not go for more than a pause. One whose moves fail again and again does not.
   */
  static boolean isKeptFrom(WorkloadEntry workload, Obstacle obstacle) {
    return obstacle.stands() || workload.placement.trials().movesFailed() > 2;
  }

  /**
   * Why one that is to leave its host does not go yet: what is free may be needed by those that
   * were planned for, or it is too early to plan for those that were not. Plans, if that is due.
   *
   * @param avoided hosts that it does not go to
   */
  Optional<Obstacle> whyNotYet(WorkloadEntry workload, HostEntry from, SortedSet<HostId> avoided) {
    if (plannedFor.add(from.id)) {
      make();
    }
    if (adviceFor(workload, avoided).isPresent()) {
      return Optional.empty();
    }
    advised.remove(workload.id);
    if (openings != state.room.openings()) {
      if (isTight && state.now < notBefore) {
        state.timer(TimerKind.PLACE_AGAIN, "an evacuation", notBefore);
        return Optional.of(
            new Obstacle(
                "what became free is planned with first",
                new Wait(Kind.ROOM, "any registered host", notBefore)));
      }
      make();
    }
    return adviceFor(workload, avoided).isEmpty() && isAnyToGo()
        ? Optional.of(
            new Obstacle("what is free is kept for others that are still to go", Wait.FOR_ROOM))
        : Optional.empty();
  }

  /** Where it was planned to go, if it may. */
  Optional<Choice.Chosen> adviceFor(WorkloadEntry workload, SortedSet<HostId> avoided) {
    return Optional.ofNullable(advised.get(workload.id))
        .filter(host -> !avoided.contains(host) && state.isRegistered(host))
        .filter(host -> state.room.blockedBy(workload, state.host(host)).isEmpty())
        .map(host -> new Choice.Chosen(host, why));
  }

  /** Whether any that was planned for has not begun; who has is not looked at again. */
  private boolean isAnyToGo() {
    while (!advised.isEmpty()) {
      WorkloadEntry workload = state.workloads.get(advised.firstKey());
      if (workload != null && workload.spec != null && isPlacedWhereItIsToLeave(workload)) {
        return true;
      }
      advised.remove(advised.firstKey());
    }
    return false;
  }

  private boolean isPlacedWhereItIsToLeave(WorkloadEntry workload) {
    return workload.placement.move().isEmpty()
        && workload
            .placement
            .owner()
            .filter(owner -> state.host(owner.host()).isToBeLeft())
            .isPresent();
  }

  /** Plans for all that are to leave and may, wherever they are. */
  private void make() {
    advised.clear();
    plannedFor.removeIf(host -> !state.host(host).isToBeLeft());
    List<WorkloadEntry> leaving =
        plannedFor.stream()
            .flatMap(host -> state.host(host).placed.stream())
            .map(state::workload)
            .filter(this::isToGo)
            .sorted(WorkloadEntry.MOST_IMPORTANT_FIRST)
            .toList();
    JointPlan plan =
        JointPlan.of(
            state,
            new JointPlan.Question(leaving, plannedFor, Destinations::usual, state.room::rehearse));
    if (!plan.hosts().isEmpty()) {
      advised.putAll(plan.hosts());
      why = plan.why();
      state.worthPlacing = true; // never stuck: some may have been told to wait before
    }
    isTight = !plan.leftOut().isEmpty() || !plan.hosts().isEmpty();
    openings = state.room.openings();
    notBefore = state.now + PAUSE.toNanos();
  }

  private boolean isToGo(WorkloadEntry workload) {
    Workload spec = workload.spec;
    if (spec == null || !isPlacedWhereItIsToLeave(workload)) {
      return false;
    }
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    HostEntry host = state.host(workload.placement.owner().orElseThrow().host());
    return mobility.mayMove(workload, facts)
        && obstacles
            .whyNotMoved(workload, spec, Leaving.of(host, spec, facts))
            .filter(obstacle -> isKeptFrom(workload, obstacle))
            .isEmpty();
  }
}
