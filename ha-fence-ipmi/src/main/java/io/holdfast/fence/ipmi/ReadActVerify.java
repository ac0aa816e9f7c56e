package io.holdfast.fence.ipmi;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.AlreadyThere;
import io.holdfast.api.FenceOutcome.AuthenticationFailed;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.PowerState;
import java.time.Duration;
import java.util.Optional;

/**
 * Brings a host's power to a state: reads, acts if it must, reads back until the state is there or
 * the time is up. Never two: only a state that was read is ever confirmed.
 */
final class ReadActVerify {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(500);

  private ReadActVerify() {}

  static FenceOutcome bring(PowerLink link, PowerState wanted, Deadline deadline)
      throws InterruptedException {
    FenceOutcome before = link.read(deadline);
    if (!(before instanceof Confirmed read)) {
      return before;
    }
    if (read.state() == wanted) {
      return new AlreadyThere(wanted);
    }
    Optional<FenceOutcome> problem = link.command(wanted, deadline);
    if (problem.isPresent() && isNo(problem.get())) {
      // Another controller may have been faster: a device that is there already also says no.
      return link.read(deadline).proves(wanted) ? new Confirmed(wanted) : problem.get();
    }
    return verify(link, wanted, problem, deadline);
  }

  private static FenceOutcome verify(
      PowerLink link, PowerState wanted, Optional<FenceOutcome> problem, Deadline deadline)
      throws InterruptedException {
    boolean taken = problem.isEmpty();
    Duration pause = FIRST_PAUSE;
    FenceOutcome last = problem.orElse(new Confirmed(other(wanted)));
    while (!deadline.passed()) {
      last = link.read(deadline);
      if (last.proves(wanted)) {
        return last;
      }
      if (last instanceof Confirmed && !taken) {
        taken = link.command(wanted, deadline).isEmpty();
      } else {
        deadline.pause(pause);
        pause = longer(pause);
      }
    }
    return new TimedOut(
        "commanded to power " + wanted + ", not read back within " + deadline + "; last: " + last);
  }

  private static PowerState other(PowerState state) {
    return state == PowerState.ON ? PowerState.OFF : PowerState.ON;
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
  }

  private static boolean isNo(FenceOutcome outcome) {
    return outcome instanceof Refused || outcome instanceof AuthenticationFailed;
  }
}
