package io.holdfast.engine.agent;

import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostIntent;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is under way with the workloads of this host: one action on each at a time, and no more
 * starts at once than the controller allows. An answer counts only for the action that waits for
 * it.
 */
final class Actions {
  /** Ending a workload asks nothing of it: only the hypervisor can be slow. */
  static final Duration DESTROY_TIMEOUT = Duration.ofSeconds(30);

  enum Kind {
    START,
    STOP,
    DESTROY,
    MIGRATE,
    CANCEL_MIGRATION;

    /** One line for people on what was not done, or may not have been. */
    String describe(Outcome<Ack> outcome) {
      return outcome instanceof Outcome.Failed<Ack> failed
          ? this + " failed: " + failed.detail()
          : this + " unknown: " + ((Outcome.Unknown<Ack>) outcome).detail();
    }
  }

  private record Action(OpId op, Kind kind) {}

  private final AgentState state;
  private final SortedMap<WorkloadId, Action> underWay = new TreeMap<>();
  private int startsAtOnce = 1;

  Actions(AgentState state) {
    this.state = state;
  }

  /** So many starts may be under way at the same time; the rest waits its turn. */
  void startAtOnce(int most) {
    startsAtOnce = most;
  }

  boolean areTooManyStarts() {
    return underWay.values().stream().filter(a -> a.kind() == Kind.START).count() >= startsAtOnce;
  }

  boolean isIdle() {
    return underWay.isEmpty();
  }

  boolean isBusy(WorkloadId workload) {
    return underWay.containsKey(workload);
  }

  boolean isMigrating(WorkloadId workload) {
    Action action = underWay.get(workload);
    return action != null && action.kind() == Kind.MIGRATE;
  }

  SortedSet<WorkloadId> workloads() {
    return new TreeSet<>(underWay.keySet());
  }

  void start(Order order) {
    OpId op = begin(order.workload, Kind.START);
    state.emit(
        new AgentEffect.Start(
            op, order.workload, order.entry.startTimeout(), state.leaseValidUntil));
  }

  void stop(Order order) {
    OpId op = begin(order.workload, Kind.STOP);
    state.emit(new AgentEffect.Stop(op, order.workload, order.entry.stopTimeout()));
  }

  void destroy(WorkloadId workload) {
    OpId op = begin(workload, Kind.DESTROY);
    state.emit(new AgentEffect.Destroy(op, workload, DESTROY_TIMEOUT));
  }

  void migrate(WorkloadId workload, HostIntent.Migration migration) {
    OpId op = begin(workload, Kind.MIGRATE);
    state.emit(
        new AgentEffect.Migrate(
            op, workload, migration.target(), migration.timeout(), state.leaseValidUntil));
  }

  void cancelMigration(WorkloadId workload) {
    OpId op = begin(workload, Kind.CANCEL_MIGRATION);
    state.emit(
        new AgentEffect.CancelMigration(op, workload, state.config.timings().storeTimeout()));
  }

  private OpId begin(WorkloadId workload, Kind kind) {
    OpId op = state.nextOp();
    underWay.put(workload, new Action(op, kind));
    return op;
  }

  /**
   * An answer has come.
   *
   * @return what it is the end of, empty if nothing waits for it
   */
  Optional<Kind> ended(AgentEvent.ActionEnded event) {
    Action action = underWay.get(event.workload());
    if (action == null || !action.op().equals(event.op())) {
      return Optional.empty();
    }
    underWay.remove(event.workload());
    return Optional.of(action.kind());
  }
}
