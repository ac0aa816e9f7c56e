package io.holdfast.engine.core;

/**
 * How well this controller does itself. Whoever is late, or is not answered, accuses others later:
 * the silence that it hears may be its own. Never more than twice as late, and not for longer than
 * it lasts.
 */
final class SelfHealth {
  private static final int WORST = 4;

  private final ControllerState state;
  private int score;
  private long changedAt = Long.MIN_VALUE / 2;

  SelfHealth(ControllerState state) {
    this.state = state;
  }

  /** A timer fired so much later than it was due. */
  void timerFired(long lateness) {
    if (lateness > state.timings().suspectAfter().toNanos()) {
      worsen(WORST); // it was stopped, or starved
    } else if (lateness > state.timings().renewInterval().toNanos() / 2) {
      worsen(1);
    }
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

  /** How much more time others are given. */
  long scaled(long nanos) {
    return nanos + nanos / WORST * score();
  }
}
