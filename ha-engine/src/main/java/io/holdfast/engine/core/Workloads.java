package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.WorkloadTable.Action;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Owner;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Brings workloads closer to what is wanted of them, one look at a time: facts are gathered, {@link
 * WorkloadTable} says what to do, and it is done. Level-triggered: looking again never hurts.
 */
final class Workloads {
  private static final String WAITING = "waiting for ";

  private final ControllerState state;
  private final Recovery recovery;
  private final SortedSet<WorkloadId> toLookAt = new TreeSet<>();

  Workloads(ControllerState state, Recovery recovery) {
    this.state = state;
    this.recovery = recovery;
  }

  void reset() {
    toLookAt.clear();
  }

  void touch(WorkloadId workload) {
    toLookAt.add(workload);
  }

  /** What is placed on it, and what it runs without an order. */
  void touchAllOn(HostEntry host) {
    toLookAt.addAll(host.placed);
    if (host.report != null) {
      toLookAt.addAll(host.report.unassigned());
    }
  }

  /** Takes a new report in. */
  void reported(HostEntry host, @Nullable HostReport before, HostReport report) {
    toLookAt.addAll(report.assigned().keySet());
    boolean asBefore =
        before != null
            && before.inventoryKnown() == report.inventoryKnown()
            && before.trouble().equals(report.trouble());
    if (!asBefore) {
      toLookAt.addAll(host.placed);
    }
    if (before != null) {
      toLookAt.addAll(before.assigned().keySet());
      before.unassigned().forEach(id -> noLongerSeen(host, id));
    }
    report
        .unassigned()
        .forEach(
            id -> {
              state.workload(id).seenOn.add(host.id);
              toLookAt.add(id);
            });
    recovery.roomMayHaveChanged();
  }

  private void noLongerSeen(HostEntry host, WorkloadId id) {
    WorkloadEntry workload = state.workload(id);
    workload.seenOn.remove(host.id);
    toLookAt.add(id);
  }

  /** Nothing that this host reported counts any more. */
  void forgetReportOf(HostEntry host) {
    if (host.report != null) {
      host.report.unassigned().forEach(id -> noLongerSeen(host, id));
    }
  }

  /** Looks at every workload that something happened to. */
  void reconcile() {
    if (!state.leading) {
      return;
    }
    // Each look can only make other workloads worth a look through Recovery, so this ends.
    while (!toLookAt.isEmpty()) {
      WorkloadId id = toLookAt.first();
      toLookAt.remove(id);
      WorkloadEntry workload = state.workloads.get(id);
      if (workload != null) {
        look(workload);
      }
    }
    recovery.placeWaiting();
  }

  private void look(WorkloadEntry workload) {
    if (!workload.unreadable.isEmpty()) {
      recovery.remove(workload);
      recovery.become(
          workload, workload.status, "left alone, a record cannot be read: " + workload.unreadable);
      return;
    }
    Wish wish = wishOf(workload);
    if (wish == Wish.FORGET && !workload.known) {
      forgetUnprotected(workload);
      return;
    }
    warnIfRunningTwice(workload);
    if (resetAfterFailure(workload, wish)) {
      return;
    }
    Optional<Owner> owner = workload.placement.owner();
    Stand stand = owner.map(this::standOf).orElse(Stand.UNPLACED);
    Goal goal = owner.map(Owner::goal).orElse(Goal.RUN);
    HostReport.Entry entry =
        owner.map(o -> entryOf(workload.id, o)).orElse(nothing(new OpId(0, 0)));
    Action action = WorkloadTable.decide(wish, stand, goal, entry.condition());
    if (stand == Stand.PRESENT && entry.condition() != Condition.PENDING) {
      owner.ifPresent(o -> recovery.begun(o.assignment()));
    }
    act(workload, action, owner, stand, goal, entry);
  }

  private void act(
      WorkloadEntry workload,
      Action action,
      Optional<Owner> owner,
      Stand stand,
      Goal goal,
      HostReport.Entry entry) {
    if (action != Action.PLACE) {
      recovery.waitsForNobody(workload);
    }
    switch (action) {
      case NOTHING -> describe(workload, owner, stand, goal, entry);
      case PLACE -> recovery.add(workload);
      case RECOVER -> recover(workload, owner.orElseThrow());
      case RELOCATE -> relocate(workload, owner.orElseThrow(), entry);
      case RELEASE -> release(workload, owner.orElseThrow(), stand);
      case ORDER_RUN -> runAgain(workload, owner.orElseThrow());
      case ORDER_STOP -> order(workload, owner.orElseThrow(), Goal.STOP);
      case DROP -> drop(workload);
    }
  }

  // Facts

  private static Wish wishOf(WorkloadEntry workload) {
    if (workload.spec == null) {
      return Wish.FORGET;
    }
    return switch (workload.spec.desired()) {
      case STARTED -> Wish.RUN;
      case STOPPED, DISABLED -> Wish.STOP;
      case IGNORED -> Wish.FORGET;
    };
  }

