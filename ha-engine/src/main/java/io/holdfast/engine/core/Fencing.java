package io.holdfast.engine.core;

import io.holdfast.api.Departure;
import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostDirective;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Turns lost hosts into hosts with evidence. One operation per host at a time, whoever waits for
 * it: the intent is stored, the preconditions are checked again, then the steps of its topology are
 * taken in order until all devices of one have read the power as off. When none did, the host stays
 * lost, and the next attempt comes after a growing pause.
 */
final class Fencing {
  private final ControllerState state;
  private final Detection detection;
  private final FenceGuards guards;
  private final TieBreaking tie;
  private final LeaseExpiry expiry;
  private final FencePauses pauses;
  private final SortedMap<HostId, FenceAttempt> attempts = new TreeMap<>();

  Fencing(ControllerState state, Detection detection) {
    this.state = state;
    this.detection = detection;
    tie = new TieBreaking(state);
    pauses = new FencePauses(state);
    guards = new FenceGuards(state, detection, tie, pauses);
    expiry =
        new LeaseExpiry(state, detection, guards, this::devicesHaveFailed, this::provenOtherwise);
  }

  LeaseExpiry expiry() {
    return expiry;
  }

  void reset() {
    expiry.reset();
    guards.reset();
    tie.reset();
    pauses.reset();
    attempts.clear();
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
    if (fence != null && isSaid && !attempts.containsKey(host.id)) {
      host.fence = fence.withoutAim(state.epoch);
      state.commits.put(host.fence);
    }
  }

  /** What the tie-breaker said decides whether hosts that are lost are fenced now. */
  void tieBroken(ControllerEvent.TieBroken event) {
    if (tie.answered(event)) {
      state.hosts.values().stream()
          .filter(HostEntry::isSilent)
          .forEach(host -> detection.changed.add(host.id));
    }
  }

  boolean isUnderWay(HostId host) {
    return attempts.containsKey(host);
  }

  /** The host is heard again: what failed before no longer counts. */
  void heardAgain(HostEntry host) {
    pauses.over(host);
    FenceRecord fence = host.fence;
    if (fence != null && fence.pause().isPresent()) {
      host.fence = fence.pausing(Optional.empty(), state.epoch);
      state.commits.put(host.fence);
    }
    state.cancel(TimerKind.FENCE_RETRY, host.id.value());
  }

  // Deciding

  /** Decides whether this host is to be fenced now. */
  void consider(HostEntry host) {
    Incarnation incarnation = host.incarnation();
    if (incarnation != null && host.isProvenDown(incarnation) && !isUnderWay(host.id)) {
      // Its lease was seen only after leadership began, or renewed by what is fenced.
      detection.signal(host, HostSignal.OFF_PROVEN, "fenced");
      return;
    }
    considerLastWord(host);
    considerConfirmation(host);
    considerExpiry(host);
    if (incarnation == null || !isPossible(host)) {
      return;
    }
    if (pauses.until(host) > state.now) {
      waitOn(host);
      return;
    }
    List<FenceStep> steps = state.config.fencing().stepsOf(host.id);
    if (steps.isEmpty()) {
      withoutDevice(host);
      return;
    }
    Optional<FenceGuards.Spared> spared = guards.whyNotNow(host);
    if (spared.isPresent()) {
      long raceOver = guards.raceOver(host);
      if (raceOver > state.now) {
        keepPause(host, raceOver);
      }
      state.timer(TimerKind.FENCE_RETRY, host.id.value(), spared.get().until());
      detection.explain(
          host,
          "silent, to be fenced in %s: %s"
              .formatted(Duration.ofNanos(spared.get().until() - state.now), spared.get().why()));
      return;
    }
    List<String> storage =
        steps.stream().filter(FenceStep::storage).flatMap(s -> s.devices().stream()).toList();
    FenceRecord.Aim aim = new FenceRecord.Aim(incarnation, storage);
    attempts.put(host.id, new FenceAttempt(aim, state.now, steps));
    guards.begun(host.id);
    write(
        host,
        host.fence == null
            ? FenceRecord.intended(host.id, aim, state.epoch)
            : host.fence.aimedAt(aim, state.epoch));
  }

