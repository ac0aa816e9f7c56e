package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.util.List;

/**
 * Hosts that fell silent together are decided on together, if the others' evidence is about to
 * come: so what is more important goes first, whichever host it was on. Never for longer than
 * evidence of hosts that failed at the same moment can lie apart, which is one renewal and a read.
 */
final class FailureWave {
  private final ControllerState state;
  private long heldUntil = Long.MIN_VALUE;

  /** When the first of them was heard last. */
  private long lastHeard;

  FailureWave(ControllerState state) {
    this.state = state;
  }

  void reset() {
    heldUntil = Long.MIN_VALUE;
  }

  /** A host is proven down, and what was placed on it is to be recovered. */
  void begins(HostEntry host) {
    if (state.now >= heldUntil) {
      heldUntil = state.now + state.timings().renewInterval().toNanos() * 3 / 2;
      lastHeard = host.lastHeard;
      state.timer(TimerKind.PLACE_AGAIN, "wave", heldUntil);
    }
  }

  /** Whether placing waits for the evidence of another host. */
  boolean holds() {
    return state.now < heldUntil && state.silent.stream().anyMatch(this::isAboutToBeDecided);
  }

  /** The hosts whose evidence is about to come, and until when that is waited for. */
  List<Wait> waits() {
    return state.silent.stream()
        .filter(this::isAboutToBeDecided)
        .map(host -> new Wait(Kind.EVIDENCE, host.value(), heldUntil))
        .toList();
  }

  private boolean isAboutToBeDecided(HostId id) {
    HostEntry host = state.host(id);
    long apart = Math.abs(host.lastHeard - lastHeard);
    if (host.placed.isEmpty() || apart > state.timings().renewInterval().toNanos()) {
      return false;
    }
    // Without a deadline its lease is being read, or may be at any moment.
    return host.isSilent()
        && state
            .timers
            .at(new TimerKey(TimerKind.LEASE_EXPIRY, id.value()))
            .filter(due -> due > heldUntil)
            .isEmpty();
  }
}