  private Stand standOf(Owner owner) {
    HostEntry host = state.hosts.get(owner.host());
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
          same ? Stand.PRESENT : Stand.REJOINED;
      case SUSPECT -> same && host.hasReported() ? Stand.PRESENT : Stand.UNHEARD;
      case JOINING, ISOLATED, LOST, FENCING, FENCED -> Stand.UNHEARD;
    };
  }

  /** What the owner reports of exactly this order. */
  private HostReport.Entry entryOf(WorkloadId workload, Owner owner) {
    HostEntry host = state.hosts.get(owner.host());
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

  // Actions

  private void recover(WorkloadEntry workload, Owner owner) {
    HostEntry host = state.host(owner.host());
    workload.evidence = host.fence == null ? null : host.fence.evidence().orElse(null);
    recovery.takeAway(workload, workload.placement.released());
    recovery.become(
        workload,
        WorkloadStatus.RECOVERING,
        "its host " + owner.host() + " is down: " + why(workload));
    recovery.add(workload);
  }

  private static String why(WorkloadEntry workload) {
    return workload.evidence == null ? "no evidence" : workload.evidence.describe();
  }

  private void relocate(WorkloadEntry workload, Owner owner, HostReport.Entry entry) {
    Workload spec = workload.spec;
    Placement given = workload.placement.givenUpBy(owner.host(), state.registered());
    workload.evidence = new Evidence.StoppedByHypervisor(owner.host());
    if (spec != null && given.relocations() <= spec.policy().restart().maxRelocations()) {
      recovery.takeAway(workload, given);
      recovery.become(
          workload, WorkloadStatus.RECOVERING, owner.host() + " gave it up: " + entry.detail());
      recovery.add(workload);
      return;
    }
    String reason =
        "given up by %s after %d relocations (%s); set it to STOPPED and then STARTED to try again"
            .formatted(owner.host(), given.relocations() - 1, entry.detail());
    recovery.takeAway(workload, given.failedBecause(reason));
    recovery.become(workload, WorkloadStatus.FAILED, reason);
  }

  private void release(WorkloadEntry workload, Owner owner, Stand stand) {
    HostEntry host = state.host(owner.host());
    workload.evidence =
        stand == Stand.PROVEN_DOWN && host.fence != null
            ? host.fence.evidence().orElse(null)
            : new Evidence.StoppedByHypervisor(owner.host());
    recovery.takeAway(workload, workload.placement.released());
    recovery.become(workload, WorkloadStatus.STOPPED, "stopped: " + why(workload));
    touch(workload.id);
  }

  /** The same host, a new order: nothing is taken from anybody, so no evidence is asked for. */
  private void order(WorkloadEntry workload, Owner owner, Goal goal) {
    HostEntry host = state.host(owner.host());
    Workload spec = workload.spec;
    if (spec == null || !host.state.isHeard() || host.intentUnreadable) {
      return;
    }
    recovery.begun(owner.assignment());
    recovery.assign(workload, spec, host, goal, "it is placed there already");
    if (goal == Goal.STOP) {
      recovery.become(workload, WorkloadStatus.STOPPING, "to be stopped by " + host.id);
    }
  }

  private void drop(WorkloadEntry workload) {
    recovery.remove(workload);
    recovery.takeAway(workload, Placement.none(workload.id));
    state.commits.delete(workload.placement.key());
    workload.known = false;
    workload.evidence = null;
    forgetUnprotected(workload);
  }

  private void forgetUnprotected(WorkloadEntry workload) {
    recovery.remove(workload);
    if (workload.seenOn.isEmpty()) {
      state.workloads.remove(workload.id);
    }
  }

  /** A workload that failed for good is left alone until its owner says stop. */
  private boolean resetAfterFailure(WorkloadEntry workload, Wish wish) {
    Optional<String> failed = workload.placement.failed();
    if (failed.isEmpty() || wish == Wish.FORGET) {
      return false;
    }
    if (wish == Wish.RUN) {
      recovery.become(workload, WorkloadStatus.FAILED, failed.get());
      return true;
    }
    workload.placement = Placement.none(workload.id);
    state.commits.put(workload.placement);
    recovery.become(workload, WorkloadStatus.STOPPED, "stopped after it had failed");
    return true;
  }

  // Status

  private void describe(
      WorkloadEntry workload,
      Optional<Owner> owner,
      Stand stand,
      Goal goal,
      HostReport.Entry entry) {
    if (owner.isEmpty()) {
      recovery.remove(workload);
      stopWhereFound(workload);
      return;
    }
    HostId host = owner.get().host();
    if (stand == Stand.UNHEARD) {
      describeUnheard(workload, state.host(host), goal);
      return;
    }
    String detail = entry.detail().isEmpty() ? "" : ": " + entry.detail();
    switch (entry.condition()) {
      case PENDING -> describePending(workload, state.host(host), goal, detail);
      case STARTING -> recovery.become(workload, WorkloadStatus.STARTING, "on " + host + detail);
      case RUNNING -> {
        if (goal == Goal.RUN) {
          runs(workload);
        }
        recovery.become(
            workload,
            goal == Goal.RUN ? WorkloadStatus.STARTED : WorkloadStatus.STOPPING,
            "runs on " + host + detail);
      }
      case STOPPING -> recovery.become(workload, WorkloadStatus.STOPPING, "on " + host + detail);
      case STOPPED ->
          recovery.become(workload, WorkloadStatus.STARTING, "to be restarted on " + host + detail);
      case GIVEN_UP -> recovery.become(workload, WorkloadStatus.STOPPED, "on " + host + detail);
      case GONE -> gone(workload, host, detail);
      case UNKNOWN ->
          recovery.become(
              workload, workload.status, host + " cannot tell whether it runs" + detail);
    }
  }

  private void stopWhereFound(WorkloadEntry workload) {
    Workload spec = workload.spec;
    if (workload.seenOn.isEmpty() || spec == null) {
      recovery.become(workload, WorkloadStatus.STOPPED, "is to be stopped");
    } else if (recovery.adopt(workload, spec, Goal.STOP)) {
      recovery.become(workload, WorkloadStatus.STOPPING, "found running on " + workload.seenOn);
    }
  }

  /** Why it was placed stays its reason, unless something keeps the host from beginning. */
  private void describePending(
      WorkloadEntry workload, HostEntry host, Goal goal, String orderDetail) {
    WorkloadStatus status = goal == Goal.RUN ? WorkloadStatus.STARTING : WorkloadStatus.STOPPING;
    String detail = host.trouble().map(trouble -> ": " + trouble).orElse(orderDetail);
    boolean waited = workload.reason.startsWith(WAITING);
    if (workload.status != status || !detail.isEmpty() || waited) {
      recovery.become(workload, status, WAITING + host.id + detail);
    }
  }

  private void describeUnheard(WorkloadEntry workload, HostEntry host, Goal goal) {
    boolean lost = host.state == HostState.LOST || host.state == HostState.FENCING;
    WorkloadStatus status = lost && goal == Goal.RUN ? WorkloadStatus.RECOVERING : workload.status;
    recovery.become(
        workload, status, "its host " + host.id + " is " + host.state + ": " + host.reason);
  }

  private void runs(WorkloadEntry workload) {
    workload.evidence = null;
    if (workload.placement.relocations() > 0) {
      workload.placement = workload.placement.succeeded();
      state.commits.put(workload.placement);
    }
  }

  /** It was migrated by hand. The host that runs it now becomes its owner. */
  private void gone(WorkloadEntry workload, HostId from, String detail) {
    if (adoptElsewhere(workload, from, "it was migrated there by hand")) {
      return;
    }
    recovery.waitFor(workload, workload.seenOn);
    recovery.become(
        workload,
        WorkloadStatus.RECOVERING,
        "migrated away from " + from + " by hand, and no host reports it yet" + detail);
  }

  /** never two: found running elsewhere, it is followed there and not started again here. */
  private void runAgain(WorkloadEntry workload, Owner owner) {
    HostEntry host = state.host(owner.host());
    boolean elsewhere = !workload.seenOn.isEmpty() && !workload.seenOn.contains(owner.host());
    if (!elsewhere) {
      order(workload, owner, Goal.RUN);
    } else if (!host.isWithout(workload.id)
        || !adoptElsewhere(workload, host.id, "it was found running there")) {
      recovery.waitFor(workload, workload.seenOn);
      recovery.become(
          workload,
          workload.status,
          "reported by " + workload.seenOn + ", waiting for the word of " + host.id);
    }
  }

  private boolean adoptElsewhere(WorkloadEntry workload, HostId from, String why) {
    Workload spec = workload.spec;
    if (spec == null || workload.seenOn.contains(from)) {
      return false;
    }
    for (HostId seen : workload.seenOn) {
      HostEntry host = state.host(seen);
      if (host.state.isHeard() && !host.intentUnreadable) {
        workload.evidence = new Evidence.StoppedByHypervisor(from);
        recovery.takeAway(workload, workload.placement.released());
        recovery.assign(workload, spec, host, Goal.RUN, why);
        return true;
      }
    }
    return false;
  }

  private void warnIfRunningTwice(WorkloadEntry workload) {
    SortedSet<HostId> running = new TreeSet<>(workload.seenOn);
    workload
        .placement
        .owner()
        .filter(o -> standOf(o) == Stand.PRESENT)
        .filter(o -> entryOf(workload.id, o).condition() == Condition.RUNNING)
        .ifPresent(o -> running.add(o.host()));
    boolean twice = workload.spec != null && running.size() > 1;
    if (twice && !workload.alarmed) {
      state.publish(
          new HaEvent.Alarm(workload.id.toString(), "reported running on " + running + " at once"));
    }
    workload.alarmed = twice;
  }
}