  /** What a former controller has tried in vain is tried again when that one would have. */
  private void waitOn(HostEntry host) {
    String id = host.id.value();
    long until = pauses.until(host);
    boolean isAwaited =
        state
            .timers
            .at(new TimerKey(TimerKind.FENCE_RETRY, id))
            .filter(at -> at <= until)
            .isPresent();
    if (!isAwaited && !state.config.fencing().stepsOf(host.id).isEmpty()) {
      state.timer(TimerKind.FENCE_RETRY, id, until);
      detection.explain(
          host,
          "silent, and no evidence that it is down: tried %d times, next in %s%s"
              .formatted(
                  pauses.failed(host), Duration.ofNanos(until - state.now), lastResort(host)));
    }
  }

  /** For the next controller, which would begin anew. */
  private void keepPause(HostEntry host, long until) {
    FenceRecord fence = host.fence;
    Lease lease = host.lease;
    if (lease != null) {
      Optional<FenceRecord.Pause> pause = Optional.of(pauses.pause(host, lease, until));
      FenceRecord known =
          fence == null ? FenceRecord.unproven(host.id, lease.incarnation(), state.epoch) : fence;
      if (!pause.equals(known.pause())) {
        host.fence = known.pausing(pause, state.epoch);
        state.commits.put(host.fence);
      }
    }
  }

  private void write(HostEntry host, FenceRecord record) {
    host.fence = record;
    host.fenceStored = false;
    state.commits.put(record);
  }

