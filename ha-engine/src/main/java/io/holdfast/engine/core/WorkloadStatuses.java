package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.Placement.Goal;

/** Says how a workload stands that is placed on a host and needs nothing done now. */
final class WorkloadStatuses {
  private final ControllerState state;
  private final Books books;
  private final Failures failures;

  WorkloadStatuses(ControllerState state, Books books, Failures failures) {
    this.state = state;
    this.books = books;
    this.failures = failures;
  }

  void describe(WorkloadEntry workload, HostEntry host, WorkloadFacts facts) {
    Goal goal = facts.goal();
    if (goal == Goal.STOP && Moves.isLeavingCold(workload)) {
      workload
          .placement
          .move()
          .ifPresent(
              move ->
                  books.become(
                      workload,
                      WorkloadStatus.MIGRATING,
                      "stopping on %s, to be started on %s: %s"
                          .formatted(move.source(), move.target(), move.why())));
      return;
    }
    if (goal != Goal.STOP && Farewells.describe(books, workload, host)) {
      return;
    }
    if (facts.stand() == Stand.UNHEARD) {
      describeUnheard(workload, host, goal);
      return;
    }
    HostId id = host.id;
    String detail =
        evicted(workload) + (facts.entry().detail().isEmpty() ? "" : ": " + facts.entry().detail());
    switch (facts.entry().condition()) {
      case PENDING -> describePending(workload, host, goal, detail);
      case STARTING -> books.become(workload, WorkloadStatus.STARTING, "on " + id + detail);
      case RUNNING -> {
        if (goal == Goal.RUN) {
          failures.runs(workload);
        }
        books.become(
            workload,
            goal == Goal.STOP ? WorkloadStatus.STOPPING : WorkloadStatus.STARTED,
            runs(workload, host, facts.entry(), detail));
      }
      case MIGRATING -> books.become(workload, WorkloadStatus.MIGRATING, "leaves " + id + detail);
      case STOPPING -> books.become(workload, WorkloadStatus.STOPPING, "on " + id + detail);
      case STOPPED ->
          books.become(workload, WorkloadStatus.STARTING, "to be restarted on " + id + detail);
      case STOP_FAILED ->
          books.become(
              workload,
              WorkloadStatus.FAILED,
              id + " could not end it, and goes on trying ever more rarely" + detail);
      case GIVEN_UP, SHUT_DOWN ->
          books.become(workload, WorkloadStatus.STOPPED, "on " + id + detail);
      case GONE ->
          throw new IllegalStateException("not to be described but followed: " + workload.id);
      case UNKNOWN ->
          books.become(workload, workload.status, id + " cannot tell whether it runs" + detail);
    }
  }

  /** Why it is stopped where its owner wants it to run. */
  static String evicted(WorkloadEntry workload) {
    String why = Evictions.why(workload);
    return why.isEmpty() ? "" : ", " + why;
  }

  private static String runs(
      WorkloadEntry workload, HostEntry host, HostReport.Entry entry, String detail) {
    if (entry.paused()) {
      String also = workload.remark.isEmpty() ? "" : "; " + workload.remark;
      return "is paused on " + host.id + detail + also;
    }
    return detail.isEmpty() && workload.remark.isEmpty()
        ? host.runsHere
        : host.runsHere + detail + (workload.remark.isEmpty() ? "" : "; " + workload.remark);
  }

  /** Why it was placed stays its reason, unless something keeps the host from beginning. */
  private void describePending(
      WorkloadEntry workload, HostEntry host, Goal goal, String orderDetail) {
    WorkloadStatus status = goal == Goal.STOP ? WorkloadStatus.STOPPING : WorkloadStatus.STARTING;
    String detail = host.trouble().map(trouble -> ": " + trouble).orElse(orderDetail);
    if (workload.status != status || !detail.isEmpty() || workload.saidToWait) {
      books.become(workload, status, "waiting for " + host.id + detail);
      workload.saidToWait = true;
    }
  }

  private void describeUnheard(WorkloadEntry workload, HostEntry host, Goal goal) {
    if (host.state.isHeard()) {
      books.become(
          workload,
          workload.status,
          "the next agent of " + host.id + " has reported, and its lease has not been seen yet");
      return;
    }
    boolean lost = host.state == HostState.LOST || host.state == HostState.FENCING;
    boolean toRun = goal == Goal.RUN || (goal == Goal.KEEP && workload.placement.letGo());
    WorkloadStatus status = lost && toRun ? WorkloadStatus.RECOVERING : workload.status;
    String also = lost && toRun && OnlyHost.isAwaitedBy(state, workload) ? "; " + OnlyHost.WHY : "";
    books.become(
        workload, status, "its host " + host.id + " is " + host.state + ": " + host.reason + also);
  }
}
