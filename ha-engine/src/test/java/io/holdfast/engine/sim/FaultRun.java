package io.holdfast.engine.sim;

import java.util.function.LongFunction;

/**
 * Runs one seed, or one script, and tells what was violated, an empty text if nothing was. Made by
 * reflection in another class loader, so that only the platform's types cross the border.
 */
public final class FaultRun implements LongFunction<String> {
  /** The first of the scripts that go before the seeds from 1 on. */
  static final long FIRST = -4;

  public FaultRun() {}

  @Override
  public String apply(long seed) {
    if (seed > 0) {
      return violated(new SimWorld(SimConfig.random(seed), false).run());
    }
    if (seed == FIRST) {
      return violated(new UntoldMove().world.result());
    }
    if (seed == FIRST + 1) {
      return violated(new LateStart().world.result());
    }
    if (seed == FIRST + 2) {
      return violated(new BoundGuest().world.result());
    }
    DisarmedHost disarmed = new DisarmedHost();
    if (seed == FIRST + 3) {
      disarmed.isLost();
    } else {
      disarmed.isGivenWorkAndLost();
    }
    return violated(disarmed.world.result());
  }

  private static String violated(SimResult result) {
    return result.violations().stream().findFirst().map(SimResult.Violation::what).orElse("");
  }
}
