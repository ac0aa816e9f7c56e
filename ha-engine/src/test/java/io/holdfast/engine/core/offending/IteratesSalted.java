package io.holdfast.engine.core.offending;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Breaks, for {@code ArchitectureTest}: these sets have another order in every process. */
final class IteratesSalted {
  private IteratesSalted() {}

  static Set<String> fixed() {
    return Set.of("a", "b");
  }

  static Set<String> collected(List<String> names) {
    return names.stream().collect(Collectors.toSet());
  }
}
