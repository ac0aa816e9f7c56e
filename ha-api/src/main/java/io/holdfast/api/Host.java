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
 */
public record Host(
    HostId id,
    Capacity capacity,
    List<String> domain,
    SortedMap<String, String> labels,
    SortedSet<String> kinds) {

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
  }

  /** A host of any kind, outside any domain. */
  public static Host of(String id, Capacity capacity) {
    return new Host(
        new HostId(id), capacity, List.of(), new TreeMap<>(Map.of()), new TreeSet<>(Set.of()));
  }
}
