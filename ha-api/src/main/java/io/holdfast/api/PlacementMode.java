package io.holdfast.api;

/** What makes one host a better place than another, where rules and capacity leave a choice. */
public enum PlacementMode {
  /** The fewest workloads, those on their way there included. */
  BASIC,
  /** The most room left, counted by what workloads demand. */
  STATIC,
  /** The most room left, counted by what workloads were last measured to use. */
  DYNAMIC,
  /**
   * The least room left that still holds it, counted by what workloads demand: hosts are filled,
   * and others stay empty for as long as there is room elsewhere.
   */
  PACKED
}
