package io.holdfast.engine.sim;

import io.holdfast.engine.sim.SimConfig.Faults;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * One process's monotonic clock: it begins anywhere, and runs a little faster or slower than the
 * world does.
 *
 * @param origin what it shows at the beginning of the world
 * @param ratePpm how much faster it runs, in parts per million; negative: slower
 */
record SimClock(SimSchedule schedule, long origin, long ratePpm)
    implements InMemoryWatchdog.Countdown {
  private static final long MILLION = 1_000_000;

  static SimClock draw(SimSchedule schedule, SplittableRandom dice, Faults faults) {
    long worst =
        switch (faults) {
          case NONE -> 1;
          case MILD -> 200;
          case HARSH -> 30_000;
        };
    return new SimClock(
        schedule, dice.nextLong(1_000_000_000_000_000L), dice.nextLong(-worst, worst));
  }

  @Override
  public long now() {
    return at(schedule.now());
  }

  @Override
  public void after(Duration time, Runnable action) {
    schedule.at(worldTimeOf(now() + time.toNanos()), action);
  }

  private long at(long worldTime) {
    return origin + worldTime + worldTime / MILLION * ratePpm;
  }

  /** When in the world's time this clock will show at least that. */
  long worldTimeOf(long shown) {
    long guess = (long) ((shown - origin) / (1 + (double) ratePpm / MILLION));
    while (at(guess) < shown) {
      guess += MILLION;
    }
    return guess;
  }
}
