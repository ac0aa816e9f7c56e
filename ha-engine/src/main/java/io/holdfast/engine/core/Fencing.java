package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.FenceRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Turns lost hosts into hosts with evidence. One operation per host at a time: the intent is
 * stored, the preconditions are checked again, then the devices are tried in order until one has
 * read the power as off. When none did, the host stays lost and the next attempt comes after a
 * growing pause.
 */
final class Fencing {

  /** A fence operation of one host. */
  private static final class Attempt {
    final Incarnation incarnation;
    final long begun;
    boolean stored;
    int device = -1;
    OpId op = new OpId(0, 0);
    String problems = "";

    Attempt(Incarnation incarnation, long begun) {
      this.incarnation = incarnation;
      this.begun = begun;
    }
  }

  /** A question about one incarnation: its answer says nothing of a later one. */
  private record Probe(OpId op, Incarnation incarnation) {}

  private final ControllerState state;
  private final Detection detection;
  private final LeaseExpiry expiry;
  private final SortedMap<HostId, Attempt> attempts = new TreeMap<>();
  private final SortedMap<HostId, Probe> probes = new TreeMap<>();
  private final SortedMap<HostId, Integer> failures = new TreeMap<>();
  private final SortedMap<HostId, Long> notBefore = new TreeMap<>();

  /**
   * Until when no further host is fenced, so that one that was silenced by another's end is heard.
   */
  private long quietUntil = Long.MIN_VALUE;

  Fencing(ControllerState state, Detection detection) {
    this.state = state;
    this.detection = detection;
    expiry = new LeaseExpiry(state, detection, this::expired);
  }

  LeaseExpiry expiry() {
    return expiry;
  }

  void reset() {
    expiry.reset();
    attempts.clear();
    probes.clear();
    failures.clear();
    notBefore.clear();
    quietUntil = Long.MIN_VALUE;
  }

  /** Suspicion asks before it waits: a host that reads off is dead now. */
  void probe(HostEntry host) {
    List<String> devices = state.config.devicesOf(host.id);
    Incarnation incarnation = host.incarnation();
    boolean idle = !devices.isEmpty() && !attempts.containsKey(host.id);
    if (state.mayAct() && incarnation != null && idle) {
      OpId op = state.nextOp();
      probes.put(host.id, new Probe(op, incarnation));
      state.emit(new AskDevice(op, host.id, devices.get(0), DeviceOperation.STATUS, latestBegin()));
    }
  }

  /** The host is heard again: what failed before no longer counts. */
  void heardAgain(HostEntry host) {
    failures.remove(host.id);
    notBefore.remove(host.id);
    state.cancel(TimerKind.FENCE_RETRY, host.id.value());
  }

  /** Decides whether this host is to be fenced now. */
  void consider(HostEntry host) {
    considerExpiry(host);
    if (host.state == HostState.FENCED && !host.awaitedBy.isEmpty()) {
      readAnew(host);
      return;
    }
    Incarnation incarnation = host.incarnation();
    if (incarnation == null || !isDue(host)) {
      return;
    }
    if (state.now < detection.listensUntil()) {
      state.timer(TimerKind.FENCE_RETRY, host.id.value(), detection.listensUntil());
      return;
    }
    if (state.config.devicesOf(host.id).isEmpty()) {
      withoutDevice(host);
      return;
    }
    attempts.put(host.id, new Attempt(incarnation, state.now));
    state.commits.put(new FenceRecord(host.id, incarnation, state.epoch, Optional.empty()));
  }

  /** Also while devices are being asked: whichever proves it first. */
  void considerExpiry(HostEntry host) {
    if (host.isSilent() && isDependedOn(host)) {
      expiry.consider(host);
    }
  }

  /** never two: what was read before may have been true then, and something has arrived since. */
  private void readAnew(HostEntry host) {
    probe(host);
    state.timer(
        TimerKind.FENCE_RETRY,
        host.id.value(),
        state.now + state.timings().fenceRetryMin().toNanos());
  }

  private boolean isDue(HostEntry host) {
    return state.mayAct()
        && host.state == HostState.LOST
        && isDependedOn(host)
        && !attempts.containsKey(host.id)
        && notBefore.getOrDefault(host.id, Long.MIN_VALUE) <= state.now
        && !waitsForOthers(host);
  }

