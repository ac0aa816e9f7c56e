package io.holdfast.engine.record;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Where a workload is, as the controller decided. While it has an owner, no other host is told to
 * run it; an owner is replaced only with evidence.
 *
 * @param owner the host it is placed on
 * @param relocations how often it was given to another host since it last ran
 * @param failedHosts hosts that gave it up since it last ran
 * @param failed why it is left alone until its owner acts
 * @param move the move that is not settled yet
 * @param home the host it belongs to while it has no owner: the last one, or the one it was put on
 * @param wayBack the host it goes back to when that one may be used again
 * @param handled the number of the last request that was dealt with
 */
public record Placement(
    WorkloadId workload,
    Optional<Owner> owner,
    int relocations,
    SortedSet<HostId> failedHosts,
    Optional<String> failed,
    Optional<Move> move,
    Optional<HostId> home,
    Optional<HostId> wayBack,
    long handled)
    implements StateRecord {

  /** What the owner has been told. */
  public enum Goal {
    RUN,
    STOP,
    /** Keep it running if it runs there, and do not start it. */
    KEEP
  }

  /**
   * @param assignment names this order to this host; reports refer to it
   */
  public record Owner(HostId host, Incarnation incarnation, OpId assignment, Goal goal) {}

  /**
   * It is on its way to another host. never two: while a move is not settled, evidence about its
   * owner alone says nothing of where it is.
   *
   * @param id names it to the owner
   * @param why one line for people
   */
  public record Move(OpId id, HostId source, HostId target, Phase phase, String why) {

    /** How far it has come. */
    public enum Phase {
      /** It is stopped where it is, to be started on the target. */
      COLD,
      /** The owner is told to migrate it. */
      LIVE,
      /** The owner was told to migrate it, and is told so no more; it may yet. */
      WITHDRAWN,
      /** It is given to the target, which has not said yet that it has it. */
      ARRIVING
    }

    /** The same, further on. */
    public Move in(Phase next) {
      return new Move(id, source, target, next, why);
    }

    /** The same, to be ended for this reason. */
    public Move withdrawn(String reason) {
      return new Move(id, source, target, Phase.WITHDRAWN, reason);
    }
  }

  public Placement {
    failedHosts = Collections.unmodifiableSortedSet(new TreeSet<>(failedHosts));
  }

  public static Placement none(WorkloadId workload) {
    return new Placement(
        workload,
        Optional.empty(),
        0,
        new TreeSet<>(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0);
  }

  public Placement withOwner(Owner next) {
    return with(Optional.of(next), relocations, failedHosts, failed);
  }

  /** Without an owner. It stays at home where it was. */
  public Placement released() {
    return with(Optional.empty(), relocations, failedHosts, failed);
  }

  /**
   * Given up by a host. Once every registered host has, none is held against it any more but the
   * last one: the number of relocations is what ends it, not the number of hosts.
   */
  public Placement givenUpBy(HostId host, SortedSet<HostId> registered) {
    SortedSet<HostId> hosts = new TreeSet<>(failedHosts);
    hosts.add(host);
    if (hosts.containsAll(registered)) {
      hosts.clear();
      if (registered.size() > 1) {
        hosts.add(host);
      }
    }
    return with(Optional.empty(), relocations + 1, hosts, failed);
  }

  public Placement failedBecause(String reason) {
    return with(Optional.empty(), relocations, failedHosts, Optional.of(reason));
  }

  /** It runs: what failed before no longer counts. */
  public Placement succeeded() {
    return with(owner, 0, new TreeSet<>(), Optional.empty());
  }

  private Placement with(
      Optional<Owner> nextOwner,
      int nextRelocations,
      SortedSet<HostId> nextFailedHosts,
      Optional<String> nextFailed) {
    return new Placement(
        workload,
        nextOwner,
        nextRelocations,
        nextFailedHosts,
        nextFailed,
        move,
        nextOwner.or(() -> owner).map(Owner::host).or(() -> home),
        wayBack,
        handled);
  }

  /** On its way, or not any more. */
  public Placement moving(Optional<Move> next) {
    return new Placement(
        workload, owner, relocations, failedHosts, failed, next, home, wayBack, handled);
  }

  /** Put on a host, without an order to anybody. */
  public Placement atHome(HostId host) {
    return new Placement(
        workload,
        owner,
        relocations,
        failedHosts,
        failed,
        move,
        Optional.of(host),
        wayBack,
        handled);
  }

  /** To go back there, or nowhere. */
  public Placement goingBack(Optional<HostId> host) {
    return new Placement(
        workload, owner, relocations, failedHosts, failed, move, home, host, handled);
  }

  /** This request is dealt with. */
  public Placement handled(long number) {
    return new Placement(
        workload, owner, relocations, failedHosts, failed, move, home, wayBack, number);
  }

  @Override
  public Key key() {
    return new Key(Table.PLACEMENT, workload.toString());
  }
}
