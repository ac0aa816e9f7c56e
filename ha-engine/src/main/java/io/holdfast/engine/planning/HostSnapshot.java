package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.Names;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A host at the moment of planning. Immutable.
 *
 * @param id its name
 * @param capacity what it can carry in every dimension; what is promised to it already and not
 *     running there yet is to be taken off
 * @param domain the failure domain it stands in, from the outside in: {@code [dc1, rack3]}
 * @param condition what may be done with it
 * @param labels facts that workloads can require
 * @param kinds kinds of workload it can run; empty: any
 */
public record HostSnapshot(
    HostId id,
    Amounts capacity,
    List<String> domain,
    Condition condition,
    SortedMap<String, String> labels,
    SortedSet<String> kinds) {

  /** What may be done with a host. */
  public enum Condition {
    /** It runs workloads and may be given more. */
    UP,
    /** What ran there is lost. */
    FAILED,
    /** What runs there runs on; nothing new is given to it. */
    MAINTENANCE,
    /** It may be given workloads when the others cannot take all, or first with that strategy. */
    STANDBY
  }

  public HostSnapshot {
    domain.forEach(part -> Names.check("host.domain", part));
    kinds.forEach(kind -> Names.check("host.kinds", kind));
    domain = List.copyOf(domain);
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    kinds = Collections.unmodifiableSortedSet(new TreeSet<>(kinds));
  }

  /** A host that is up, for any kind, outside any domain. */
  public static HostSnapshot of(String id, long... capacity) {
    return new HostSnapshot(
        new HostId(id),
        Amounts.of(capacity),
        List.of(),
        Condition.UP,
        new TreeMap<>(),
        new TreeSet<>());
  }

  /** The same in another condition. */
  public HostSnapshot with(Condition other) {
    return new HostSnapshot(id, capacity, domain, other, labels, kinds);
  }

  /** The same in a failure domain, from the outside in. */
  public HostSnapshot in(String... path) {
    return new HostSnapshot(id, capacity, List.of(path), condition, labels, kinds);
  }

  /** Whether it may be given workloads. */
  public boolean isUsable() {
    return condition == Condition.UP || condition == Condition.STANDBY;
  }
}