  private void withoutDevice(HostEntry host) {
    Optional<Long> resetBy = expiry.dueAt(host);
    if (resetBy.isPresent()) {
      notBefore.put(host.id, Math.max(resetBy.get(), state.now + 1)); // nothing new to say
      detection.signal(
          host,
          HostSignal.FENCE_EXHAUSTED,
          "silent, it has no fence device, and in %s its watchdog has certainly reset it"
              .formatted(Duration.ofNanos(Math.max(0, resetBy.get() - state.now))));
    } else {
      giveUpForNow(host, "it has no fence device, and no watchdog that is known to be armed");
    }
  }

  /** Its lease has expired and its watchdog has reset it: whatever a device says is too late. */
  void expired(HostEntry host, Incarnation incarnation, Evidence evidence) {
    if (attempts.remove(host.id) != null) {
      state.cancel(TimerKind.FENCE_DEADLINE, host.id.value());
    }
    state.cancel(TimerKind.FENCE_RETRY, host.id.value());
    proven(host, incarnation, evidence);
  }

  /** Whether a workload is placed on it, or goes nowhere because it may be running there. */
  boolean isDependedOn(HostEntry host) {
    return host.placed.stream().map(state::workload).anyMatch(Homes::isRecovered)
        || host.homes.stream().map(state::workload).anyMatch(Homes::isKeptAtHome)
        || !host.awaitedBy.isEmpty();
  }

  /** A storm is first suspected of being our own: a quarter of the hosts at once, with pauses. */
  private boolean waitsForOthers(HostEntry host) {
    int atOnce = Math.max(1, state.hosts.size() / 4);
    if (attempts.size() < atOnce && quietUntil <= state.now) {
      return false;
    }
    long again = Math.max(quietUntil, state.now + state.timings().renewInterval().toNanos());
    state.timer(TimerKind.FENCE_RETRY, host.id.value(), again);
    return true;
  }

  private void ended(HostId host) {
    attempts.remove(host);
    quietUntil = state.now + 2 * state.timings().renewInterval().toNanos();
  }

  /** The intent is stored: check the preconditions again, then act. */
  void intentStored(FenceRecord record) {
    Attempt attempt = attempts.get(record.host());
    if (attempt == null || attempt.stored || !attempt.incarnation.equals(record.incarnation())) {
      return;
    }
    HostEntry host = state.host(record.host());
    // Without the store this controller may be the one that is cut off: it begins nothing.
    boolean stillNeeded =
        state.mayAct()
            && host.state == HostState.LOST
            && isDependedOn(host)
            && record.incarnation().equals(host.incarnation());
    if (!stillNeeded) {
      attempts.remove(host.id);
      return;
    }
    attempt.stored = true;
    state.publish(
        new HaEvent.FenceBegun(host.id, record.incarnation(), state.config.devicesOf(host.id)));
    detection.signal(host, HostSignal.FENCE_STORED, "being fenced");
    tryNextDevice(host, attempt);
  }

  void answered(ControllerEvent.DeviceAnswered event) {
    HostEntry host = state.host(event.host());
    if (event.operation() == DeviceOperation.STATUS) {
      probeAnswered(host, event);
      return;
    }
    Attempt attempt = attempts.get(host.id);
    if (attempt == null || !attempt.op.equals(event.op())) {
      return; // late: a later attempt reads the state anew
    }
    state.publish(new HaEvent.FenceAnswered(host.id, event.device(), "off", event.outcome()));
    state.cancel(TimerKind.FENCE_DEADLINE, host.id.value());
    if (event.outcome().proves(PowerState.OFF)) {
      host.offReadBy = event.op();
      ended(host.id);
      proven(host, attempt.incarnation, new Evidence.PoweredOff(event.device()));
    } else {
      String separator = attempt.problems.isEmpty() ? "" : "; ";
      attempt.problems += separator + event.device() + " " + event.outcome().describe();
      tryNextDevice(host, attempt);
    }
  }

  /** A device that never answered within its deadline, whatever became of the call. */
  void deadlinePassed(HostEntry host) {
    Attempt attempt = attempts.get(host.id);
    if (attempt != null && attempt.stored) {
      String device = state.config.devicesOf(host.id).get(attempt.device);
      answered(
          new ControllerEvent.DeviceAnswered(
              state.now,
              attempt.op,
              host.id,
              device,
              DeviceOperation.OFF,
              new FenceOutcome.TimedOut("no answer within the deadline")));
    }
  }

