package io.holdfast.engine.core;

import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Owner;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a workload at one moment, as {@link WorkloadTable} asks for it.
 *
 * @param goal what the owner was told last, {@code RUN} without an owner
 * @param entry what the owner reports of exactly that order
 */
record WorkloadFacts(
    Wish wish, Optional<Owner> owner, Stand stand, Goal goal, HostReport.Entry entry) {

  private static final HostReport.Entry NEVER_ORDERED = nothing(new OpId(0, 0));

  static WorkloadFacts of(ControllerState state, WorkloadEntry workload) {
    Optional<Owner> owner = workload.placement.owner();
    Wish wish = wishOf(workload);
    if (owner.isEmpty()) {
      return new WorkloadFacts(wish, owner, Stand.UNPLACED, Goal.RUN, NEVER_ORDERED);
    }
    Owner present = owner.get();
    HostEntry host = state.hosts.get(present.host());
    boolean elsewhere = wish == Wish.RUN && Moves.isLeavingCold(workload);
    return new WorkloadFacts(
        elsewhere ? Wish.STOP : wish,
        owner,
        standOf(host, present),
        present.goal(),
        entryOf(host, workload.id, present));
  }

  /** Whether its host reports it running. */
  boolean isSeenRunning() {
    return stand == Stand.PRESENT && entry.condition() == Condition.RUNNING;
  }

  /** Whether it runs, by order, and is ready for others to rely on it. */
  boolean isReady() {
    return isSeenRunning() && goal == Goal.RUN && entry.ready();
  }

  /** Whether it is on its host, and does not execute there. */
  boolean isPaused() {
    return stand == Stand.PRESENT && entry.paused();
  }

  static Wish wishOf(WorkloadEntry workload) {
    Wish its = ownersWishOf(workload);
    boolean stopped = its == Wish.RUN && Evictions.isBeingStopped(workload.placement);
    return stopped ? Wish.STOP : its;
  }

  /** What is wanted of it for its own sake, whether or not it is being stopped for another. */
  static Wish ownersWishOf(WorkloadEntry workload) {
    if (workload.spec == null) {
      return Wish.FORGET;
    }
    return switch (workload.spec.desired()) {
      case STARTED -> workload.placement.shutDown() ? Wish.STOP : Wish.RUN;
      case STOPPED, DISABLED -> Wish.STOP;
      // never two: a move that is not settled is brought to its end first.
      case IGNORED -> Moves.isUnsettled(workload) ? Wish.RUN : Wish.FORGET;
    };
  }

  private static Stand standOf(@Nullable HostEntry host, Owner owner) {
    Incarnation present = host == null ? null : host.incarnation();
    if (host == null || present == null) {
      return Stand.UNHEARD;
    }
    if (host.isProvenDown(owner.incarnation())) {
      return Stand.PROVEN_DOWN;
    }
    boolean same = present.equals(owner.incarnation());
    return switch (host.state) {
      case ONLINE, MAINTENANCE, SHUTTING_DOWN, STORAGE_LOST ->
          same ? presentIfReported(host) : Stand.REJOINED;
      case SUSPECT -> same ? presentIfReported(host) : Stand.UNHEARD;
      case JOINING, ISOLATED, LOST, FENCING, FENCED -> Stand.UNHEARD;
    };
  }

  /** The report of the next agent may be seen before its lease is: it says nothing of this one. */
  private static Stand presentIfReported(HostEntry host) {
    return host.hasReported() ? Stand.PRESENT : Stand.UNHEARD;
  }

  private static HostReport.Entry entryOf(
      @Nullable HostEntry host, WorkloadId workload, Owner owner) {
    HostReport report = host == null ? null : host.report;
    HostReport.Entry entry = report == null ? null : report.assigned().get(workload);
    boolean answers =
        report != null
            && entry != null
            && report.incarnation().equals(owner.incarnation())
            && entry.assignment().equals(owner.assignment());
    return answers && entry != null ? entry : nothing(owner.assignment());
  }

  private static HostReport.Entry nothing(OpId assignment) {
    return new HostReport.Entry(assignment, Condition.PENDING, 0, "");
  }
}
