package io.holdfast.engine.core.offending;

import java.util.Random;
import java.util.UUID;

/** Breaks, for {@code ArchitectureTest}: a core has no randomness. */
final class ThrowsDice {
  private ThrowsDice() {}

  static int number(Random random) {
    return random.nextInt();
  }

  static String name() {
    return UUID.randomUUID().toString();
  }
}
