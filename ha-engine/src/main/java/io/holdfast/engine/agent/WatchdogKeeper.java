package io.holdfast.engine.agent;

import io.holdfast.api.HaEvent;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.engine.record.HostIntent.Guard;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostReport.Guarded;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the host's watchdog: arms it before anything is started, feeds it only while the lease is
 * valid, and disarms it only when an intent says so. Without a lease nobody feeds it, and the host
 * is reset: that is what lets others take its workloads over.
 */
final class WatchdogKeeper {
  private enum Stand {
    CLOSED,
    OPEN,
    /** A call did not answer: it may be either. */
    IN_DOUBT
  }

  private final AgentState state;
  private final Optional<Duration> wanted;
  private Guard guard = Guard.INITIAL;
  private Stand stand = Stand.CLOSED;
  private Duration period = Duration.ZERO;
  private @Nullable OpId underWay;
  private boolean releasing;

  /** Whether there is anything on this host that a reset would have to end. */
  private boolean needed = true;

  private long feedDue = Long.MAX_VALUE;
  private long retryAt = Long.MIN_VALUE;
  private Optional<String> trouble = Optional.empty();

  WatchdogKeeper(AgentState state) {
    this.state = state;
    wanted = state.config.watchdogPeriod();
  }

  /** What the present intent says; one for a former incarnation is void. */
  void adopt(Guard order) {
    guard = order;
  }

  /** Turns are counted anew, and what was ordered last holds on. */
  void incarnationBegins() {
    guard = new Guard(guard.order(), 0);
  }

  /**
   * never two: on a host on which nothing runs, and which has said that nothing will, the watchdog
   * proves nothing that is not true without it.
   */
  void isNeeded(boolean whether) {
    needed = whether;
  }

  /** Whether it is disarmed for certain, or there is none. */
  boolean isReleased() {
    return wanted.isEmpty() || (stand == Stand.CLOSED && underWay == null);
  }

  private boolean isToBeReleased() {
    return !needed || guard.order() == GuardOrder.RELEASED;
  }

  /**
   * Nothing is started before the watchdog is armed, so that a host that runs something can be
   * taken over. One that cannot be armed costs the host its guard, not its workloads.
   */
  boolean mayStart() {
    return wanted.isEmpty()
        || guard.order() == GuardOrder.RELEASED
        || (stand == Stand.OPEN && !releasing)
        || trouble.isPresent();
  }

  /** What others may rely on. */
  Optional<Guarded> guarded() {
    boolean armed = stand == Stand.OPEN && !releasing && !isToBeReleased();
    return armed
        ? Optional.of(new Guarded(guard.turn(), state.config.timings().leaseValidity(), period))
        : Optional.empty();
  }

  long nextWakeup() {
    if (wanted.isEmpty() || underWay != null) {
      return Long.MAX_VALUE;
    }
    if (isToBeReleased()) {
      return stand == Stand.CLOSED ? Long.MAX_VALUE : retryAt;
    }
    if (state.now >= state.leaseValidUntil) {
      return Long.MAX_VALUE; // goes on when the lease is valid again
    }
    return stand == Stand.OPEN ? feedDue : retryAt;
  }

  /**
   * Arms, feeds or disarms it if it is time to.
   *
   * @return whether it is being armed or disarmed
   */
  boolean run() {
    if (wanted.isEmpty() || underWay != null) {
      return false;
    }
    boolean leaseValid = leaseIsValid();
    if (isToBeReleased()) {
      if (stand != Stand.CLOSED && state.now >= retryAt) {
        releasing = true;
        state.emit(new AgentEffect.ReleaseWatchdog(begin()));
      }
    } else if (stand != Stand.OPEN) {
      if (leaseValid && state.now >= retryAt) {
        state.emit(new AgentEffect.OpenWatchdog(begin(), wanted.get(), state.leaseValidUntil));
      }
    } else if (leaseValid && state.now >= feedDue) {
      feed();
    }
    return underWay != null;
  }

  private boolean leaseIsValid() {
    return state.incarnation != null && state.now < state.leaseValidUntil;
  }

  /** A renewal was acknowledged: the earliest moment to pass the good news on. */
  void renewed() {
    if (underWay == null && stand == Stand.OPEN && !isToBeReleased()) {
      feed();
    }
  }

  private void feed() {
    if (state.now < state.leaseValidUntil) {
      feedDue = state.now + pause();
      state.emit(new AgentEffect.FeedWatchdog(state.leaseValidUntil));
    }
  }

  private OpId begin() {
    OpId op = state.nextOp();
    underWay = op;
    return op;
  }

  void openEnded(AgentEvent.WatchdogOpened event) {
    if (!event.op().equals(underWay)) {
      return;
    }
    underWay = null;
    if (event.outcome() instanceof Outcome.Done<Duration> done) {
      if (!leaseIsValid()) {
        // never two: whoever was stopped before the call may have armed it long after the lease ran
        // out. Told now, it would be taken for one that has reset the host by then.
        stand = Stand.IN_DOUBT;
        retryAt = state.now;
        return;
      }
      stand = Stand.OPEN;
      period = done.value();
      retryAt = Long.MIN_VALUE;
      feedDue = state.now; // the call may have taken long
      trouble = Optional.empty();
      return;
    }
    if (event.outcome() instanceof Outcome.Failed<Duration> failed) {
      // One that was in doubt may be armed by the former call, and stays in doubt.
      if (failed.cause() != Outcome.Cause.EXPIRED) {
        failed("cannot be armed, the host is not guarded: " + failed.detail());
      }
    } else {
      stand = Stand.IN_DOUBT;
      failed("may not be armed: " + ((Outcome.Unknown<Duration>) event.outcome()).detail());
    }
    retryAt = state.now + pause();
  }

  void releaseEnded(AgentEvent.WatchdogReleased event) {
    if (!event.op().equals(underWay)) {
      return;
    }
    underWay = null;
    releasing = false;
    if (event.outcome() instanceof Outcome.Done<Ack>) {
      stand = Stand.CLOSED;
      retryAt = Long.MIN_VALUE;
      trouble = Optional.empty();
      return;
    }
    stand = Stand.IN_DOUBT;
    retryAt = state.now + pause();
    failed("could not be disarmed: " + event.outcome());
  }

  /** The host will be reset for it, and a person may want to know why. */
  void feedFailed(AgentEvent.WatchdogNotFed event) {
    failed("was not fed: " + event.detail());
  }

  private void failed(String reason) {
    if (!trouble.equals(Optional.of(reason))) {
      trouble = Optional.of(reason);
      state.publish(new HaEvent.Alarm("watchdog of " + state.config.host(), reason));
    }
  }

  /** Three feeds may go wrong before the host is reset. */
  private long pause() {
    return wanted.orElseThrow().toNanos() / 3;
  }
}
