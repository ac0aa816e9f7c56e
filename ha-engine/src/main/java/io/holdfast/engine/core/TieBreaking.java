package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy.Quorum;
import io.holdfast.api.Fact;
import io.holdfast.api.OpId;
import io.holdfast.api.Timings;
import io.holdfast.engine.core.FenceGuards.Spared;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks the tie-breaker, where the policy wants one, before a host is fenced: after that host was
 * lost, and not long before the act.
 */
final class TieBreaking {
  private final ControllerState state;
  private @Nullable OpId open;
  private long askedAt = Long.MIN_VALUE / 2;
  private Fact answer = Fact.UNKNOWN;
  private long answeredAt = Long.MIN_VALUE / 2;

  TieBreaking(ControllerState state) {
    this.state = state;
  }

  void reset() {
    open = null;
    askedAt = Long.MIN_VALUE / 2;
    answer = Fact.UNKNOWN;
  }

  /** Why this host is not to be fenced now; asks if that is not known. */
  Optional<Spared> whyNotNow(HostEntry host) {
    if (state.policy.quorum() == Quorum.STORE) {
      return Optional.empty();
    }
    long again = state.now + state.timings().renewInterval().toNanos();
    Optional<String> name = state.config.tieBreaker();
    if (name.isEmpty()) {
      return Optional.of(
          new Spared("the policy wants a tie-breaker, and this controller has none", again));
    }
    boolean answered = open == null && isFresh(host);
    if (answered && answer == Fact.HOLDS) {
      return Optional.empty();
    }
    String why =
        !answered
            ? "the tie-breaker " + name.get() + " is being asked"
            : "the tie-breaker "
                + name.get()
                + (answer == Fact.FAILS ? " is not on this side" : " does not answer");
    long askAgain = answeredAt + state.timings().renewInterval().toNanos();
    if (answered && state.now < askAgain) {
      return Optional.of(new Spared(why, askAgain));
    }
    ask();
    return Optional.of(new Spared(why, again));
  }

  /** Whether what it said last was asked after the host was lost, and not long ago. */
  boolean isFresh(HostEntry host) {
    return askedAt >= host.lostSince && state.now - askedAt <= state.timings().silence().toNanos();
  }

  /** Whether nothing that it said is against fencing this host at this moment. */
  boolean allows(HostEntry host) {
    return state.policy.quorum() == Quorum.STORE
        || (open == null && answer == Fact.HOLDS && isFresh(host));
  }

  /** One question at a time, and one that is never answered is asked again in the end. */
  private void ask() {
    boolean waiting = open != null && state.now - askedAt < state.timings().silence().toNanos();
    if (!waiting) {
      OpId op = state.nextOp();
      open = op;
      askedAt = state.now;
      answer = Fact.UNKNOWN;
      state.emit(new ControllerEffect.AskTieBreaker(op, patience(state.timings())));
    }
  }

  /**
   * How long it has to answer. never stuck: an answer counts only for as long as the tolerated
   * silence since it was asked for, so one that took all of that would never do.
   */
  static Duration patience(Timings timings) {
    Duration half = timings.silence().dividedBy(2);
    return half.compareTo(timings.storeTimeout()) < 0 ? half : timings.storeTimeout();
  }

  /**
   * Takes an answer in.
   *
   * @return whether it is one that was waited for
   */
  boolean answered(ControllerEvent.TieBroken event) {
    if (!event.op().equals(open)) {
      return false;
    }
    open = null;
    answer = event.answer();
    answeredAt = state.now;
    return true;
  }
}
