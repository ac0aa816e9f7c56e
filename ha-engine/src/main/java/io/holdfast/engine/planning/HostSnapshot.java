package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
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
 * @param capacity what it has in every dimension
 * @param domain the failure domain it stands in, from the outside in: {@code [dc1, rack3]}
 * @param state what may be done with it
 * @param labels facts that workloads can require
 * @param kinds kinds of workload it can run; empty: any
 * @param conditions the conditions that hold there, by name
 * @param overcommit how much of its capacity it may be given in every dimension, in percent, 1 to
 *     {@link #MOST_OVERCOMMIT}: at 400 percent four times as much as it has
 * @param promised room that is kept for workloads on their way there that the cluster does not name
 *     yet; counts as used. When the host fails, nothing is placed anew for it
 */
public record HostSnapshot(
    HostId id,
    Amounts capacity,
    List<String> domain,
    State state,
    SortedMap<String, String> labels,
    SortedSet<String> kinds,
    SortedSet<String> conditions,
    Amounts overcommit,
    Amounts promised) {

  /** The greatest overcommitment, in percent. */
  public static final long MOST_OVERCOMMIT = 100_000;

  private static final int WHOLE = 100;

  /** What may be done with a host. */
  public enum State {
    /** It runs workloads and may be given more. */
    UP,
    /** What ran there is lost. */
    FAILED,
    /** What runs there runs on; nothing new is given to it. */
    MAINTENANCE,
    /** It may be given workloads when the others cannot take all, or first with that strategy. */
    STANDBY
  }

  /**
   * @throws InvalidConfigException naming the first thing that is wrong
   */
  public HostSnapshot {
    domain.forEach(part -> Names.check("host.domain", part));
    kinds.forEach(kind -> Names.check("host.kinds", kind));
    conditions.forEach(name -> Names.checkCondition("host.conditions", name));
    ClusterSnapshot.checkSize("host.overcommit", overcommit, capacity.size());
    ClusterSnapshot.checkSize("host.promised", promised, capacity.size());
    for (int d = 0; d < capacity.size(); d++) {
      long percent = overcommit.get(d);
      if (percent < 1
          || percent > MOST_OVERCOMMIT
          || limit(capacity, overcommit, d) > Amounts.MOST) {
        throw new InvalidConfigException(
            "host.overcommit[" + d + "]",
            percent + " percent of " + capacity.get(d),
            "1 to %d percent, which come to %d at the most"
                .formatted(MOST_OVERCOMMIT, Amounts.MOST));
      }
    }
    domain = List.copyOf(domain);
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    kinds = Collections.unmodifiableSortedSet(new TreeSet<>(kinds));
    conditions = Collections.unmodifiableSortedSet(new TreeSet<>(conditions));
  }

  /** One that meets no conditions, is not overcommitted and to which nothing is promised. */
  public HostSnapshot(
      HostId id,
      Amounts capacity,
      List<String> domain,
      State state,
      SortedMap<String, String> labels,
      SortedSet<String> kinds) {
    this(
        id,
        capacity,
        domain,
        state,
        labels,
        kinds,
        Collections.emptySortedSet(),
        Amounts.all(capacity.size(), WHOLE),
        Amounts.all(capacity.size(), 0));
  }

  /** A host that is up, for any kind, outside any domain. */
  public static HostSnapshot of(String id, long... capacity) {
    return new HostSnapshot(
        new HostId(id),
        Amounts.of(capacity),
        List.of(),
        State.UP,
        new TreeMap<>(),
        new TreeSet<>());
  }

  /** The same under another name. */
  public HostSnapshot named(HostId other) {
    return new HostSnapshot(
        other, capacity, domain, state, labels, kinds, conditions, overcommit, promised);
  }

  /** The same with another capacity in as many dimensions. */
  public HostSnapshot having(Amounts other) {
    return new HostSnapshot(
        id, other, domain, state, labels, kinds, conditions, overcommit, promised);
  }

  /** The same in another state. */
  public HostSnapshot with(State other) {
    return new HostSnapshot(
        id, capacity, domain, other, labels, kinds, conditions, overcommit, promised);
  }

  /** The same in a failure domain, from the outside in. */
  public HostSnapshot in(String... path) {
    return new HostSnapshot(
        id, capacity, List.of(path), state, labels, kinds, conditions, overcommit, promised);
  }

  /** The same with other labels. */
  public HostSnapshot labelled(SortedMap<String, String> other) {
    return new HostSnapshot(
        id, capacity, domain, state, other, kinds, conditions, overcommit, promised);
  }

  /** The same for these kinds only; empty: any. */
  public HostSnapshot running(SortedSet<String> other) {
    return new HostSnapshot(
        id, capacity, domain, state, labels, other, conditions, overcommit, promised);
  }

  /** The same where these conditions hold. */
  public HostSnapshot meeting(SortedSet<String> other) {
    return new HostSnapshot(
        id, capacity, domain, state, labels, kinds, other, overcommit, promised);
  }

  /** The same that may be given so much of its capacity, in percent, in every dimension. */
  public HostSnapshot overcommitted(long... percent) {
    return new HostSnapshot(
        id, capacity, domain, state, labels, kinds, conditions, Amounts.of(percent), promised);
  }

  /** The same with so much room promised in every dimension. */
  public HostSnapshot promising(long... amounts) {
    return new HostSnapshot(
        id, capacity, domain, state, labels, kinds, conditions, overcommit, Amounts.of(amounts));
  }

  /** Whether it may be given workloads. */
  public boolean isUsable() {
    return state == State.UP || state == State.STANDBY;
  }

  /** What it can be given in a dimension: so much of its capacity as it may be, rounded down. */
  public long limit(int dimension) {
    return limit(capacity, overcommit, dimension);
  }

  /** What the workloads that the cluster names can have of it: the limit less what is promised. */
  public long room(int dimension) {
    return Math.max(0, limit(dimension) - promised.get(dimension));
  }

  private static long limit(Amounts capacity, Amounts overcommit, int dimension) {
    return limit(capacity.get(dimension), overcommit.get(dimension));
  }

  /** In two parts: the product itself may be too great. */
  static long limit(long amount, long percent) {
    return amount / WHOLE * percent + amount % WHOLE * percent / WHOLE;
  }
}
