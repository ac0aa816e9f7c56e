package io.holdfast.engine.placement;

import io.holdfast.api.Capacity;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a workload asks of a host.
 *
 * @param workload whose
 * @param demand what it takes, at most 10^15 in each dimension
 * @param load what it was last measured to use, of which more than 10^15 counts as that; empty: not
 *     measured, its demand counts
 * @param requires labels that its host must carry, with these values
 * @param conditions that have to hold on its host
 * @param wanted whether it is to run: room is kept for such a partner that has no host yet
 */
public record Need(
    WorkloadId workload,
    Capacity demand,
    Optional<Capacity> load,
    SortedMap<String, String> requires,
    SortedSet<String> conditions,
    boolean wanted) {
  /**
   * @throws InvalidConfigException for a demand that is too great
   */
  public Need {
    demand
        .amounts()
        .forEach(
            (dimension, amount) -> {
              if (amount > Dimensions.MOST) {
                throw new InvalidConfigException(
                    "need.demand." + dimension, amount, "0 to " + Dimensions.MOST);
              }
            });
    requires =
        requires.isEmpty()
            ? Collections.emptySortedMap()
            : Collections.unmodifiableSortedMap(new TreeMap<>(requires));
    conditions =
        conditions.isEmpty()
            ? Collections.emptySortedSet()
            : Collections.unmodifiableSortedSet(new TreeSet<>(conditions));
  }

  /** Without conditions. */
  public Need(
      WorkloadId workload,
      Capacity demand,
      Optional<Capacity> load,
      SortedMap<String, String> requires,
      boolean wanted) {
    this(workload, demand, load, requires, Collections.emptySortedSet(), wanted);
  }

  /** What a protected workload asks for, not measured and without required labels. */
  public static Need of(Workload workload) {
    return of(workload.id(), workload.demand());
  }

  /** Only room, for one that is to run. */
  public static Need of(WorkloadId workload, Capacity demand) {
    return new Need(workload, demand, Optional.empty(), Collections.emptySortedMap(), true);
  }
}
