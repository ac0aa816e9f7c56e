package io.holdfast.engine.core.offending;

/** Breaks, for {@code ArchitectureTest}: several engines live in one process. */
final class KeepsAStatic {
  static int count;

  private KeepsAStatic() {}
}
