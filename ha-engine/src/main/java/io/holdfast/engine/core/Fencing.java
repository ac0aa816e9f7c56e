package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.FenceRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns lost hosts into hosts with evidence: decides whether one is to be fenced now, which {@link
 * FenceOperations} then does. When no device gives evidence, {@link FenceRetries} says when the
 * next attempt is; {@link Testimony} may give some at any time.
 */
final class Fencing {
  private final ControllerState state;
  private final Detection detection;
  private final FencePauses pauses;
  private final TieBreaking tie;
  private final FenceGuards guards;
  private final LeaseExpiry expiry;
  private final FenceRetries retries;
  private final FenceOperations operations;
  private final Testimony testimony;

  Fencing(ControllerState state, Detection detection) {
    this.state = state;
    this.detection = detection;
    pauses = new FencePauses(state);
    tie = new TieBreaking(state);
    guards = new FenceGuards(state, detection, tie, pauses);
    expiry = new LeaseExpiry(state, detection, guards, pauses::haveDevicesFailed, this::expired);
    retries = new FenceRetries(state, detection, expiry, pauses);
    operations = new FenceOperations(state, detection, guards, tie, expiry, pauses, retries);
    testimony = new Testimony(state, detection, expiry, operations);
  }

  LeaseExpiry expiry() {
    return expiry;
  }

  FenceOperations operations() {
    return operations;
  }

  Testimony testimony() {
    return testimony;
  }

  void reset() {
    expiry.reset();
    guards.reset();
    tie.reset();
    pauses.reset();
    operations.reset();
  }

  /** Leadership begins: what a former controller has begun, or ended just now, is not forgotten. */
  void begin() {
    for (HostEntry host : state.hosts.values()) {
      FenceRecord fence = host.fence;
      if (fence != null && fence.aim().isPresent()) {
        long until = fence.intends() ? guards.inherits(host.id, patienceOf(host)) : guards.pauses();
        state.timer(TimerKind.FENCE_PAUSE, host.id.value(), until);
      }
    }
  }

  /** How long a former controller waits for its device at most; it goes no further then. */
  private Duration patienceOf(HostEntry host) {
    return state.config.fencing().stepsOf(host.id).stream()
        .map(FenceStep::deadline)
        .reduce(state.timings().fenceTimeout(), (a, b) -> a.compareTo(b) > 0 ? a : b)
        .multipliedBy(3)
        .dividedBy(2);
  }

  /** Nobody waits on account of this host any more. */
  void pauseOver(HostEntry host) {
    FenceRecord fence = host.fence;
    boolean isSaid = state.leading && fence != null && fence.aim().isPresent();
    if (fence != null && isSaid && !operations.isUnderWay(host.id)) {
      host.fence = fence.withoutAim(state.epoch);
      state.commits.put(host.fence);
    }
  }

  /** What the tie-breaker said decides whether hosts that are lost are fenced now. */
  void tieBroken(ControllerEvent.TieBroken event) {
    if (tie.answered(event)) {
      operations.tieBroken();
      state.hosts.values().stream()
          .filter(HostEntry::isSilent)
          .forEach(host -> detection.changed.add(host.id));
    }
  }

  /** The host is heard again: what failed before no longer counts. */
  void heardAgain(HostEntry host) {
    pauses.over(host);
    FenceRecord fence = host.fence;
    if (fence != null && (fence.pause().isPresent() || fence.level().isPresent())) {
      host.fence =
          fence.pausing(Optional.empty(), state.epoch).beginningWith(Optional.empty(), state.epoch);
      state.commits.put(host.fence);
    }
    state.cancel(TimerKind.FENCE_RETRY, host.id.value());
  }

  private void expired(HostEntry host, Incarnation incarnation, Evidence evidence) {
    operations.provenOtherwise(host, incarnation, evidence);
  }

  // Deciding

  /** Decides whether this host is to be fenced now. */
  void consider(HostEntry host) {
    Incarnation incarnation = host.incarnation();
    if (incarnation != null && host.isProvenDown(incarnation) && !operations.isUnderWay(host.id)) {
      // Its lease was seen only after leadership began, or renewed by what is fenced.
      detection.signal(host, HostSignal.OFF_PROVEN, "fenced");
      return;
    }
    testimony.considerLastWord(host);
    testimony.considerConfirmation(host);
    testimony.considerExpiry(host);
    if (incarnation == null || !isPossible(host)) {
      return;
    }
    if (pauses.until(host) > state.now) {
      retries.waitOn(host);
      return;
    }
    List<FenceStep> steps = state.config.fencing().stepsOf(host.id);
    if (steps.isEmpty()) {
      retries.withoutDevice(host);
      return;
    }
    Optional<FenceGuards.Spared> spared = guards.whyNotNow(host);
    if (spared.isPresent()) {
      spare(host, spared.get());
    } else {
      operations.begin(host, incarnation, steps);
    }
  }

  private void spare(HostEntry host, FenceGuards.Spared spared) {
    long raceOver = guards.raceOver(host);
    if (raceOver > state.now) {
      retries.keepPause(host, raceOver);
    }
    state.timer(TimerKind.FENCE_RETRY, host.id.value(), spared.until());
    detection.explain(
        host,
        "silent, to be fenced in %s: %s"
            .formatted(Duration.ofNanos(spared.until() - state.now), spared.why()));
  }

  private boolean isPossible(HostEntry host) {
    return state.mayAct()
        && !state.holdsStill()
        && host.state == HostState.LOST
        && Homes.isDependedOn(state, host)
        && !operations.isUnderWay(host.id);
  }

  /** What a lost host waits for. */
  List<Wait> waitsOf(HostEntry host) {
    String id = host.id.value();
    if (!Homes.isDependedOn(state, host)) {
      return List.of(Wait.of(Kind.POWER, id));
    }
    List<Wait> waits = new ArrayList<>(operations.waitsOf(host));
    if (!operations.isUnderWay(host.id)) {
      Kind kind = pauses.failed(host) > 0 ? Kind.RETRY : Kind.TURN;
      waits.add(Wait.of(Kind.EVIDENCE, id));
      state
          .timers
          .at(new TimerKey(TimerKind.FENCE_RETRY, id))
          .ifPresent(at -> waits.add(new Wait(kind, id, at)));
    }
    expiry
        .claimOn(host)
        .ifPresent(claim -> waits.add(new Wait(Kind.EXPIRY, id, expiry.dueAt(host, claim))));
    return waits;
  }
}
