package io.holdfast.api;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Amounts in any number of dimensions, such as {@code cpu} (in what unit the platform likes) and
 * {@code memory} (MiB). A dimension that is not named is zero in a demand and unlimited in a host's
 * capacity.
 *
 * @param amounts by dimension, each 0 or greater
 */
public record Capacity(SortedMap<String, Long> amounts) {
  /** Nothing in every dimension; as a host's capacity, unlimited in every dimension. */
  public static final Capacity NONE = new Capacity(new TreeMap<>());

  public Capacity {
    amounts.forEach(
        (dimension, amount) -> {
          Names.check("capacity.dimension", dimension);
          if (amount < 0) {
            throw new InvalidConfigException("capacity." + dimension, amount, "0 or greater");
          }
        });
    amounts = Collections.unmodifiableSortedMap(new TreeMap<>(amounts));
  }

  /**
   * In whatever dimensions the platform has.
   *
   * @param amounts by dimension, each 0 or greater
   */
  public static Capacity of(Map<String, Long> amounts) {
    return new Capacity(new TreeMap<>(amounts));
  }

  /**
   * In the two usual dimensions, {@code cpu} and {@code memory}.
   *
   * @param cpu 0 or greater, in what unit the platform likes
   * @param memory 0 or greater, in MiB
   */
  public static Capacity of(long cpu, long memory) {
    return of(Map.of("cpu", cpu, "memory", memory));
  }

  /** The amount in one dimension, 0 if it is not named. */
  public long amount(String dimension) {
    return amounts.getOrDefault(dimension, 0L);
  }
}
