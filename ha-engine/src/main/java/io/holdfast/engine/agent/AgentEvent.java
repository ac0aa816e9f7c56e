package io.holdfast.engine.agent;

import io.holdfast.api.Capacity;
import io.holdfast.api.Departure;
import io.holdfast.api.Epoch;
import io.holdfast.api.Fact;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What an agent's core is told. {@code now} is a monotonic time in nanoseconds from an arbitrary
 * origin, the same for all events of one core; one that lies before the last event's counts as the
 * last event's.
 */
public sealed interface AgentEvent {
  long now();

  record Ticked(long now) implements AgentEvent {}

  record ConnectionChanged(long now, Connection connection) implements AgentEvent {}

  record JoinEnded(long now, OpId op, Outcome<Incarnation> outcome) implements AgentEvent {}

  /**
   * @param sentAt the time just before the renewal was sent: the lease is valid from there
   */
  record RenewEnded(long now, OpId op, long sentAt, Outcome<Ack> outcome) implements AgentEvent {}

  /** The intent for this host may have changed. */
  record IntentDirtied(long now) implements AgentEvent {}

  record IntentRead(long now, Outcome<Optional<StateRecord>> outcome) implements AgentEvent {}

  /** The epoch is on this host's disk if, and only if, the outcome is done. */
  record EpochPersisted(long now, Epoch epoch, Outcome<Ack> outcome) implements AgentEvent {}

  record InventoryRead(long now, OpId op, Outcome<SortedMap<WorkloadId, RunState>> outcome)
      implements AgentEvent {}

  /** What is not measured is left out. */
  record LoadsMeasured(long now, OpId op, Outcome<SortedMap<WorkloadId, Capacity>> outcome)
      implements AgentEvent {}

  record HypervisorSaid(long now, HypervisorEvent event) implements AgentEvent {}

  /** The answer to an {@link AgentEffect.Action}. */
  record ActionEnded(long now, OpId op, WorkloadId workload, Outcome<Ack> outcome)
      implements AgentEvent {}

  record ReportWritten(long now, OpId op, Outcome<Ack> outcome) implements AgentEvent {}

  /** The answer to {@link AgentEffect.OpenWatchdog}, with the period that holds. */
  record WatchdogOpened(long now, OpId op, Outcome<Duration> outcome) implements AgentEvent {}

  record WatchdogReleased(long now, OpId op, Outcome<Ack> outcome) implements AgentEvent {}

  /** A feed did not work, or nobody knows. */
  record WatchdogNotFed(long now, String detail) implements AgentEvent {}

  /**
   * The answer to {@link AgentEffect.LookAtFacts}.
   *
   * @param facts empty if nothing could be found out
   */
  record FactsSeen(long now, OpId op, String source, SortedMap<String, Fact> facts)
      implements AgentEvent {}

  /**
   * The host, or its agent, is about to be away as planned.
   *
   * @param patience how long it waits at most before it goes
   */
  record DepartureAnnounced(long now, Departure departure, Duration patience)
      implements AgentEvent {}

  /** The answer to {@link AgentEffect.ProbeGuest}. */
  record GuestProbed(long now, OpId op, WorkloadId workload, Fact answer) implements AgentEvent {}

  /** Leave the cluster: the agent is being closed. Workloads are left alone. */
  record CloseRequested(long now) implements AgentEvent {}
}
