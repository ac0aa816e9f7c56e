package io.holdfast.engine.core;

import io.holdfast.api.HostState;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.HostIntent.GuardOrder;

/**
 * Which hosts have to keep their watchdogs armed: those that something is placed on. A host that
 * has been idle for a while is told to disarm it, so that a failing network resets nobody who has
 * nothing to lose.
 */
final class Guarding {
  private final ControllerState state;

  Guarding(ControllerState state) {
    this.state = state;
  }

  /** Something may have been placed on this host, or taken from it. */
  void look(HostEntry host) {
    if (isIdle(host) && host.guard().order() == GuardOrder.REQUIRED) {
      long pause = state.timings().silence().multipliedBy(2).toNanos();
      state.timerAtLatest(TimerKind.GUARD_IDLE, host.id.value(), state.now + pause);
    } else {
      state.cancel(TimerKind.GUARD_IDLE, host.id.value());
    }
  }

  /** It has been idle for long enough. */
  void idleDue(HostEntry host) {
    if (!state.mayAct()) {
      look(host);
    } else if (isIdle(host)) {
      host.guardWanted = GuardOrder.RELEASED;
      state.writeIntent(host, state.intentOf(host));
    }
  }

  private boolean isIdle(HostEntry host) {
    return state.config.leaseTiming().isPresent()
        && host.state == HostState.ONLINE
        && host.placed.isEmpty()
        && host.expected.isEmpty()
        && host.report != null
        && host.hypervisorAnswers()
        && host.report.guarded().isPresent()
        && host.report.unassigned().stream()
            .noneMatch(id -> state.workloads.get(id) != null && state.workload(id).spec != null);
  }
}
