package io.holdfast.engine.record;

import com.google.common.collect.ImmutableSortedMap;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Where a workload is, as the controller decided. While it has an owner, no other host is told to
 * run it; an owner is replaced only with evidence.
 *
 * @param owner the host it is placed on
 * @param trials what has gone wrong with it lately
 * @param move the move that is not settled yet
 * @param home the host it belongs to while it has no owner: the last one, or the one it was put on
 * @param wayBack the host it goes back to when that one may be used again
 * @param handled the number of the last request that was dealt with
 * @param shutDown whether its user shut it down from inside and that is honoured: it is started
 *     again only when its owner says so anew
 * @param letGo whether it was left alone since: it may be running anywhere. With an owner, that one
 *     is asked whether it has it, and if not, it may still be anywhere
 * @param voidLock the lock that is void because the host that it was taken on is proven down
 * @param evened whether it was moved a while ago to make hosts more even, so that it is not moved
 *     for that again now. Whoever takes over counts that while from then on
 * @param eviction that it is stopped, or was a while ago, so that a more important one finds room
 */
public record Placement(
    WorkloadId workload,
    Optional<Owner> owner,
    Trials trials,
    Optional<Move> move,
    Optional<HostId> home,
    Optional<HostId> wayBack,
    long handled,
    boolean shutDown,
    boolean letGo,
    Optional<String> voidLock,
    boolean evened,
    Optional<Eviction> eviction)
    implements StateRecord {

  /**
   * What has gone wrong with it lately.
   *
   * @param relocations how often it was given up by a host and given to another, as far as that is
   *     remembered
   * @param gaveUp the hosts that gave it up, as far as that is remembered
   * @param failed why it is left alone until its owner acts
   * @param movesFailed how many moves of it in a row have come to nothing
   */
  public record Trials(
      int relocations, SortedMap<HostId, GaveUp> gaveUp, Optional<String> failed, int movesFailed) {
    static final Trials NONE = new Trials(0, ImmutableSortedMap.of(), Optional.empty(), 0);

    public Trials {
      gaveUp = ImmutableSortedMap.copyOf(gaveUp);
    }

    /** The same, with other memories; when none is left, relocations no longer count either. */
    public Trials remembering(SortedMap<HostId, GaveUp> hosts) {
      return new Trials(hosts.isEmpty() ? 0 : relocations, hosts, failed, movesFailed);
    }

    /** The same, after so many moves in a row that have come to nothing. */
    public Trials withMovesFailed(int moves) {
      return new Trials(relocations, gaveUp, failed, moves);
    }
  }

  /**
   * A host gave it up.
   *
   * @param ran whether it ran there at all; if not, it counts only until it runs somewhere
   * @param remembered how much longer it is avoided, counted from when this was written. A
   *     controller that reads it counts from then, by its own clock: clocks of two controllers are
   *     never compared, and a change of controller makes the memory longer, never shorter
   */
  public record GaveUp(boolean ran, Duration remembered) {}

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
   * @param evacuates whether it is made only because its host is to be left
   * @param beneficiary for whom it makes room on its source
   */
  public record Move(
      OpId id,
      HostId source,
      HostId target,
      Phase phase,
      String why,
      boolean evacuates,
      Optional<WorkloadId> beneficiary) {

    /** One that is made for its own sake, and not because its host is to be left. */
    public Move(OpId id, HostId source, HostId target, Phase phase, String why) {
      this(id, source, target, phase, why, false, Optional.empty());
    }

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
      return new Move(id, source, target, next, why, evacuates, beneficiary);
    }

    /** The same, to be ended for this reason. */
    public Move withdrawn(String reason) {
      return new Move(id, source, target, Phase.WITHDRAWN, reason, evacuates, beneficiary);
    }

    /** The same, so that this one finds room. */
    public Move makingRoomFor(WorkloadId other) {
      return new Move(id, source, target, phase, why, evacuates, Optional.of(other));
    }
  }

  /**
   * It is stopped so that a more important one finds room, or was.
   *
   * @param beneficiary for whom
   * @param host where that one finds room
   */
  public record Eviction(WorkloadId beneficiary, HostId host, Stage phase) {

    /** How far it has come. */
    public enum Stage {
      /** It is to be stopped: until its host has said that it is, its room is not free. */
      STOPPING,
      /** It is stopped, and what it left is kept for the other. */
      CLEARED,
      /** It waits for room like any other. */
      WAITING,
      /**
       * It is over, and it is not stopped for others again now. Whoever takes over counts that
       * while from then on.
       */
      SPARED
    }

    /** The same, further on. */
    public Eviction in(Stage next) {
      return new Eviction(beneficiary, host, next);
    }

    private Eviction released() {
      return phase == Stage.STOPPING ? in(Stage.CLEARED) : this;
    }

    private Eviction given(Goal goal) {
      return phase == Stage.STOPPING && goal == Goal.STOP ? this : in(Stage.SPARED);
    }
  }

  public static Placement none(WorkloadId workload) {
    return new Placement(
        workload,
        Optional.empty(),
        Trials.NONE,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        false,
        false,
        Optional.empty(),
        false,
        Optional.empty());
  }

  /** Given to a host: what has been held against starting it is over. */
  public Placement withOwner(Owner next) {
    return new Placement(
        workload,
        Optional.of(next),
        trials,
        move,
        Optional.of(next.host()),
        wayBack,
        handled,
        false,
        false,
        voidLock,
        evened,
        eviction.map(one -> one.given(next.goal())));
  }

  /** Without an owner. It stays at home where it was. */
  public Placement released() {
    return new Placement(
        workload,
        Optional.empty(),
        trials,
        move,
        place(),
        wayBack,
        handled,
        shutDown,
        letGo,
        voidLock,
        evened,
        eviction.map(Eviction::released));
  }

  /** Where it is, or belongs while it runs nowhere. */
  public Optional<HostId> place() {
    return owner.map(Owner::host).or(() -> home);
  }

  /** Whether this host owns it. */
  public boolean isOn(HostId host) {
    return owner.filter(o -> o.host().equals(host)).isPresent();
  }

  /** With another account of what went wrong. */
  public Placement tried(Trials next) {
    return new Placement(
        workload, owner, next, move, home, wayBack, handled, shutDown, letGo, voidLock, evened,
        eviction);
  }

  /** What went wrong no longer counts. */
  public Placement cleanedUp() {
    return tried(Trials.NONE);
  }

  /** Its user shut it down from inside, or may have it started again. */
  public Placement shutDown(boolean honoured) {
    return new Placement(
        workload, owner, trials, move, home, wayBack, handled, honoured, letGo, voidLock, evened,
        eviction);
  }

  /** Left alone from now on, where it may be: nothing else is known of it any more. */
  public Placement leftAlone() {
    return new Placement(
        workload,
        Optional.empty(),
        Trials.NONE,
        Optional.empty(),
        place(),
        Optional.empty(),
        handled,
        false,
        true,
        Optional.empty(),
        false,
        Optional.empty());
  }

  /** Whoever owns it, it may have been taken elsewhere by hand. */
  public Placement unaccounted() {
    return new Placement(
        workload, owner, trials, move, home, wayBack, handled, shutDown, true, voidLock, evened,
        eviction);
  }

  /** The same host, which is given another order about it. */
  public Placement ordered(Owner next) {
    return new Placement(
        workload,
        Optional.of(next),
        trials,
        move,
        Optional.of(next.host()),
        wayBack,
        handled,
        shutDown,
        letGo,
        voidLock,
        evened,
        eviction);
  }

  /** It is known to run nowhere. */
  public Placement accountedFor() {
    return new Placement(
        workload, owner, trials, move, home, wayBack, handled, shutDown, false, voidLock, evened,
        eviction);
  }

  /** This lock is void, or none is. */
  public Placement withVoidLock(Optional<String> lock) {
    return new Placement(
        workload, owner, trials, move, home, wayBack, handled, shutDown, letGo, lock, evened,
        eviction);
  }

  /** Moved lately to make hosts more even, or not any more. */
  public Placement evened(boolean lately) {
    return new Placement(
        workload, owner, trials, move, home, wayBack, handled, shutDown, letGo, voidLock, lately,
        eviction);
  }

  /** Stopped for another, or not any more. */
  public Placement evicted(Optional<Eviction> next) {
    return new Placement(
        workload, owner, trials, move, home, wayBack, handled, shutDown, letGo, voidLock, evened,
        next);
  }

  /** On its way, or not any more. */
  public Placement moving(Optional<Move> next) {
    return new Placement(
        workload, owner, trials, next, home, wayBack, handled, shutDown, letGo, voidLock, evened,
        eviction);
  }

  /** Put on a host, without an order to anybody. */
  public Placement atHome(HostId host) {
    return new Placement(
        workload,
        owner,
        trials,
        move,
        Optional.of(host),
        wayBack,
        handled,
        shutDown,
        letGo,
        voidLock,
        evened,
        eviction);
  }

  /** To go back there, or nowhere. */
  public Placement goingBack(Optional<HostId> host) {
    return new Placement(
        workload, owner, trials, move, home, host, handled, shutDown, letGo, voidLock, evened,
        eviction);
  }

  /** This request is dealt with. */
  public Placement handled(long number) {
    return new Placement(
        workload, owner, trials, move, home, wayBack, number, shutDown, letGo, voidLock, evened,
        eviction);
  }

  @Override
  public Key key() {
    return new Key(Table.PLACEMENT, workload.toString());
  }
}
