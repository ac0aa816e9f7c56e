package io.holdfast.engine.core;

import io.holdfast.api.Departure;
import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostDirective;
import java.util.Optional;

/**
 * What is said of a host, so that no device has to be asked: by a person, by the host itself before
 * it went, or by its lease, which nobody has renewed for longer than its watchdog waits.
 */
final class Testimony {
  private final ControllerState state;
  private final Detection detection;
  private final LeaseExpiry expiry;
  private final FenceOperations operations;

  Testimony(
      ControllerState state, Detection detection, LeaseExpiry expiry, FenceOperations operations) {
    this.state = state;
    this.detection = detection;
    this.expiry = expiry;
    this.operations = operations;
  }

  /** Also while devices are being asked: whichever proves it first. */
  void considerExpiry(HostEntry host) {
    if (host.isSilent() && Homes.isDependedOn(state, host) && !state.disarmed) {
      expiry.consider(host);
    }
  }

  /**
   * Somebody said that this incarnation is down: believed of a host that is silent. It counts of
   * one that is fenced already, too: what that was proven by may say nothing of what arrived since.
   */
  void considerConfirmation(HostEntry host) {
    Optional<HostDirective.Confirmation> down = host.directive.down();
    Incarnation present = host.incarnation();
    if (down.isEmpty() || present == null || !down.get().incarnation().equals(present)) {
      return;
    }
    Evidence word = new Evidence.ConfirmedByOperator(down.get().who());
    FenceRecord fence = host.fence;
    if (host.isSilent()) {
      operations.provenOtherwise(host, present, word);
    } else if (host.state == HostState.FENCED
        && fence != null
        && fence.incarnation().equals(present)
        && !host.isDownByAPersonsWord()
        && detection.isSilent(host)) {
      state.writeFence(host, fence.confirmedBy(word, state.epoch));
      state.publish(new HaEvent.HostFenced(host.id, present, word));
      detection.explain(host, word.describe());
      detection.changed.add(host.id);
    }
  }

  /**
   * never two: a host that goes off, and is not waited for, has said that nothing runs there any
   * more and that nothing will be started by this incarnation.
   */
  void considerLastWord(HostEntry host) {
    Incarnation present = host.incarnation();
    boolean isAwaited = host.isFrozen() || !host.hasLeftEmpty();
    if (present == null || isAwaited || host.isProvenDown(present)) {
      return;
    }
    boolean depended = Homes.isDependedOn(state, host);
    boolean goesOff =
        host.plan().equals(Optional.of(LeavePlan.FAILOVER))
            && host.leaving().filter(l -> l.departure() == Departure.SHUTDOWN).isPresent();
    host.leftBehind |= depended;
    boolean needed = host.isSilent() ? depended : goesOff && host.leftBehind;
    if (needed && state.mayAct() && !state.disarmed) {
      operations.provenOtherwise(host, present, new Evidence.StoppedByHypervisor(host.id));
    }
  }
}
