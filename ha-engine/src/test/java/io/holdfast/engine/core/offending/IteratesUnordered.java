package io.holdfast.engine.core.offending;

import java.util.HashMap;
import java.util.Map;

/** Breaks, for {@code ArchitectureTest}: what decisions iterate over is ordered. */
final class IteratesUnordered {
  final Map<String, String> state = new HashMap<>();
}
