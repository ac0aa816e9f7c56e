package io.holdfast.engine.core.offending;

import java.util.List;

/** Breaks, for {@code ArchitectureTest}: no parallel streams. */
final class WorksInParallel {
  private WorksInParallel() {}

  static long count(List<String> names) {
    return names.parallelStream().count();
  }
}
