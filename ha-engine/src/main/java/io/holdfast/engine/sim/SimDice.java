package io.holdfast.engine.sim;

import io.holdfast.engine.sim.SimCall.Target;
import io.holdfast.engine.sim.SimConfig.Faults;
import java.util.SplittableRandom;

/** What chance decides about calls, feeds, clocks and boots. Times in nanoseconds. */
final class SimDice {
  private final SplittableRandom dice;
  private final Faults faults;
  private boolean calm;

  SimDice(SplittableRandom dice, Faults faults) {
    this.dice = dice;
    this.faults = faults;
  }

  /** From now on calls are answered soon, whatever the configuration says. */
  void calmDown() {
    calm = true;
  }

  private Faults weather() {
    return calm ? Faults.NONE : faults;
  }

  SimClock clock(SimSchedule schedule) {
    return SimClock.draw(schedule, dice, faults);
  }

  SimCall call(Target target, long timeout) {
    return SimCall.draw(dice, target, weather(), timeout);
  }

  long bootTime() {
    return 2_000_000_000L + dice.nextLong(3_000_000_000L);
  }

  long feedLatency() {
    boolean slow = weather() == Faults.HARSH && dice.nextInt(50) == 0;
    return 100_000L + dice.nextLong(slow ? 400_000_000L : 8_000_000L);
  }

  long timerLatency() {
    return dice.nextLong(2_000_000L);
  }

  /** How long a live migration is under way: always less than it may take. */
  long migrationTime(long timeout) {
    long most = weather() == Faults.HARSH && dice.nextInt(4) == 0 ? timeout : timeout / 10;
    return 1 + dice.nextLong(Math.max(1, most));
  }

  /** How long a call takes that ends without a result. */
  long slowly(long timeout) {
    return timeout / 10 + dice.nextLong(timeout);
  }

  /** Whether a call is carried out whose process has died meanwhile. */
  boolean orphanIsCarriedOut() {
    return weather() != Faults.NONE && dice.nextBoolean();
  }
}
