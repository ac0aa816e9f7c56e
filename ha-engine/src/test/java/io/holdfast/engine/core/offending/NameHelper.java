package io.holdfast.engine.core.offending;

/** Breaks, for {@code ArchitectureTest}: the name says nothing. */
public final class NameHelper {
  private NameHelper() {}
}
