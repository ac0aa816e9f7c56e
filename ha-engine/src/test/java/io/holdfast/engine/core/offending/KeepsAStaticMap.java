package io.holdfast.engine.core.offending;

import java.util.SortedMap;
import java.util.TreeMap;

/** Breaks, for {@code ArchitectureTest}: final, and yet it changes. */
final class KeepsAStaticMap {
  static final SortedMap<String, String> KNOWN = new TreeMap<>();

  private KeepsAStaticMap() {}
}
