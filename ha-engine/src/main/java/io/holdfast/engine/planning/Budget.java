package io.holdfast.engine.planning;

import java.util.function.LongSupplier;

/**
 * How long a search may still go on. Searches tell what they do in looks (at a pair of a workload
 * and a host, or something as quick), so that the clock is read about as often in time whatever the
 * size of the cluster is.
 */
final class Budget {
  /** So many looks take some tens of microseconds. */
  static final int LOOKS_PER_READING = 4096;

  private final LongSupplier nanoClock;
  private final long start;
  private final long nanos;
  private long looks;
  private long free;
  private boolean over;

  Budget(LongSupplier nanoClock, long nanos) {
    this(nanoClock, nanoClock.getAsLong(), nanos);
  }

  /**
   * One that has begun already.
   *
   * @param start what the clock said then
   */
  Budget(LongSupplier nanoClock, long start, long nanos) {
    this.nanoClock = nanoClock;
    this.start = start;
    this.nanos = nanos;
    over = nanos <= 0;
  }

  /** Whether the search must end after some more looks. Once it must, it always must. */
  boolean isOverAfter(long more) {
    if (free > 0) {
      free -= more;
      return false;
    }
    looks += more;
    if (!over && looks < LOOKS_PER_READING) {
      return false;
    }
    return isOverNow();
  }

  /** The same, reading the clock in any case. */
  boolean isOverNow() {
    looks = 0;
    over = over || nanoClock.getAsLong() - start >= nanos;
    return over;
  }

  /** One that never ends. */
  static Budget unlimited() {
    return new Budget(() -> 0, 0, 1);
  }

  /** The same budget, but a number of looks is free whatever the time is. */
  Budget after(long looksForFree) {
    Budget budget = new Budget(nanoClock, start, nanos);
    budget.free = looksForFree;
    return budget;
  }

  /** One for a part of what is left of this. */
  Budget partOfRest(double share) {
    long now = nanoClock.getAsLong();
    return new Budget(nanoClock, now, (long) ((nanos - (now - start)) * share));
  }

  /** One that begins now: a part of the whole of this, as far as that is left. */
  Budget next(double share) {
    long now = nanoClock.getAsLong();
    long left = nanos - (now - start);
    return new Budget(nanoClock, now, Math.min(left, (long) (nanos * share)));
  }

  /** The same budget, but no longer than until a part of the whole is used up. */
  Budget part(double share) {
    return new Budget(nanoClock, start, (long) (nanos * share));
  }
}
