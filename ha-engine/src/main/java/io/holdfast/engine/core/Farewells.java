package io.holdfast.engine.core;

import io.holdfast.api.Departure;
import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.WorkloadTable.Action;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Owner;
import java.util.Optional;

/**
 * Hosts that are about to be away as planned, and what becomes of their workloads: see {@link
 * LeavePlan}. All of it follows from the host's report and the cluster's policy as they are, so
 * another controller goes on with it.
 */
final class Farewells {
  private final ControllerState state;
  private final Testimony testimony;

  Farewells(ControllerState state, Testimony testimony) {
    this.state = state;
    this.testimony = testimony;
  }

  /** A host changed, or reported: it is told what it waits for before it goes. */
  void look(HostEntry host) {
    Optional<Notice> leaving = host.leaving();
    if (leaving.isEmpty() || !state.mayAct()) {
      return;
    }
    host.leftBehind |= Homes.isDependedOn(state, host);
    if (host.state.isHeard() && !host.intentUnreadable && host.lease != null) {
      boolean release = !state.disarmed && mayLetGo(host, leaving.get());
      if (release) {
        host.guardWanted = GuardOrder.RELEASED;
      }
      boolean news = !host.parting().equals(partingTold(host));
      if (news || (release && host.isToldToGuard())) {
        state.writeIntent(host, state.intentOf(host));
      }
      testimony.considerLastWord(host);
    }
  }

  private static Optional<io.holdfast.engine.record.HostIntent.Parting> partingTold(
      HostEntry host) {
    return Optional.ofNullable(host.intent)
        .filter(intent -> intent.incarnation().equals(host.incarnation()))
        .flatMap(intent -> intent.parting());
  }

  /**
   * Whether its watchdog is not to reset it: only its agent goes, or it runs nothing any more but
   * what nobody looks after. never two: from that order on, an expired lease of it proves nothing.
   */
  private boolean mayLetGo(HostEntry host, Notice leaving) {
    boolean armed = host.report != null && host.report.guarded().isPresent();
    if (leaving.departure() == Departure.AGENT_RESTART) {
      return armed;
    }
    return armed
        && leaving.stage() == Notice.Stage.READY
        && host.report != null
        && host.report.unassigned().stream()
            .noneMatch(id -> state.workloads.get(id) != null && state.workload(id).spec != null);
  }

  /** What is done with a workload of such a host, where it is not what is usual. */
  Action instead(Action usual, WorkloadFacts facts) {
    Optional<HostEntry> host = facts.owner().map(owner -> state.host(owner.host()));
    if (host.isEmpty() || facts.stand() != Stand.PRESENT || usual != Action.RELOCATE) {
      return usual;
    }
    if (host.get().isFrozen()) {
      return Action.NOTHING;
    }
    return isEndedFor(host.get(), facts) ? Action.RECOVER : usual;
  }

  /** Whether it was ended there only because its host is about to go off. */
  static boolean isEndedFor(HostEntry host, WorkloadFacts facts) {
    return facts.stand() == Stand.PRESENT
        && host.isFailingOver()
        && facts.entry().condition() == Condition.GIVEN_UP;
  }

  /** The evidence that it runs there no more, and that it may be started elsewhere. */
  static Evidence evidence(Owner owner) {
    return new Evidence.StoppedByHypervisor(owner.host());
  }

  /** Where it goes back to: a host that is rebooted, or was to be emptied, is there again soon. */
  static Placement remembering(HostEntry host, Placement released) {
    boolean comesBack =
        host.leaving().filter(l -> l.departure() == Departure.REBOOT).isPresent()
            || host.plan().equals(Optional.of(LeavePlan.MIGRATE));
    Optional<HostId> back = released.wayBack().or(() -> Optional.of(host.id));
    return comesBack ? released.goingBack(back) : released;
  }

  /**
   * Says of a workload that its host is waited for.
   *
   * @return whether it is
   */
  static boolean describe(Books books, WorkloadEntry workload, HostEntry host) {
    if (!host.isFrozen()) {
      return false;
    }
    String where =
        host.state.isHeard()
            ? "it is started there again when " + host.id + " is back"
            : "%s is awaited; a person's word that it is down, or another policy, ends that"
                .formatted(host.id);
    books.become(
        workload,
        WorkloadStatus.FROZEN,
        "its host %s %s: %s".formatted(host.id, host.whyLeaving(), where));
    return true;
  }
}
