package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Who goes where when hosts are to be empty; see {@link JointPlan}. */
final class EvacuationPlan {
  private final ControllerState state;
  private final Mobility mobility;
  private final Obstacles obstacles;
  private final SortedSet<HostId> plannedFor = new TreeSet<>();
  private final SortedMap<WorkloadId, HostId> advised = new TreeMap<>();
  private String why = "";

  EvacuationPlan(ControllerState state, Mobility mobility, Obstacles obstacles) {
    this.state = state;
    this.mobility = mobility;
    this.obstacles = obstacles;
  }

  void reset() {
    plannedFor.clear();
    advised.clear();
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
   * Where one that is to leave its host goes, what others need of those that leave kept free.
   *
   * @param avoided hosts that it does not go to
   */
  Choice choose(WorkloadEntry workload, HostEntry from, Wish wish, SortedSet<HostId> avoided) {
    if (plannedFor.add(from.id)) {
      make();
    }
    HostId planned = advised.get(workload.id);
    if (planned != null
        && !avoided.contains(planned)
        && state.room.blockedBy(workload, state.host(planned)).isEmpty()) {
      return new Choice.Chosen(planned, why);
    }
    SortedMap<WorkloadId, HostId> others = othersThatGo(workload);
    if (others.isEmpty()) {
      return state.room.choose(workload, wish);
    }
    List<Choice> choices = new ArrayList<>();
    state.room.rehearse(
        rehearsal -> {
          others.forEach(rehearsal::suppose);
          choices.add(rehearsal.choose(workload.id, wish));
        });
    return choices.get(0);
  }

  /** To be added to why it goes; empty where nothing was planned for it. */
  String remark(WorkloadId workload) {
    return advised.containsKey(workload) ? ", " + why : "";
  }

  private SortedMap<WorkloadId, HostId> othersThatGo(WorkloadEntry workload) {
    SortedMap<WorkloadId, HostId> others = new TreeMap<>(advised);
    others.keySet().removeIf(id -> id.equals(workload.id) || !isToGo(state.workload(id)));
    return others;
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
    JointPlan.of(
            state,
            new JointPlan.Question(
                leaving, plannedFor, Destinations::usual, state.room::rehearse))
        .ifPresent(
            plan -> {
              advised.putAll(plan.hosts());
              why = plan.why();
            });
  }

  private boolean isToGo(WorkloadEntry workload) {
    Workload spec = workload.spec;
    if (spec == null || workload.placement.owner().isEmpty()) {
      return false;
    }
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    HostEntry host = state.host(workload.placement.owner().get().host());
    return mobility.mayMove(workload, facts)
        && host.isToBeLeft()
        && obstacles.whyNotMoved(workload, spec, Leaving.of(host, spec, facts)).isEmpty();
  }
}
