package io.holdfast.engine.sim;

import io.holdfast.engine.sim.SimConfig.Faults;
import java.util.SplittableRandom;

/**
 * What becomes of one call, drawn from the seed.
 *
 * @param before nanoseconds until it is carried out
 * @param after nanoseconds from then until its answer is there
 */
record SimCall(long before, long after, Fate fate) {
  private static final long MICROS = 1_000;
  private static final long MILLIS = 1_000_000;

  /** What a call is made to; decides how long it takes. */
  enum Target {
    STORE,
    DEVICE,
    HYPERVISOR,
    DISK,
    WATCHDOG,
    FACTS;

    /** Whether the call never leaves the caller's host. */
    boolean isWithinHost() {
      return this != STORE && this != DEVICE;
    }
  }

  enum Fate {
    ANSWERED,
    /** It is carried out and its answer is lost. */
    ANSWER_LOST,
    /** It is never carried out, and not answered. */
    REQUEST_LOST,
    /** Its answer comes twice. */
    ANSWERED_TWICE,
    /** It is carried out when it has been given up already. */
    HUNG
  }

  static SimCall draw(SplittableRandom dice, Target target, Faults faults, long timeout) {
    int luck = faults == Faults.HARSH ? dice.nextInt(1000) : 1000;
    Fate fate;
    if (luck < 6) {
      fate = Fate.ANSWER_LOST;
    } else if (luck < 9) {
      fate = Fate.REQUEST_LOST;
    } else if (luck < 24) {
      fate = Fate.ANSWERED_TWICE;
    } else if (luck < 26) {
      fate = Fate.HUNG;
    } else {
      fate = Fate.ANSWERED;
    }
    boolean slow = luck < 100;
    long before = fate == Fate.HUNG ? timeout + dice.nextLong(timeout) : usual(dice, target, slow);
    return new SimCall(before, usual(dice, target, slow), fate);
  }

  private static long usual(SplittableRandom dice, Target target, boolean slow) {
    long most =
        switch (target) {
          case STORE -> 4 * MILLIS;
          case DEVICE -> 300 * MILLIS;
          case HYPERVISOR -> 150 * MILLIS;
          case DISK, WATCHDOG, FACTS -> 2 * MILLIS;
        };
    long times = target == Target.DEVICE ? 10 : 50;
    return 50 * MICROS + dice.nextLong(slow ? most * times : most);
  }
}
