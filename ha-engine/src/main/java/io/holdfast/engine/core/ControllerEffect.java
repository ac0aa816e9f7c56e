package io.holdfast.engine.core;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What the controller's core wants done. Effects of one step may be carried out in any order and at
 * the same time, except that {@link Publish} effects keep their order. Each effect with an
 * operation id is answered by one event, which may also come late or say unknown.
 */
public sealed interface ControllerEffect {

  /** What a fence device is asked for. */
  enum DeviceOperation {
    STATUS,
    OFF,
    ON
  }

  /** Try to become the controller. Answered by {@link ControllerEvent.CampaignEnded}. */
  record Campaign(OpId op) implements ControllerEffect {}

  /**
   * Replace a controller whose host is silent. Answered by {@link ControllerEvent.CampaignEnded}.
   */
  record TakeOver(OpId op, Epoch deposed) implements ControllerEffect {}

  /** Give the controller's place up. Not answered. */
  record Resign() implements ControllerEffect {}

  /** Read everything. Answered by {@link ControllerEvent.StateRead}. */
  record ReadState(OpId op) implements ControllerEffect {}

  /** Read one record. Answered by {@link ControllerEvent.RecordRead}. */
  record ReadRecord(OpId op, Key key) implements ControllerEffect {}

  /** Read a lease, linearizable. Answered by {@link ControllerEvent.LeaseChecked}. */
  record CheckLease(OpId op, HostId host) implements ControllerEffect {}

  /** Read all leases, as a replica has them. Answered by {@link ControllerEvent.LeasesRead}. */
  record ReadLeases(OpId op) implements ControllerEffect {}

  /**
   * Write records, all or nothing, guarded by the epoch. Answered by {@link
   * ControllerEvent.CommitEnded}. Nothing that depends on it is emitted before that.
   */
  record Commit(OpId op, Epoch epoch, List<Change> changes) implements ControllerEffect {}

  /**
   * @param value empty deletes
   */
  record Change(Key key, Optional<StateRecord> value) {}

  /**
   * Ask a fence device. Answered by {@link ControllerEvent.DeviceAnswered}. {@code OFF} is emitted
   * only after the intent to fence is stored, {@code ON} only after the evidence is.
   *
   * @param timeout how long the operation may take
   * @param notAfter the time after which nobody waits for it any more: an operation that has not
   *     begun by then is not begun, and is answered as timed out
   */
  record AskDevice(
      OpId op,
      HostId host,
      String device,
      DeviceOperation operation,
      Duration timeout,
      long notAfter)
      implements ControllerEffect {}

  /**
   * Look for a sign of life of a silent host on another channel. Answered by {@link
   * ControllerEvent.LifeSeen}.
   */
  record AskForLife(OpId op, HostId host, String check, Duration timeout)
      implements ControllerEffect {}

  /** Ask the tie-breaker. Answered by {@link ControllerEvent.TieBroken}. */
  record AskTieBreaker(OpId op, Duration timeout) implements ControllerEffect {}

  /** Tell the listeners. */
  record Publish(HaEvent event) implements ControllerEffect {}
}
