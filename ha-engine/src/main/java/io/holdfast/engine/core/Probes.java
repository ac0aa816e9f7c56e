package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Suspicion asks before it waits: a host whose power reads off is dead now. */
final class Probes {
  /** A question about one incarnation: its answer says nothing of a later one. */
  private record Probe(OpId op, Incarnation incarnation) {}

  private final ControllerState state;
  private final FenceOperations fences;
  private final SortedMap<HostId, Probe> probes = new TreeMap<>();

  Probes(ControllerState state, FenceOperations fences) {
    this.state = state;
    this.fences = fences;
  }

  void reset() {
    probes.clear();
  }

  /** Asks the first device that can answer alone: one of two outlets says nothing of the other. */
  void probe(HostEntry host) {
    Incarnation incarnation = host.incarnation();
    Optional<FenceStep> step =
        state.config.fencing().stepsOf(host.id).stream()
            .filter(s -> s.devices().size() == 1 && !s.storage())
            .findFirst();
    boolean idle = incarnation != null && !fences.isUnderWay(host.id);
    if (step.isPresent() && idle && incarnation != null && state.mayAct() && !state.holdsStill()) {
      OpId op = state.nextOp();
      probes.put(host.id, new Probe(op, incarnation));
      String device = step.get().devices().get(0);
      state.emit(
          new AskDevice(
              op,
              host.id,
              device,
              DeviceOperation.STATUS,
              step.get().deadline(),
              state.now + step.get().deadline().toNanos() / 2));
    }
  }

  /** never two: what was read before may have been true then, and something has arrived since. */
  void readAnew(HostEntry host) {
    probe(host);
    state.timer(
        TimerKind.FENCE_RETRY,
        host.id.value(),
        state.now + state.timings().fenceRetryMin().toNanos());
  }

  /**
   * Takes an answer in.
   *
   * @return whether it was to a question of this class
   */
  boolean answered(ControllerEvent.DeviceAnswered event) {
    Probe probe = probes.get(event.host());
    if (probe == null || !event.op().equals(probe.op())) {
      return false;
    }
    probes.remove(event.host());
    HostEntry host = state.host(event.host());
    if (event.outcome().proves(PowerState.OFF)) {
      host.offReadBy = event.op();
    }
    boolean silent = host.state == HostState.SUSPECT || host.state == HostState.LOST;
    if (silent
        && !state.disarmed
        && probe.incarnation().equals(host.incarnation())
        && event.outcome().proves(PowerState.OFF)) {
      state.publish(new HaEvent.FenceAnswered(host.id, event.device(), "status", event.outcome()));
      fences.provenOtherwise(host, probe.incarnation(), new Evidence.PoweredOff(event.device()));
    }
    return true;
  }
}
