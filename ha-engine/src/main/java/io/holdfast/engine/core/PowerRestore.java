package io.holdfast.engine.core;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.FenceRecord;
import java.time.Duration;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Gives fenced hosts their power back, where the policy says so: only those whose power a fence
 * operation took, only after the evidence is stored, and until the devices have read it as on. What
 * is to be done is in the fence record, so the next controller goes on with it.
 */
final class PowerRestore {
  private static final int FAILURES_THAT_COUNT = 3;

  private record Restoring(SortedMap<String, OpId> open) {}

  private final ControllerState state;
  private final SortedMap<HostId, Restoring> underWay = new TreeMap<>();

  /** Hosts of which this controller has told that they cannot be switched on. */
  private final SortedSet<HostId> told = new TreeSet<>();

  PowerRestore(ControllerState state) {
    this.state = state;
  }

  void reset() {
    underWay.clear();
    told.clear();
  }

  /** The evidence is stored, by this controller or by an earlier one. */
  void consider(HostEntry host) {
    FenceRecord fence = host.fence;
    if (fence == null || !host.fenceStored || fence.switchOn().isEmpty()) {
      return;
    }
    if (host.state != HostState.FENCED) {
      done(host, fence); // it is back already
    } else if (!state.mayAct() || host.directive.maintenance() || Disarming.isWanted(state)) {
      retry(host.id); // where people are at work it stays as it is until they have done
    } else if (!isWanted(host)) {
      done(host, fence);
    } else if (!underWay.containsKey(host.id)) {
      SortedMap<String, OpId> open = new TreeMap<>();
      for (FenceStep step : state.config.fencing().stepsOf(host.id)) {
        for (String device : step.devices()) {
          if (fence.switchOn().contains(device)) {
            open.put(device, ask(host.id, device, step.deadline()));
          }
        }
      }
      if (open.isEmpty()) {
        done(host, fence); // devices that are not configured any more
      } else {
        underWay.put(host.id, new Restoring(open));
        retry(host.id); // should nobody answer
      }
    }
  }

  /** The policy may have changed since, and what is taken out of the cluster is left as it is. */
  private boolean isWanted(HostEntry host) {
    return state.policy.powerOnAfterFence() && host.isRegistered();
  }

  private OpId ask(HostId host, String device, Duration deadline) {
    OpId op = state.nextOp();
    long latest = state.now + deadline.toNanos() / 2;
    state.emit(new AskDevice(op, host, device, DeviceOperation.ON, deadline, latest));
    return op;
  }

  void retryDue(HostEntry host) {
    underWay.remove(host.id);
    consider(host);
  }

  void answered(ControllerEvent.DeviceAnswered event) {
    Restoring restoring = underWay.get(event.host());
    if (restoring == null || !restoring.open().remove(event.device(), event.op())) {
      return;
    }
    state.publish(new HaEvent.FenceAnswered(event.host(), event.device(), "on", event.outcome()));
    HostEntry host = state.host(event.host());
    if (!event.outcome().proves(PowerState.ON)) {
      failed(host, event.device(), event.outcome());
    } else if (restoring.open().isEmpty() && host.fence != null) {
      done(host, host.fence);
    }
  }

  /** Counted on from what former controllers have counted; each tells of it once. */
  private void failed(HostEntry host, String device, FenceOutcome outcome) {
    FenceRecord fence = host.fence;
    if (fence != null) {
      int times = Math.min(fence.switchOnFailed() + 1, FAILURES_THAT_COUNT);
      if (times == FAILURES_THAT_COUNT && told.add(host.id)) {
        state.publish(
            new HaEvent.Alarm(
                host.id.value(),
                "is off after it was fenced, and cannot be switched on: %s %s"
                    .formatted(device, outcome.describe())));
      }
      if (times > fence.switchOnFailed()) {
        host.fence = fence.withSwitchOnFailed(times, state.epoch);
        state.commits.put(host.fence);
      }
    }
    retry(host.id);
  }

  private void retry(HostId host) {
    Duration pause = state.timings().fenceTimeout().plus(state.timings().fenceRetryMin());
    state.timer(TimerKind.POWER_ON_RETRY, host.value(), state.now + pause.toNanos());
  }

  private void done(HostEntry host, FenceRecord fence) {
    underWay.remove(host.id);
    told.remove(host.id);
    state.cancel(TimerKind.POWER_ON_RETRY, host.id.value());
    host.fence = fence.restored(state.epoch);
    state.commits.put(host.fence);
  }
}
