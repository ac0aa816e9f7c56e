package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.FenceRecord;
import java.time.Duration;
import java.util.Optional;

/**
 * What becomes of a lost host that is not proven down yet: it stays lost, is tried again after a
 * growing pause that the next controller keeps, too, and tells what is waited for until then.
 */
final class FenceRetries {
  private final ControllerState state;
  private final Detection detection;
  private final LeaseExpiry expiry;
  private final FencePauses pauses;

  FenceRetries(ControllerState state, Detection detection, LeaseExpiry expiry, FencePauses pauses) {
    this.state = state;
    this.detection = detection;
    this.expiry = expiry;
    this.pauses = pauses;
  }

  /** What a former controller has tried in vain is tried again when that one would have. */
  void waitOn(HostEntry host) {
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
                  pauses.failed(host),
                  Duration.ofNanos(until - state.now),
                  expiry.lastResort(host)));
    }
  }

  /** For the next controller, which would begin anew. */
  void keepPause(HostEntry host, long until) {
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

  void withoutDevice(HostEntry host) {
    Optional<LeaseExpiry.Claim> claim = expiry.claimOn(host);
    if (claim.isPresent()) {
      pauses.notBefore(host, Math.max(claim.get().at(), state.now + 1)); // nothing new to say
      detection.signal(
          host,
          HostSignal.FENCE_EXHAUSTED,
          "silent, it has no fence device" + expiry.lastResort(host));
    } else {
      giveUpForNow(host, "it has no fence device");
    }
  }

  void giveUpForNow(HostEntry host, String problems) {
    Duration pause = pauses.failedAgain(host);
    if (!state.config.fencing().stepsOf(host.id).isEmpty()) {
      keepPause(host, pauses.until(host));
    }
    triesAgain(host, problems, pause);
  }

  /** never two: whoever could not ask, or hear the answer, does not know that the devices fail. */
  void breakOff(HostEntry host, String problems, String why) {
    Duration pause = state.timings().fenceRetryMin();
    pauses.notBefore(host, state.now + pause.toNanos());
    triesAgain(host, problems + "; " + why, pause);
  }

  private void triesAgain(HostEntry host, String problems, Duration pause) {
    state.timer(TimerKind.FENCE_RETRY, host.id.value(), state.now + pause.toNanos());
    state.publish(new HaEvent.FenceFailed(host.id, problems, pause));
    detection.signal(
        host,
        HostSignal.FENCE_EXHAUSTED,
        "silent, and no evidence that it is down: %s; tried %d times, next in %s%s"
            .formatted(problems, pauses.failed(host), pause, expiry.lastResort(host)));
  }
}
