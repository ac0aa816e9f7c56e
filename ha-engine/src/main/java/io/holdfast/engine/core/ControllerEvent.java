package io.holdfast.engine.core;

import io.holdfast.api.Fact;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.engine.record.StateRecord;
import java.util.List;
import java.util.Optional;

/**
 * What the controller's core is told. {@code now} is a monotonic time in nanoseconds from an
 * arbitrary origin, the same for all events of one core; one that lies before the last event's
 * counts as the last event's.
 */
public sealed interface ControllerEvent {
  long now();

  /** Time has passed. */
  record Ticked(long now) implements ControllerEvent {}

  record ConnectionChanged(long now, Connection connection) implements ControllerEvent {}

  /** The controller's place may be free, or taken by somebody else. */
  record PlaceChanged(long now) implements ControllerEvent {}

  record CampaignEnded(long now, OpId op, Outcome<Election> outcome) implements ControllerEvent {}

  /** Everything in the store, read after the election. */
  record StateRead(long now, OpId op, Outcome<List<StateRecord>> outcome)
      implements ControllerEvent {}

  /** A lease was read anew. */
  record LeaseSeen(long now, Lease lease) implements ControllerEvent {}

  /** The answer to {@link ControllerEffect.ReadLeases}. */
  record LeasesRead(long now, OpId op, Outcome<List<Lease>> outcome) implements ControllerEvent {}

  /** The answer to {@link ControllerEffect.CheckLease}. */
  record LeaseChecked(long now, OpId op, HostId host, Outcome<Optional<Lease>> outcome)
      implements ControllerEvent {}

  /** A record that others write may have changed. */
  record Dirtied(long now, Key key) implements ControllerEvent {}

  /** Changes may have been missed. */
  record ResyncNeeded(long now) implements ControllerEvent {}

  record RecordRead(long now, OpId op, Key key, Outcome<Optional<StateRecord>> outcome)
      implements ControllerEvent {}

  record CommitEnded(long now, OpId op, Outcome<Ack> outcome) implements ControllerEvent {}

  record DeviceAnswered(
      long now,
      OpId op,
      HostId host,
      String device,
      ControllerEffect.DeviceOperation operation,
      FenceOutcome outcome)
      implements ControllerEvent {}

  /** The answer to {@link ControllerEffect.AskForLife}. */
  record LifeSeen(long now, OpId op, HostId host, String check, SignOfLife answer)
      implements ControllerEvent {}

  /** The answer to {@link ControllerEffect.AskTieBreaker}. */
  record TieBroken(long now, OpId op, Fact answer) implements ControllerEvent {}

  /** Give leadership up: the engine is being closed. */
  record CloseRequested(long now) implements ControllerEvent {}
}
