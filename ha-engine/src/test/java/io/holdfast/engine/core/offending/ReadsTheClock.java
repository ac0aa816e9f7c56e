package io.holdfast.engine.core.offending;

import java.time.InstantSource;

/** Breaks, for {@code ArchitectureTest}: a core has no clock. */
final class ReadsTheClock {
  private ReadsTheClock() {}

  static long now() {
    return System.nanoTime();
  }

  static long wall(InstantSource source) {
    return source.millis();
  }
}
