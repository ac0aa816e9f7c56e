package io.holdfast.engine.agent;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.Membership.Connection;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Joins the cluster and renews the lease. Validity counts from before the last acknowledged renewal
 * was sent. An incarnation that has ended is left behind and a new one is begun; workloads are not
 * touched by that.
 */
final class LeaseKeeper {
  private final AgentState state;
  private @Nullable OpId joining;
  private @Nullable OpId renewing;
  private long sequence;
  private long dueAt = Long.MAX_VALUE;
  private boolean lapsed;

  LeaseKeeper(AgentState state) {
    this.state = state;
  }

  long nextWakeup() {
    boolean watching = state.incarnation != null && !lapsed;
    return watching ? Math.min(dueAt, state.leaseValidUntil) : dueAt;
  }

  /** When it is renewed next; the maximum while that is not known. */
  long nextRenewal() {
    return dueAt;
  }

  /**
   * @return whether the incarnation ended
   */
  boolean connectionChanged(Connection connection) {
    state.connection = connection;
    if (connection == Connection.LOST) {
      return ended("the session with the coordination service ended");
    }
    if (connection == Connection.CONNECTED) {
      dueAt = state.now;
      run();
    }
    return false;
  }

  /** Joins or renews if it is time to. */
  void run() {
    if (state.incarnation != null && !lapsed && state.now >= state.leaseValidUntil) {
      lapsed = true;
      state.publish(
          new HaEvent.LeaseLost(
              state.config.host(), state.incarnation, "no renewal was acknowledged in time"));
    }
    if (state.now < dueAt) {
      return;
    }
    if (state.connection != Connection.CONNECTED) {
      dueAt = Long.MAX_VALUE; // goes on when the connection is back
      return;
    }
    Incarnation incarnation = state.incarnation;
    if (incarnation == null) {
      join();
    } else if (renewing == null) {
      OpId op = state.nextOp();
      renewing = op;
      dueAt = state.now + interval().toNanos();
      state.emit(new AgentEffect.Renew(op, incarnation, ++sequence));
    } else {
      dueAt = Long.MAX_VALUE; // goes on when the answer is there
    }
  }

  /**
   * @return whether a new incarnation begins
   */
  boolean joinEnded(AgentEvent.JoinEnded event) {
    if (!event.op().equals(joining)) {
      return false;
    }
    joining = null;
    if (!(event.outcome() instanceof Outcome.Done<Incarnation> done)) {
      dueAt = state.now + interval().toNanos();
      return false;
    }
    state.incarnation = done.value();
    state.leaseValidUntil = state.now;
    sequence = 0;
    lapsed = true; // until the first renewal is acknowledged
    dueAt = state.now;
    state.publish(new HaEvent.HostJoined(state.config.host(), done.value()));
    run();
    return true;
  }

  /**
   * @return whether the incarnation ended
   */
  boolean renewEnded(AgentEvent.RenewEnded event) {
    if (!event.op().equals(renewing)) {
      return false;
    }
    renewing = null;
    if (event.outcome() instanceof Outcome.Done<Ack>) {
      state.leaseValidUntil =
          Math.max(
              state.leaseValidUntil,
              event.sentAt() + state.config.timings().leaseValidity().toNanos());
      lapsed = state.now >= state.leaseValidUntil;
    } else if (event.outcome() instanceof Outcome.Failed<Ack> failed
        && failed.cause() == Outcome.Cause.EXPIRED) {
      return ended(failed.detail());
    }
    // The next one is due sooner when it is not known what became of this one.
    long pause = event.outcome().isDone() ? interval().toNanos() : interval().toNanos() / 4;
    dueAt = Math.min(dueAt, Math.max(state.now, event.sentAt() + pause));
    run();
    return false;
  }

  void leave() {
    if (state.incarnation != null) {
      state.emit(new AgentEffect.Leave(state.incarnation));
    }
    state.incarnation = null;
    dueAt = Long.MAX_VALUE;
  }

  private void join() {
    dueAt = Long.MAX_VALUE; // goes on when the answer is there
    if (joining == null) {
      OpId op = state.nextOp();
      joining = op;
      state.emit(new AgentEffect.Join(op));
    }
  }

  private boolean ended(String reason) {
    Incarnation incarnation = state.incarnation;
    joining = null;
    renewing = null;
    dueAt = state.now;
    if (incarnation == null) {
      return false;
    }
    state.publish(new HaEvent.LeaseLost(state.config.host(), incarnation, reason));
    state.incarnation = null;
    state.leaseValidUntil = Long.MIN_VALUE;
    return true;
  }

  private Duration interval() {
    return state.config.timings().renewInterval();
  }
}
