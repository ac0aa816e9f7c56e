package io.holdfast.engine.agent;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostReport;
import java.time.Duration;

/**
 * What an agent's core wants done. Effects of one step may be carried out at the same time, except
 * that {@link Publish} effects keep their order, and so do the actions on one workload.
 */
public sealed interface AgentEffect {

  /** What is done to one workload. Answered by {@link AgentEvent.ActionEnded}. */
  sealed interface Action extends AgentEffect {
    OpId op();

    WorkloadId workload();

    /** How long the hypervisor is given. */
    Duration timeout();
  }

  /** Join the cluster. Answered by {@link AgentEvent.JoinEnded}. */
  record Join(OpId op) implements AgentEffect {}

  /** Renew the lease. Answered by {@link AgentEvent.RenewEnded}. */
  record Renew(OpId op, Incarnation incarnation, long sequence) implements AgentEffect {}

  /** Leave the cluster. Not answered. */
  record Leave(Incarnation incarnation) implements AgentEffect {}

  /** Read this host's intent. Answered by {@link AgentEvent.IntentRead}. */
  record ReadIntent() implements AgentEffect {}

  /** Make the epoch durable on this host. Answered by {@link AgentEvent.EpochPersisted}. */
  record PersistEpoch(Epoch epoch) implements AgentEffect {}

  /** Answered by {@link AgentEvent.InventoryRead}. */
  record ReadInventory(OpId op) implements AgentEffect {}

  /** Answered by {@link AgentEvent.LoadsMeasured}. */
  record MeasureLoads(OpId op) implements AgentEffect {}

  /**
   * Start a workload; read its definition first.
   *
   * @param notAfter the time at which the lease runs out: a start that has not begun by then is not
   *     begun, and answered with {@code EXPIRED}
   */
  record Start(OpId op, WorkloadId workload, Duration timeout, long notAfter) implements Action {}

  /** Ask a workload to stop. */
  record Stop(OpId op, WorkloadId workload, Duration timeout) implements Action {}

  /** End a workload. */
  record Destroy(OpId op, WorkloadId workload, Duration timeout) implements Action {}

  /**
   * Move a workload that runs here to another host while it runs.
   *
   * @param notAfter the time at which the lease runs out: a migration that has not begun by then is
   *     not begun, and answered with {@code EXPIRED}
   */
  record Migrate(OpId op, WorkloadId workload, HostId target, Duration timeout, long notAfter)
      implements Action {}

  /** End a migration from here that may be under way. */
  record CancelMigration(OpId op, WorkloadId workload, Duration timeout) implements Action {}

  /** Look how the host's conditions stand. Answered by {@link AgentEvent.FactsSeen}. */
  record LookAtFacts(OpId op, String source) implements AgentEffect {}

  /** Ask whether a workload serves. Answered by {@link AgentEvent.GuestProbed}. */
  record ProbeGuest(OpId op, WorkloadId workload, Duration timeout) implements AgentEffect {}

  /** Answered by {@link AgentEvent.ReportWritten}. */
  record WriteReport(OpId op, HostReport report) implements AgentEffect {}

  /** A call of the host's watchdog; they are carried out one after another. */
  sealed interface WatchdogCall extends AgentEffect {}

  /**
   * Arm the watchdog. Answered by {@link AgentEvent.WatchdogOpened}.
   *
   * @param notAfter as for {@link Start}
   */
  record OpenWatchdog(OpId op, Duration period, long notAfter) implements WatchdogCall {}

  /**
   * Feed the watchdog. Answered by {@link AgentEvent.WatchdogNotFed} if that did not work.
   *
   * @param notAfter the time at which the lease runs out: after it the watchdog is not fed, and
   *     nothing is answered
   */
  record FeedWatchdog(long notAfter) implements WatchdogCall {}

  /** Disarm the watchdog. Answered by {@link AgentEvent.WatchdogReleased}. */
  record ReleaseWatchdog(OpId op) implements WatchdogCall {}

  /** Tell the listeners. */
  record Publish(HaEvent event) implements AgentEffect {}
}
