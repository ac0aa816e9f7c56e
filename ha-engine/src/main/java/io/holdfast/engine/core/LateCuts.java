package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Hosts that say that their storage does not work, and of which a record of their fencing knows of
 * no cut. never stuck: a command to cut one off that its controller gave, or a former one that did
 * not know yet that it was deposed, may have been carried out after the storage was given back. So
 * while the host says so, it is given back again and again, with pauses that grow; a device that
 * has not taken it does nothing then.
 *
 * <p>never two: nothing was taken from a host on account of such a cut, for what is taken away
 * after a cut is recorded with it.
 */
final class LateCuts {
  private final ControllerState state;
  private final SortedMap<HostId, Try> tries = new TreeMap<>();

  /**
   * @param asked who has not answered yet
   */
  private record Try(Duration pause, SortedMap<String, OpId> asked) {}

  LateCuts(ControllerState state) {
    this.state = state;
  }

  void reset() {
    tries.keySet().forEach(host -> state.cancel(TimerKind.LATE_CUT, host.value()));
    tries.clear();
  }

  /** Something changed about this host, or it has reported. */
  void consider(HostEntry host) {
    if (!mayBeCutOff(host)) {
      if (tries.remove(host.id) != null) {
        state.cancel(TimerKind.LATE_CUT, host.id.value());
      }
    } else if (!tries.containsKey(host.id)) {
      Duration first = state.timings().fenceTimeout().plus(state.timings().fenceRetryMin());
      waitOn(host, new Try(first, new TreeMap<>()));
    }
  }

  private boolean mayBeCutOff(HostEntry host) {
    Incarnation present = host.incarnation();
    return HostConditions.hasLostStorage(host)
        && host.state.isHeard()
        && host.fence != null
        && !host.isCutOff()
        && present != null
        && !host.isProvenDown(present)
        && state.config.fencing().stepsOf(host.id).stream().anyMatch(FenceStep::storage);
  }

  private void waitOn(HostEntry host, Try next) {
    tries.put(host.id, next);
    state.timer(TimerKind.LATE_CUT, host.id.value(), state.now + next.pause.toNanos());
  }

  /** It has said so for a while, or again for as long. */
  void due(HostEntry host) {
    Try last = tries.remove(host.id);
    if (last == null || !mayBeCutOff(host)) {
      return;
    }
    if (!state.mayAct() || state.holdsStill()) {
      waitOn(host, last);
      return;
    }
    SortedMap<String, OpId> asked = new TreeMap<>();
    for (FenceStep level : state.config.fencing().stepsOf(host.id)) {
      if (level.storage()) {
        level.devices().forEach(device -> asked.put(device, ask(host, device, level)));
      }
    }
    waitOn(host, new Try(longer(last.pause), asked));
  }

  private Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    Duration most = state.timings().fenceRetryMax();
    Duration next = twice.compareTo(most) < 0 ? twice : most;
    return next.compareTo(pause) < 0 ? pause : next;
  }

  private OpId ask(HostEntry host, String device, FenceStep level) {
    OpId op = state.nextOp();
    long latest = state.now + level.deadline().toNanos() / 2;
    state.emit(new AskDevice(op, host.id, device, DeviceOperation.ON, level.deadline(), latest));
    return op;
  }

  /**
   * Takes an answer in. The host says itself whether that helped.
   *
   * @return whether it was to a question of this class
   */
  boolean answered(ControllerEvent.DeviceAnswered event) {
    Try last = tries.get(event.host());
    if (last == null || !last.asked.remove(event.device(), event.op())) {
      return false;
    }
    state.publish(new HaEvent.FenceAnswered(event.host(), event.device(), "on", event.outcome()));
    return true;
  }
}
