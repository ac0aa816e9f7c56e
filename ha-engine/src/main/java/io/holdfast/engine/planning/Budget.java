package io.holdfast.engine.planning;

import java.util.function.LongSupplier;

/** How long a search may still go on. */
final class Budget {
  /** So often the clock is read: searches ask far more often than it could be. */
  private static final int EVERY = 64;

  private final LongSupplier nanoClock;
  private final long start;
  private final long nanos;
  private int asked;
  private boolean over;

  Budget(LongSupplier nanoClock, long nanos) {
    this.nanoClock = nanoClock;
    this.start = nanoClock.getAsLong();
    this.nanos = nanos;
  }

  /** Whether the search must end. Once it must, it always must. */
  boolean isOver() {
    if (!over && ++asked >= EVERY) {
      asked = 0;
      over = nanoClock.getAsLong() - start >= nanos;
    }
    return over;
  }

  /** The same, asking the clock in any case. */
  boolean isOverNow() {
    asked = EVERY;
    return isOver();
  }
}
