package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.util.List;
import java.util.SortedSet;
import java.util.stream.Stream;

/**
 * Which workloads can be moved at all as they are now, alone and with others, and which are just
 * about to run, so that it pays to wait for them.
 */
final class Mobility {
  private final ControllerState state;

  Mobility(ControllerState state) {
    this.state = state;
  }

  /** Only what certainly runs where it is placed, or cannot begin there, and is to run. */
  boolean mayMove(WorkloadEntry workload, WorkloadFacts facts) {
    boolean isLeftToItsHost =
        facts
            .owner()
            .map(owner -> state.host(owner.host()))
            .filter(host -> host.isFrozen() || host.isFailingOver())
            .isPresent();
    return !isLeftToItsHost
        && facts.wish() == WorkloadTable.Wish.RUN
        && facts.stand() == Stand.PRESENT
        && facts.goal() == Goal.RUN
        && (facts.entry().condition() == Condition.RUNNING || isStranded(workload, facts))
        && workload.placement.move().isEmpty()
        && workload.unreadable.isEmpty()
        && state.host(facts.owner().orElseThrow().host()).state.isHeard();
  }

  /** It waits on a host on which a condition that it needs does not hold. */
  private boolean isStranded(WorkloadEntry workload, WorkloadFacts facts) {
    Workload spec = workload.spec;
    return spec != null
        && spec.policy().failover()
        && Leaving.isWaitingToStart(facts)
        && facts
            .owner()
            .flatMap(owner -> HostConditions.missing(state.host(owner.host()), spec))
            .isPresent();
  }

  /** Whether it may be moved so that others can keep their rules. */
  boolean isFree(WorkloadEntry workload) {
    return mayMove(workload) && workload.lock().isEmpty() && state.now >= workload.moveNotBefore;
  }

  /** Whether it may be moved for others' sake, be it live or not. */
  boolean mayMove(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return mayMove(workload, facts) && !facts.isPaused();
  }

  /** Whether it begins to run where it is placed, and nothing is known that keeps it from that. */
  boolean isAboutToStart(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    boolean begins =
        facts.entry().condition() == Condition.PENDING
            || facts.entry().condition() == Condition.STARTING;
    return facts.stand() == Stand.PRESENT
        && facts.goal() == Goal.RUN
        && begins
        && workload.lock().isEmpty()
        && !isStranded(workload, facts)
        && state.host(facts.owner().orElseThrow().host()).whyNotUsable().isEmpty();
  }

  /** Partners that are just being started or stopped, or are on their way to where it is. */
  SortedSet<WorkloadId> begunWithOthers(WorkloadEntry workload) {
    SortedSet<WorkloadId> partners = state.room.partnersOf(workload.id);
    partners.removeIf(
        id ->
            !state.moving.contains(id)
                && !isAboutToStart(state.workload(id))
                && !isBeingStopped(state.workload(id)));
    return partners;
  }

  private boolean isBeingStopped(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return facts.stand() == Stand.PRESENT && facts.goal() == Goal.STOP;
  }

  /** Strict partners that are not on that host, and can be moved. */
  List<WorkloadEntry> goingAlong(WorkloadEntry workload, HostId target) {
    return partnersElsewhere(workload, target)
        .filter(partner -> mayMove(partner, WorkloadFacts.of(state, partner)))
        .toList();
  }

  /** Those, and such as are held where they are, and start there as soon as they are unlocked. */
  List<WorkloadEntry> wantedAlong(WorkloadEntry workload, HostId target) {
    return partnersElsewhere(workload, target)
        .filter(
            partner ->
                mayMove(partner, WorkloadFacts.of(state, partner)) || isToStartUnlocked(partner))
        .toList();
  }

  private Stream<WorkloadEntry> partnersElsewhere(WorkloadEntry workload, HostId target) {
    return state.room.partnersOf(workload.id).stream()
        .map(state::workload)
        .filter(partner -> partner.spec != null && !partner.placement.isOn(target));
  }

  private boolean isToStartUnlocked(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return workload.lock().isPresent()
        && facts.stand() == Stand.PRESENT
        && facts.goal() == Goal.RUN
        && state.host(facts.owner().orElseThrow().host()).whyNotUsable().isEmpty();
  }
}
