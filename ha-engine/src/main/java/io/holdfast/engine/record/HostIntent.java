package io.holdfast.engine.record;

import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.ImmutableSortedSet;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.ProbePolicy;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * What a host shall run. Addressed to one incarnation: a host that joined again owns nothing until
 * it gets a new one. An agent follows the greatest (epoch, generation) it has seen.
 *
 * @param guard whether the host has to keep its watchdog armed
 * @param look counts up within the incarnation: whoever adopts a higher one reads anew what runs
 *     here, and says so in {@link HostReport#looked}
 * @param parting what becomes of its workloads, once it has announced that it goes off; empty while
 *     that is not decided, or it has not
 * @param startsAtOnce how many starts may be under way here at the same time
 * @param disarmed whether the cluster is out of service: its agent begins nothing, follows what is
 *     under way to its end, and tells what it sees
 */
public record HostIntent(
    HostId host,
    Incarnation incarnation,
    Epoch epoch,
    long generation,
    Guard guard,
    long look,
    int startsAtOnce,
    Optional<Parting> parting,
    boolean disarmed,
    SortedMap<WorkloadId, Entry> entries)
    implements StateRecord {

  /** What becomes of the workloads of a host that goes off as planned. */
  public enum Parting {
    /** They are moved away first: it ends nothing before it has no order to run anything. */
    MOVE_AWAY,
    /** It ends them. */
    END
  }

  /** What is ordered of a host's watchdog. */
  public enum GuardOrder {
    /** It is armed before anything is started, and stays so. */
    REQUIRED,
    /** It is disarmed: a host that falls silent may be running things for ever. */
    RELEASED
  }

  /**
   * never two: a host may disarm its watchdog at any time after it was told to, so what it said
   * before counts no more. Turns tell before from after.
   *
   * @param turn counts how often the order has changed for this incarnation
   */
  public record Guard(GuardOrder order, long turn) {
    /** What holds for an incarnation that was never told anything. */
    public static final Guard INITIAL = new Guard(GuardOrder.REQUIRED, 0);

    /** This, or the next turn if the order is another one. */
    public Guard with(GuardOrder next) {
      return next == order ? this : new Guard(next, turn + 1);
    }
  }

  /**
   * The order for one workload.
   *
   * @param onGuestShutdown whether it is started again when its user shut it down from inside
   * @param locked while it is, it is not started
   * @param conditions that have to hold here when it is started
   * @param probe how it is asked whether it serves
   * @param migration while it runs here, it is moved away
   */
  public record Entry(
      OpId assignment,
      Placement.Goal goal,
      Priority priority,
      RestartPolicy restart,
      Duration startTimeout,
      Duration stopTimeout,
      OnGuestShutdown onGuestShutdown,
      boolean locked,
      SortedSet<String> conditions,
      Optional<ProbePolicy> probe,
      Optional<Migration> migration) {

    public Entry {
      conditions = ImmutableSortedSet.copyOf(conditions);
    }

    /** Of a workload that needs no conditions. */
    public Entry(
        OpId assignment,
        Placement.Goal goal,
        Priority priority,
        RestartPolicy restart,
        Duration startTimeout,
        Duration stopTimeout,
        OnGuestShutdown onGuestShutdown,
        boolean locked,
        Optional<Migration> migration) {
      this(
          assignment,
          goal,
          priority,
          restart,
          startTimeout,
          stopTimeout,
          onGuestShutdown,
          locked,
          ImmutableSortedSet.of(),
          Optional.empty(),
          migration);
    }

    /** Of a workload that is not locked, and restarted when its user shut it down. */
    public Entry(
        OpId assignment,
        Placement.Goal goal,
        Priority priority,
        RestartPolicy restart,
        Duration startTimeout,
        Duration stopTimeout,
        Optional<Migration> migration) {
      this(
          assignment,
          goal,
          priority,
          restart,
          startTimeout,
          stopTimeout,
          OnGuestShutdown.RESTART,
          false,
          ImmutableSortedSet.of(),
          Optional.empty(),
          migration);
    }

    /** The same, with or without a migration. */
    public Entry withMigration(Optional<Migration> next) {
      return new Entry(
          assignment,
          goal,
          priority,
          restart,
          startTimeout,
          stopTimeout,
          onGuestShutdown,
          locked,
          conditions,
          probe,
          next);
    }

    /** The same, with other conditions. */
    public Entry withConditions(SortedSet<String> next) {
      return new Entry(
          assignment,
          goal,
          priority,
          restart,
          startTimeout,
          stopTimeout,
          onGuestShutdown,
          locked,
          next,
          probe,
          migration);
    }

    /** The same, asked in this way whether it serves. */
    public Entry withProbe(ProbePolicy next) {
      return new Entry(
          assignment,
          goal,
          priority,
          restart,
          startTimeout,
          stopTimeout,
          onGuestShutdown,
          locked,
          conditions,
          Optional.of(next),
          migration);
    }
  }

  /**
   * Move it to another host while it runs.
   *
   * @param move names this move: it is tried once
   * @param timeout after which the attempt is given up
   */
  public record Migration(OpId move, HostId target, Duration timeout) {}

  /** In a cluster that is in service. */
  public HostIntent(
      HostId host,
      Incarnation incarnation,
      Epoch epoch,
      long generation,
      Guard guard,
      long look,
      int startsAtOnce,
      Optional<Parting> parting,
      SortedMap<WorkloadId, Entry> entries) {
    this(host, incarnation, epoch, generation, guard, look, startsAtOnce, parting, false, entries);
  }

  /** Of a host that may begin as many starts at once as is usual. */
  public HostIntent(
      HostId host,
      Incarnation incarnation,
      Epoch epoch,
      long generation,
      Guard guard,
      long look,
      SortedMap<WorkloadId, Entry> entries) {
    this(
        host,
        incarnation,
        epoch,
        generation,
        guard,
        look,
        ClusterPolicy.DEFAULT.startsPerHost(),
        Optional.empty(),
        entries);
  }

  public HostIntent {
    entries = ImmutableSortedMap.copyOf(entries);
  }

  /** The same, with these entries. */
  public HostIntent withEntries(SortedMap<WorkloadId, Entry> others) {
    return new HostIntent(
        host, incarnation, epoch, generation, guard, look, startsAtOnce, parting, disarmed, others);
  }

  /** The next one to the same incarnation, in a cluster that is in service again. */
  public HostIntent inService(Epoch by) {
    return new HostIntent(
        host, incarnation, by, generation + 1, guard, look, startsAtOnce, parting, false, entries);
  }

  @Override
  public Key key() {
    return new Key(Table.INTENT, host.value());
  }
}
