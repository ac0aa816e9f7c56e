package io.holdfast.engine.sim;

import java.util.function.LongFunction;

/**
 * Runs one seed and tells what was violated, an empty text if nothing was. Made by reflection in
 * another class loader, so that only the platform's types cross the border.
 */
public final class FaultRun implements LongFunction<String> {
  public FaultRun() {}

  @Override
  public String apply(long seed) {
    return new SimWorld(SimConfig.random(seed), false)
        .run().violations().stream().findFirst().map(SimResult.Violation::what).orElse("");
  }
}
