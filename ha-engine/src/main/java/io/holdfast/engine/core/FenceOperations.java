package io.holdfast.engine.core;

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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Carries fence operations out, one per host at a time, whoever waits for it. Once its intent is
 * stored the preconditions are checked again, then the steps of the host's topology are taken in
 * order until all devices of one have read the power as off. Whatever ends it, with evidence or
 * without, is written down before anybody acts on it.
 */
final class FenceOperations {
  private final ControllerState state;
  private final Detection detection;
  private final FenceGuards guards;
  private final TieBreaking tie;
  private final LeaseExpiry expiry;
  private final FencePauses pauses;
  private final FenceRetries retries;
  private final SortedMap<HostId, FenceAttempt> attempts = new TreeMap<>();

  FenceOperations(
      ControllerState state,
      Detection detection,
      FenceGuards guards,
      TieBreaking tie,
      LeaseExpiry expiry,
      FencePauses pauses,
      FenceRetries retries) {
    this.state = state;
    this.detection = detection;
    this.guards = guards;
    this.tie = tie;
    this.expiry = expiry;
    this.pauses = pauses;
    this.retries = retries;
  }

  void reset() {
    attempts.clear();
  }

  boolean isUnderWay(HostId host) {
    return attempts.containsKey(host);
  }

  /** The hosts that are being fenced. */
  SortedSet<HostId> underWay() {
    return new TreeSet<>(attempts.keySet());
  }

  /** Has the intent stored; nothing is asked of a device before it is. */
  void begin(HostEntry host, Incarnation incarnation, List<FenceStep> topology) {
    List<FenceStep> steps = FenceLevels.inOrder(host, topology);
    List<String> storage =
        topology.stream().filter(FenceStep::storage).flatMap(s -> s.devices().stream()).toList();
    FenceRecord.Aim aim = new FenceRecord.Aim(incarnation, storage);
    attempts.put(host.id, new FenceAttempt(aim, state.now, steps));
    guards.begun(host.id);
    state.writeFence(
        host,
        host.fence == null
            ? FenceRecord.intended(host.id, aim, state.epoch)
            : FenceLevels.withoutFormer(host, host.fence, state.epoch).aimedAt(aim, state.epoch));
  }

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
            && !state.holdsStill()
            && host.state == HostState.LOST
            && Homes.isDependedOn(state, host)
            && tie.allows(host)
            && guards.whyNobody().isEmpty()
            && attempt.incarnation.equals(host.incarnation());
    if (!stillNeeded) {
      end(host, attempt);
      if (!tie.allows(host) || guards.whyNobody().isPresent()) {
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
      retries.breakOff(
          host,
          attempt.problems(),
          state.stoodStill
              ? "this controller stood still"
              : "the connection to the store is interrupted");
      return;
    }
    if (attempt.isExhausted()) {
      end(host, attempt);
      retries.giveUpForNow(host, attempt.problems());
      return;
    }
    if (!attempt.isFirstStep() && !mayGoOn(host, attempt)) {
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
    // One that begins later than half of its time cannot end before its deadline.
    long latest = state.now + step.deadline().toNanos() / 2;
    for (String device : step.devices()) {
      OpId op = state.nextOp();
      attempt.asked(device, op);
      state.emit(new AskDevice(op, host.id, device, DeviceOperation.OFF, step.deadline(), latest));
    }
    keepLevel(host, attempt);
    String then =
        attempt.rest().stream().map(next -> ", then " + next.describe()).reduce("", String::concat);
    detection.explain(
        host,
        "being fenced: %s, for %s at most%s%s"
            .formatted(step.describe(), patience, then, expiry.lastResort(host)));
  }

  /** Devices take their time: what held when the intent was stored may not hold any more. */
  private boolean mayGoOn(HostEntry host, FenceAttempt attempt) {
    if (!Homes.isDependedOn(state, host)) {
      end(host, attempt);
      detection.signal(
          host,
          HostSignal.FENCE_EXHAUSTED,
          "silent, and nothing depends on it any more: " + attempt.problems());
      return false;
    }
    Optional<FenceGuards.Spared> spared = guards.whyNobody().or(() -> tie.whyNotNow(host));
    if (spared.isEmpty()) {
      return true;
    }
    // never stuck: an answer is fresh for one silence, so whoever has none by then begins anew.
    if (state.now - attempt.hold(state.now) > state.timings().silence().toNanos()) {
      end(host, attempt);
      retries.breakOff(host, attempt.problems(), spared.get().why());
    } else {
      state.timer(TimerKind.FENCE_DEADLINE, host.id.value(), spared.get().until());
      detection.explain(
          host, "being fenced: %s; %s".formatted(attempt.problems(), spared.get().why()));
    }
    return false;
  }

  /** The tie-breaker has said something. */
  void tieBroken() {
    for (HostId host : underWay()) {
      FenceAttempt attempt = attempts.get(host);
      if (attempt != null && attempt.isHeld()) {
        nextStep(state.host(host), attempt);
      }
    }
  }

  /** For the next controller, which would begin with the first one; nobody waits for the write. */
  private void keepLevel(HostEntry host, FenceAttempt attempt) {
    FenceRecord fence = host.fence;
    Lease lease = host.lease;
    if (attempt.hasEscalated() && fence != null && lease != null) {
      host.fence = FenceLevels.reached(fence, lease, attempt.present(), state.epoch);
      state.commits.put(host.fence);
    }
  }

  private boolean hasOpenMoves(HostEntry host) {
    return Stream.concat(host.placed.stream(), host.expected.stream())
        .map(state::workload)
        .anyMatch(Moves::isUnsettled);
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
    if (attempt.isHeld()) {
      nextStep(host, attempt);
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

  /** What the operation on this host waits for. */
  List<Wait> waitsOf(HostEntry host) {
    String id = host.id.value();
    FenceAttempt attempt = attempts.get(host.id);
    if (attempt == null) {
      return List.of();
    }
    if (!attempt.stored) {
      return List.of(Wait.of(Kind.STORE, "the intent to fence " + id));
    }
    long deadline = state.timers.at(new TimerKey(TimerKind.FENCE_DEADLINE, id)).orElse(Wait.OPEN);
    if (attempt.isHeld()) {
      return List.of(new Wait(Kind.TURN, id, deadline));
    }
    return attempt.unanswered().keySet().stream()
        .map(device -> new Wait(Kind.DEVICE, host.id + "/" + device, deadline))
        .toList();
  }

  // The end

  /** It is over, and there is no evidence. */
  private void end(HostEntry host, FenceAttempt attempt) {
    boolean pause = leave(host, attempt);
    FenceRecord fence = host.fence;
    if (fence != null && fence.aim().isPresent()) {
      FenceRecord over =
          attempt.isFirstStep() ? fence : fence.beginningWith(Optional.empty(), state.epoch);
      state.writeFence(
          host, pause ? justEnded(host, over, attempt.incarnation) : over.withoutAim(state.epoch));
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
            state.policy.powerOnAfterFence() ? switchedOff : List.of(),
            cut,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0);
    state.writeFence(host, pause ? justEnded(host, record, incarnation) : record);
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
}
