package io.holdfast.api;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a host is, as the platform registers it.
 *
 * @param id its name
 * @param capacity what it can carry; a dimension not named is unlimited
 * @param domain the failure domain it stands in, from the outside in: {@code [dc1, rack3]}
 * @param labels facts that workloads can require; {@link #STANDBY} means more
 * @param kinds kinds of workload it can run; empty: any
 * @param overcommit how much of its capacity it may be given, in percent by dimension, 1 to {@link
 *     #MOST_OVERCOMMIT}; 100 where none is named. At 400 percent four times as much as it has
 */
public record Host(
    HostId id,
    Capacity capacity,
    List<String> domain,
    SortedMap<String, String> labels,
    SortedSet<String> kinds,
    SortedMap<String, Integer> overcommit) {

  /** The greatest overcommitment, in percent. */
  public static final int MOST_OVERCOMMIT = 100_000;

  /**
   * The label of a standby host: with the value {@code true} it is given workloads only when no
   * other host can take them.
   */
  public static final String STANDBY = "standby";

  public Host {
    domain.forEach(part -> Names.check("host.domain", part));
    kinds.forEach(kind -> Names.check("host.kinds", kind));
    domain = List.copyOf(domain);
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    kinds = Collections.unmodifiableSortedSet(new TreeSet<>(kinds));
    overcommit.forEach((dimension, percent) -> check(capacity, dimension, percent));
    overcommit = Collections.unmodifiableSortedMap(new TreeMap<>(overcommit));
  }

  /** One that is not overcommitted. */
  public Host(
      HostId id,
      Capacity capacity,
      List<String> domain,
      SortedMap<String, String> labels,
      SortedSet<String> kinds) {
    this(id, capacity, domain, labels, kinds, new TreeMap<>());
  }

  private static void check(Capacity capacity, String dimension, int percent) {
    if (!capacity.amounts().containsKey(dimension)) {
      throw new InvalidConfigException(
          "host.overcommit." + dimension, percent, "dimensions of its capacity only");
    }
    boolean tooMuch = capacity.amount(dimension) > Long.MAX_VALUE / MOST_OVERCOMMIT;
    if (percent < 1 || percent > MOST_OVERCOMMIT || tooMuch) {
      throw new InvalidConfigException(
          "host.overcommit." + dimension,
          "%d percent of %d".formatted(percent, capacity.amount(dimension)),
          "1 to %d percent of at most %d"
              .formatted(MOST_OVERCOMMIT, Long.MAX_VALUE / MOST_OVERCOMMIT));
    }
  }

  /** A host of any kind, outside any domain. */
  public static Host of(String id, Capacity capacity) {
    return new Host(
        new HostId(id), capacity, List.of(), new TreeMap<>(Map.of()), new TreeSet<>(Set.of()));
  }

  /** The same that may be given so much of its capacity, in percent by dimension. */
  public Host overcommitted(Map<String, Integer> percent) {
    return new Host(id, capacity, domain, labels, kinds, new TreeMap<>(percent));
  }

  /** What it may be given: its capacity times its overcommitment, rounded down. */
  public Capacity limit() {
    if (overcommit.isEmpty()) {
      return capacity;
    }
    SortedMap<String, Long> limits = new TreeMap<>(capacity.amounts());
    overcommit.forEach(
        (dimension, percent) -> limits.computeIfPresent(dimension, (d, a) -> a * percent / 100));
    return new Capacity(limits);
  }
}