  private void probeAnswered(HostEntry host, ControllerEvent.DeviceAnswered event) {
    Probe probe = probes.get(host.id);
    if (probe == null || !event.op().equals(probe.op())) {
      return;
    }
    probes.remove(host.id);
    Incarnation incarnation = probe.incarnation();
    if (event.outcome().proves(PowerState.OFF)) {
      host.offReadBy = event.op();
      detection.changed.add(host.id);
    }
    boolean silent = host.state == HostState.SUSPECT || host.state == HostState.LOST;
    if (silent
        && incarnation.equals(host.incarnation())
        && event.outcome().proves(PowerState.OFF)) {
      state.publish(new HaEvent.FenceAnswered(host.id, event.device(), "status", event.outcome()));
      attempts.remove(host.id);
      proven(host, incarnation, new Evidence.PoweredOff(event.device()));
    }
  }

  private void tryNextDevice(HostEntry host, Attempt attempt) {
    List<String> devices = state.config.devicesOf(host.id);
    attempt.device++;
    if (attempt.device > 0 && host.lastHeard > attempt.begun) {
      // Back meanwhile: what one device could not do is not asked of the next.
      ended(host.id);
      String reason = "heard again while it was being fenced in vain: " + attempt.problems;
      detection.signal(host, HostSignal.FENCE_EXHAUSTED, reason);
      detection.signal(
          host, host.hasReported() ? HostSignal.HEARD : HostSignal.HEARD_UNREPORTED, reason);
      return;
    }
    if (!state.mayAct() && attempt.device < devices.size()) {
      attempts.remove(host.id);
      giveUpForNow(host, attempt.problems + "; the connection to the store is interrupted");
      return;
    }
    if (attempt.device >= devices.size()) {
      ended(host.id);
      giveUpForNow(host, attempt.problems);
      return;
    }
    attempt.op = state.nextOp();
    // The device has its own deadline; this one only guards against an answer that never comes.
    state.timer(
        TimerKind.FENCE_DEADLINE,
        host.id.value(),
        state.now + state.timings().fenceTimeout().toNanos() * 3 / 2);
    String device = devices.get(attempt.device);
    state.emit(new AskDevice(attempt.op, host.id, device, DeviceOperation.OFF, latestBegin()));
  }

  /** An operation that begins later than this cannot end before its deadline. */
  private long latestBegin() {
    return state.now + state.timings().fenceTimeout().toNanos() / 2;
  }

  private void proven(HostEntry host, Incarnation incarnation, Evidence evidence) {
    probes.remove(host.id);
    failures.remove(host.id);
    notBefore.remove(host.id);
    host.fence = new FenceRecord(host.id, incarnation, state.epoch, Optional.of(evidence));
    state.commits.put(host.fence);
    state.publish(new HaEvent.HostFenced(host.id, incarnation, evidence));
    detection.signal(host, HostSignal.OFF_PROVEN, evidence.describe());
    Incarnation present = host.incarnation();
    if (present != null && !host.isProvenDown(present)) {
      // Nothing will cut its power any more, and what is proven down is what it was before.
      detection.signal(host, HostSignal.JOINED, "joined while it was being fenced");
    }
  }

  private void giveUpForNow(HostEntry host, String problems) {
    int failed = failures.merge(host.id, 1, Integer::sum);
    Duration pause = pauseAfter(failed);
    notBefore.put(host.id, state.now + pause.toNanos());
    state.timer(TimerKind.FENCE_RETRY, host.id.value(), state.now + pause.toNanos());
    state.publish(new HaEvent.FenceFailed(host.id, problems, pause));
    detection.signal(
        host,
        HostSignal.FENCE_EXHAUSTED,
        "silent, and no evidence that it is down: %s; tried %d times, next in %s"
            .formatted(problems, failed, pause));
  }

  private Duration pauseAfter(int failed) {
    Duration pause = state.timings().fenceRetryMin();
    Duration most = state.timings().fenceRetryMax();
    for (int i = 1; i < failed && pause.compareTo(most) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(most) < 0 ? pause : most;
  }
}