  /** Also while devices are being asked: whichever proves it first. */
  void considerExpiry(HostEntry host) {
    if (host.isSilent() && isDependedOn(host) && !state.disarmed) {
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
      provenOtherwise(host, present, word);
    } else if (host.state == HostState.FENCED
        && fence != null
        && fence.incarnation().equals(present)
        && !host.isDownByAPersonsWord()
        && detection.isSilent(host)) {
      write(host, fence.confirmedBy(word, state.epoch));
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
    boolean depended = isDependedOn(host);
    boolean goesOff =
        host.plan().equals(Optional.of(LeavePlan.FAILOVER))
            && host.leaving().filter(l -> l.departure() == Departure.SHUTDOWN).isPresent();
    host.leftBehind |= depended;
    boolean needed = host.isSilent() ? depended : goesOff && host.leftBehind;
    if (needed && state.mayAct() && !state.disarmed) {
      provenOtherwise(host, present, new Evidence.StoppedByHypervisor(host.id));
    }
  }

  private boolean devicesHaveFailed(HostEntry host) {
    return pauses.failed(host) > 0 || state.config.fencing().stepsOf(host.id).isEmpty();
  }

  /** Whether a host is being fenced, or is to be. */
  boolean isUnderWay() {
    return !attempts.isEmpty()
        || state.hosts.values().stream().anyMatch(host -> host.isSilent() && isDependedOn(host));
  }

  private boolean isPossible(HostEntry host) {
    return state.mayAct()
        && !state.disarmed
        && host.state == HostState.LOST
        && isDependedOn(host)
        && !attempts.containsKey(host.id);
  }

  /** Whether a workload is placed on it, or goes nowhere because it may be running there. */
  boolean isDependedOn(HostEntry host) {
    if (host.isFrozen()) {
      return false; // it is waited for
    }
    return host.placed.stream().map(state::workload).anyMatch(Homes::isRecovered)
        || host.homes.stream().map(state::workload).anyMatch(Homes::isKeptAtHome)
        || !host.awaitedBy.isEmpty();
  }

  private void withoutDevice(HostEntry host) {
    Optional<LeaseExpiry.Claim> claim = expiry.claimOn(host);
    if (claim.isPresent()) {
      pauses.notBefore(host, Math.max(claim.get().at(), state.now + 1)); // nothing new to say
      detection.signal(
          host, HostSignal.FENCE_EXHAUSTED, "silent, it has no fence device" + lastResort(host));
    } else {
      giveUpForNow(host, "it has no fence device");
    }
  }

  /** What evidence there may be when no device gives any. */
  private String lastResort(HostEntry host) {
    return expiry
        .claimOn(host)
        .map(claim -> "; " + claim.describe(state.now))
        .orElse("; its watchdog is not known to be armed, so a person has to say that it is down");
  }

  // Acting

  /** The intent is stored: check the preconditions again, then act. */
  void intentStored(FenceRecord record) {
    FenceAttempt attempt = attempts.get(record.host());
    if (attempt == null || attempt.stored || !record.aim().equals(Optional.of(attempt.aim))) {
      return;
    }
    HostEntry host = state.host(record.host());
    // Without the store this controller may be the one that is cut off: it begins nothing.
    boolean stillNeeded =
        state.mayAct()
            && host.state == HostState.LOST
            && isDependedOn(host)
            && tie.allows(host)
            && attempt.incarnation.equals(host.incarnation());
    if (!stillNeeded) {
      end(host, attempt);
      if (!tie.allows(host)) {
        detection.changed.add(host.id); // asked again
      }
      return;
    }
    attempt.stored = true;
    state.publish(
        new HaEvent.FenceBegun(
            host.id, attempt.incarnation, state.config.fencing().devicesOf(host.id)));
    detection.signal(host, HostSignal.FENCE_STORED, "being fenced");
    nextStep(host, attempt);
  }

  private void nextStep(HostEntry host, FenceAttempt attempt) {
    if (!attempt.isFirstStep() && host.lastHeard > attempt.begun) {
      // Back meanwhile: what one step could not do is not asked of the next.
      end(host, attempt);
      String reason = "heard again while it was being fenced in vain: " + attempt.problems();
      detection.signal(host, HostSignal.FENCE_EXHAUSTED, reason);
      detection.signal(
          host, host.hasReported() ? HostSignal.HEARD : HostSignal.HEARD_UNREPORTED, reason);
      return;
    }
    if (!state.mayAct()) {
      end(host, attempt);
      breakOff(host, attempt);
      return;
    }
    if (attempt.isExhausted()) {
      end(host, attempt);
      giveUpForNow(host, attempt.problems());
      return;
    }
    FenceStep step = attempt.advance();
    if (step.storage() && hasOpenMoves(host)) {
      // never two: what can still write nothing here could arrive elsewhere, and write there.
      attempt.failed(step.describe() + " not used: a live move from it or to it is not settled");
      nextStep(host, attempt);
      return;
    }
    if (step.storage() && host.fence != null) {
      // From the command on, whatever is answered: somebody has to give it back.
      host.fence = host.fence.mayBeCutBy(step.devices()); // the intent that is stored says so too
    }
    // Devices have their own deadlines; this one only guards against an answer that never comes.
    Duration patience = step.deadline().multipliedBy(3).dividedBy(2);
    state.timer(TimerKind.FENCE_DEADLINE, host.id.value(), state.now + patience.toNanos());
    for (String device : step.devices()) {
      OpId op = state.nextOp();
      attempt.asked(device, op);
      state.emit(ask(op, host.id, device, DeviceOperation.OFF, step.deadline()));
    }
    String then =
        attempt.rest().stream().map(next -> ", then " + next.describe()).reduce("", String::concat);
    detection.explain(
        host,
        "being fenced: %s, for %s at most%s%s"
            .formatted(step.describe(), patience, then, lastResort(host)));
  }

  /** One that begins later than half of its time cannot end before its deadline. */
  private AskDevice ask(
      OpId op, HostId host, String device, DeviceOperation operation, Duration deadline) {
    long latest = state.now + deadline.toNanos() / 2;
    return new AskDevice(op, host, device, operation, deadline, latest);
  }

  void answered(ControllerEvent.DeviceAnswered event) {
    FenceAttempt attempt = attempts.get(event.host());
    if (attempt == null || !attempt.waitsFor(event.device(), event.op())) {
      return; // late: a later attempt reads the state anew
    }
    HostEntry host = state.host(event.host());
    state.publish(new HaEvent.FenceAnswered(host.id, event.device(), "off", event.outcome()));
    if (!event.outcome().proves(PowerState.OFF)) {
      state.cancel(TimerKind.FENCE_DEADLINE, host.id.value());
      attempt.failed(event.device() + " " + event.outcome().describe());
      nextStep(host, attempt);
      return;
    }
    attempt.confirmed(event.device(), event.outcome());
    if (attempt.isProven()) {
      boolean pause = leave(host, attempt);
      FenceStep step = attempt.present();
      String devices = String.join(", ", step.devices());
      if (step.storage()) {
        Evidence evidence = new Evidence.StorageFenced(devices);
        proven(host, attempt.incarnation, evidence, List.of(), pause);
      } else {
        host.offReadBy = event.op();
        Evidence evidence = new Evidence.PoweredOff(devices);
        proven(host, attempt.incarnation, evidence, attempt.switchedOff(), pause);
      }
    }
  }

  /** A device that never answered within its deadline, whatever became of the call. */
  void deadlinePassed(HostEntry host) {
    FenceAttempt attempt = attempts.get(host.id);
    if (attempt == null || !attempt.stored) {
      return;
    }
    List<String> silent = new ArrayList<>(attempt.unanswered().keySet());
    if (silent.isEmpty()) {
      return;
    }
    String device = silent.get(0);
    answered(
        new ControllerEvent.DeviceAnswered(
            state.now,
            attempt.unanswered().getOrDefault(device, new OpId(0, 0)),
            host.id,
            device,
            DeviceOperation.OFF,
            new FenceOutcome.TimedOut("no answer within the deadline")));
  }

  /** It is over, and there is no evidence. */
  private void end(HostEntry host, FenceAttempt attempt) {
    boolean pause = leave(host, attempt);
    FenceRecord fence = host.fence;
    if (fence != null && fence.aim().isPresent()) {
      write(
          host,
          pause ? justEnded(host, fence, attempt.incarnation) : fence.withoutAim(state.epoch));
    }
  }

  /**
   * Whoever was asked for something may still act: others are given the pause all the same.
   *
   * @return whether they are
   */
  private boolean leave(HostEntry host, FenceAttempt attempt) {
    attempts.remove(host.id);
    state.cancel(TimerKind.FENCE_DEADLINE, host.id.value());
    return attempt.isFirstStep() ? guards.abandoned(host.id) : guards.ended(host.id);
  }

  /** Stored, so that the pause is one for the next controller, too. */
  private FenceRecord justEnded(HostEntry host, FenceRecord fence, Incarnation fenced) {
    state.timer(TimerKind.FENCE_PAUSE, host.id.value(), guards.pausedFor(host.id));
    return fence.justEnded(fenced, state.epoch);
  }

  private void giveUpForNow(HostEntry host, String problems) {
    Duration pause = pauses.failedAgain(host);
    if (!state.config.fencing().stepsOf(host.id).isEmpty()) {
      keepPause(host, pauses.until(host));
    }
    triesAgain(host, problems, pause);
  }

  /** never two: whoever could not ask, or hear the answer, does not know that the devices fail. */
  private void breakOff(HostEntry host, FenceAttempt attempt) {
    Duration pause = state.timings().fenceRetryMin();
    pauses.notBefore(host, state.now + pause.toNanos());
    String why =
        state.stoodStill
            ? "this controller stood still"
            : "the connection to the store is interrupted";
    triesAgain(host, attempt.problems() + "; " + why, pause);
  }

  private void triesAgain(HostEntry host, String problems, Duration pause) {
    state.timer(TimerKind.FENCE_RETRY, host.id.value(), state.now + pause.toNanos());
    state.publish(new HaEvent.FenceFailed(host.id, problems, pause));
    detection.signal(
        host,
        HostSignal.FENCE_EXHAUSTED,
        "silent, and no evidence that it is down: %s; tried %d times, next in %s%s"
            .formatted(problems, pauses.failed(host), pause, lastResort(host)));
  }

  /** What a lost host waits for. */
  List<Wait> waitsOf(HostEntry host) {
    String id = host.id.value();
    if (!isDependedOn(host)) {
      return List.of(Wait.of(Kind.POWER, id));
    }
    List<Wait> waits = new ArrayList<>();
    FenceAttempt attempt = attempts.get(host.id);
    if (attempt == null) {
      Kind kind = pauses.failed(host) > 0 ? Kind.RETRY : Kind.TURN;
      waits.add(Wait.of(Kind.EVIDENCE, id));
      state
          .timers
          .at(new TimerKey(TimerKind.FENCE_RETRY, id))
          .ifPresent(at -> waits.add(new Wait(kind, id, at)));
    } else if (attempt.stored) {
      long deadline = state.timers.at(new TimerKey(TimerKind.FENCE_DEADLINE, id)).orElse(Wait.OPEN);
      for (String device : attempt.unanswered().keySet()) {
        waits.add(new Wait(Kind.DEVICE, host.id + "/" + device, deadline));
      }
    } else {
      waits.add(Wait.of(Kind.STORE, "the intent to fence " + id));
    }
    expiry
        .claimOn(host)
        .ifPresent(claim -> waits.add(new Wait(Kind.EXPIRY, id, expiry.dueAt(host, claim))));
    return waits;
  }

  // Evidence

  /** Evidence that no fence operation gave: one that is under way is over. */
  void provenOtherwise(HostEntry host, Incarnation incarnation, Evidence evidence) {
    FenceAttempt attempt = attempts.get(host.id);
    boolean pause = attempt == null ? guards.ended(host.id) : leave(host, attempt);
    if (evidence instanceof Evidence.AssumedByPolicy) {
      guards.pauses();
      pause = true;
    }
    state.cancel(TimerKind.FENCE_RETRY, host.id.value());
    proven(host, incarnation, evidence, List.of(), pause);
  }

  private boolean hasOpenMoves(HostEntry host) {
    return Stream.concat(host.placed.stream(), host.expected.stream())
        .map(state::workload)
        .anyMatch(Moves::isUnsettled);
  }

  private void proven(
      HostEntry host,
      Incarnation incarnation,
      Evidence evidence,
      List<String> switchedOff,
      boolean pause) {
    pauses.over(host);
    List<String> cut = host.fence == null ? List.of() : host.fence.cut();
    FenceRecord record =
        new FenceRecord(
            host.id,
            incarnation,
            state.epoch,
            Optional.of(evidence),
            toSwitchOn(switchedOff),
            cut,
            Optional.empty(),
            Optional.empty());
    write(host, pause ? justEnded(host, record, incarnation) : record);
    state.publish(new HaEvent.HostFenced(host.id, incarnation, evidence));
    boolean left = evidence instanceof Evidence.StoppedByHypervisor;
    detection.signal(
        host,
        left ? HostSignal.LEFT : HostSignal.OFF_PROVEN,
        left ? "has left as planned, and ended everything before" : evidence.describe());
    Incarnation present = host.incarnation();
    if (present != null && !host.isProvenDown(present)) {
      // Nothing will cut its power any more, and what is proven down is what it was before.
      detection.signal(host, HostSignal.JOINED, "joined while it was being fenced");
    }
  }

  private List<String> toSwitchOn(List<String> switchedOff) {
    return state.policy.powerOnAfterFence() ? switchedOff : List.of();
  }
}
