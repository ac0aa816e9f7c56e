package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Names;
import io.holdfast.api.WorkloadId;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A workload at the moment of planning. Immutable.
 *
 * <p>One that is wanted {@link DesiredState#STARTED} and has no host, or a failed one, is to be
 * placed. On any other host every workload holds its room, also when it is kept stopped there: it
 * can be started at any time.
 *
 * @param id its name
 * @param demand what it takes of a host
 * @param weight what its running is worth, 0 to {@link #MOST_WEIGHT}
 * @param priority the greater goes first where priority decides
 * @param host where it is, or was when that host failed; empty: nowhere yet
 * @param desired what its owner wants of it
 * @param requires labels that its host must have
 * @param conditions conditions that must hold on a host before it comes there; it stays where they
 *     hold no longer
 * @param movable whether it may be moved while it runs
 * @param load what it really uses, in thousandths of the dimensions' units; empty: not measured
 */
public record WorkloadSnapshot(
    WorkloadId id,
    Amounts demand,
    long weight,
    int priority,
    Optional<HostId> host,
    DesiredState desired,
    SortedMap<String, String> requires,
    SortedSet<String> conditions,
    boolean movable,
    Optional<Amounts> load) {

  /** The greatest weight. */
  public static final long MOST_WEIGHT = 1_000_000_000_000L;

  public WorkloadSnapshot {
    if (weight < 0 || weight > MOST_WEIGHT) {
      throw new InvalidConfigException("workload.weight", weight, "0 to " + MOST_WEIGHT);
    }
    conditions.forEach(name -> Names.checkCondition("workload.conditions", name));
    requires = Collections.unmodifiableSortedMap(new TreeMap<>(requires));
    conditions =
        conditions.isEmpty()
            ? Collections.emptySortedSet()
            : Collections.unmodifiableSortedSet(new TreeSet<>(conditions));
  }

  /** Without conditions. */
  public WorkloadSnapshot(
      WorkloadId id,
      Amounts demand,
      long weight,
      int priority,
      Optional<HostId> host,
      DesiredState desired,
      SortedMap<String, String> requires,
      boolean movable,
      Optional<Amounts> load) {
    this(
        id,
        demand,
        weight,
        priority,
        host,
        desired,
        requires,
        Collections.emptySortedSet(),
        movable,
        load);
  }

  /** A movable workload of weight 1 that is to run, and is on this host. */
  public static WorkloadSnapshot of(String id, String host, long... demand) {
    return new WorkloadSnapshot(
        WorkloadId.parse(id),
        Amounts.of(demand),
        1,
        0,
        Optional.of(new HostId(host)),
        DesiredState.STARTED,
        new TreeMap<>(),
        true,
        Optional.empty());
  }

  /** The same with another weight. */
  public WorkloadSnapshot weighing(long other) {
    return new WorkloadSnapshot(
        id, demand, other, priority, host, desired, requires, conditions, movable, load);
  }

  /** The same with another priority. */
  public WorkloadSnapshot ranking(int other) {
    return new WorkloadSnapshot(
        id, demand, weight, other, host, desired, requires, conditions, movable, load);
  }

  /** The same on another host, or on none. */
  public WorkloadSnapshot on(Optional<HostId> other) {
    return new WorkloadSnapshot(
        id, demand, weight, priority, other, desired, requires, conditions, movable, load);
  }

  /** The same, wanted otherwise. */
  public WorkloadSnapshot wanted(DesiredState other) {
    return new WorkloadSnapshot(
        id, demand, weight, priority, host, other, requires, conditions, movable, load);
  }

  /** The same, to be left where it runs. */
  public WorkloadSnapshot fixed() {
    return new WorkloadSnapshot(
        id, demand, weight, priority, host, desired, requires, conditions, false, load);
  }

  /** The same, on hosts with these labels only. */
  public WorkloadSnapshot requiring(SortedMap<String, String> labels) {
    return new WorkloadSnapshot(
        id, demand, weight, priority, host, desired, labels, conditions, movable, load);
  }

  /** The same, to come only where these conditions hold. */
  public WorkloadSnapshot needing(SortedSet<String> names) {
    return new WorkloadSnapshot(
        id, demand, weight, priority, host, desired, requires, names, movable, load);
  }

  /** The same under another name. */
  public WorkloadSnapshot named(WorkloadId other) {
    return new WorkloadSnapshot(
        other, demand, weight, priority, host, desired, requires, conditions, movable, load);
  }

  /** The same that takes so much. */
  public WorkloadSnapshot taking(Amounts other) {
    return new WorkloadSnapshot(
        id, other, weight, priority, host, desired, requires, conditions, movable, load);
  }
}
