package io.holdfast.engine.core;

import java.time.Duration;

/**
 * How well this controller does itself. Whoever is late, or is not answered, suspects and accuses
 * others later: the silence that it hears may be its own. Never more than twice as late, and not
 * for longer than it lasts. As in Lifeguard (Dadgar, Phillips, Currey, 2018), the local health
 * stretches what comes before a suspicion as well as what comes after it.
 *
 * <p>It stretches no time that only makes this controller more careful (whether anybody is heard at
 * all), and none that a proof rests on.
 */
final class SelfHealth {
  private static final int WORST = 4;

  private final ControllerState state;
  private int score;
  private long changedAt = Long.MIN_VALUE / 2;

  SelfHealth(ControllerState state) {
    this.state = state;
  }

  /**
   * A timer fired, or anybody at all was heard, so much later than was due.
   *
   * @return whether it was stopped, or starved
   */
  boolean late(long lateness) {
    if (lateness > state.timings().suspectAfter().toNanos()) {
      worsen(WORST);
      return true;
    }
    if (lateness > state.timings().renewInterval().toNanos() / 2) {
      worsen(1);
    }
    return false;
  }

  /** The store did not answer in time. */
  void unanswered() {
    worsen(1);
  }

  private void worsen(int by) {
    score = Math.min(WORST, score() + by);
    changedAt = state.now;
  }

  /** A little better with every grace period in which nothing was wrong. */
  private int score() {
    long quiet = (state.now - changedAt) / state.timings().silence().toNanos();
    return (int) Math.max(0, score - quiet);
  }

  /** So long, and how much more time others are given; in nanoseconds. */
  long scaled(Duration time) {
    long nanos = time.toNanos();
    return nanos + nanos / WORST * score();
  }
}
