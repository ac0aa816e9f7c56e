package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Eviction;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Move;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Room that is made for workloads without a host, one host for each: what is free there, and what
 * those leave who are stopped or moved for it, is given to nobody else meanwhile. It follows from
 * the placements of those who are stopped, see {@link Evictions}, and of those who are on their way
 * already; whom else it was meant to move is known to the controller that meant it alone.
 */
final class KeptRoom {
  /** For so long what they have left is kept; then it may be given to others. */
  static final Duration KEPT = Duration.ofMinutes(2);

  private final ControllerState state;
  private final Books books;
  private final RoomNeeds needs;
  private final SortedMap<WorkloadId, RoomClaim> claims = new TreeMap<>();
  private final GivingWay givingWay;
  private final RoomMoves moves;

  /** Who has given way to more important ones since room was kept for it last. */
  private final SortedSet<WorkloadId> gaveWay = new TreeSet<>();

  KeptRoom(ControllerState state, Books books) {
    this.state = state;
    this.books = books;
    needs = new RoomNeeds(state);
    givingWay = new GivingWay(state, claims, this::giveWay);
    moves = new RoomMoves(state, claims, needs, givingWay);
  }

  void reset() {
    claims.clear();
    givingWay.reset();
    gaveWay.clear();
  }

  RoomNeeds needs() {
    return needs;
  }

  GivingWay givingWay() {
    return givingWay;
  }

  RoomMoves moves() {
    return moves;
  }

  private void giveWay(WorkloadId beneficiary) {
    drop(beneficiary);
    gaveWay.add(beneficiary);
  }

  /** It waits no longer. */
  void forget(WorkloadId workload) {
    gaveWay.remove(workload);
  }

  /** It finds room there as soon as all who go from there have gone. */
  void keep(WorkloadEntry workload, HostId host) {
    List<SoonGone> going = SoonGone.from(state, host);
    if (!going.isEmpty()) {
      RoomClaim claim = claim(workload, new RoomClaim(host, !state.policy.makeRoom().evicts()));
      going.forEach(one -> claim.leaving.add(one.workload()));
    }
  }

  /** These are about to be stopped there for it. */
  void keep(WorkloadEntry workload, EvictionPlan plan) {
    RoomClaim claim = claim(workload, new RoomClaim(plan.host(), false));
    plan.victims().forEach(victim -> claim.victims.add(victim.id));
  }

  /** These are about to be moved from there for it. */
  void keep(WorkloadEntry workload, MovePlan plan) {
    RoomClaim claim = claim(workload, new RoomClaim(plan.host(), true));
    claim.moves.putAll(plan.moves());
    claim.notBegun.addAll(plan.moves().keySet());
    plan.moves().forEach((id, target) -> reserve(state.workload(id), target));
  }

  /**
   * Whether what it leaves is kept for the one it is stopped for. What a former controller has
   * begun to keep is kept on.
   */
  boolean isKept(WorkloadEntry victim, Eviction eviction) {
    WorkloadId beneficiary = eviction.beneficiary();
    RoomClaim claim = claims.get(beneficiary);
    if (claim == null && isInheritedFor(beneficiary, eviction.host(), false)) {
      claim = claim(state.workload(beneficiary), new RoomClaim(eviction.host(), false));
    }
    if (claim == null || claim.byMoves || !claim.host.equals(eviction.host())) {
      return false;
    }
    claim.victims.add(victim.id);
    return true;
  }

  /** What a former controller has begun to move for another goes on, and what it leaves is kept. */
  void keepOn(WorkloadEntry moved) {
    moves.isLookedAt(moved);
    moved
        .placement
        .move()
        .filter(move -> !state.disarmed && isInherited(move))
        .ifPresent(move -> move.beneficiary().ifPresent(whom -> keepOn(moved, move, whom)));
  }

  private void keepOn(WorkloadEntry moved, Move move, WorkloadId beneficiary) {
    RoomClaim claim = claims.get(beneficiary);
    if (claim == null && isInheritedFor(beneficiary, move.source(), true)) {
      claim = claim(state.workload(beneficiary), new RoomClaim(move.source(), true));
    }
    if (claim != null && claim.byMoves && claim.host.equals(move.source())) {
      claim.moves.put(moved.id, move.target());
    }
  }

  /** What this controller has begun itself, it has a claim for, or had one. */
  private boolean isInherited(Move move) {
    return move.phase() == Move.Phase.LIVE && move.id().epoch() < state.epoch.value();
  }

  private boolean isInheritedFor(WorkloadId beneficiary, HostId host, boolean byMoves) {
    return !gaveWay.contains(beneficiary) && needs.isOfUse(beneficiary, host, byMoves);
  }

  private RoomClaim claim(WorkloadEntry workload, RoomClaim claim) {
    claims.put(workload.id, claim);
    gaveWay.remove(workload.id);
    if (workload.placement.owner().isEmpty()) {
      reserve(workload, claim.host);
    }
    return claim;
  }

  private void reserve(WorkloadEntry workload, @Nullable HostId host) {
    workload.roomKeptOn = host;
    state.room.changed(workload);
  }

  private void reserveNothing(WorkloadId id) {
    WorkloadEntry workload = state.workloads.get(id);
    if (workload != null) {
      reserve(workload, null);
    }
  }

  // The end of it

  /**
   * Ends what is of no use any more, has failed, or has been kept for long enough.
   *
   * @return for whom it has failed
   */
  SortedSet<WorkloadId> review() {
    moves.mayHaveFailed(state.worthPlacing);
    SortedSet<WorkloadId> failed = new TreeSet<>();
    for (WorkloadId id : List.copyOf(claims.keySet())) {
      RoomClaim claim = claims.get(id);
      if (claim != null && isOver(id, claim)) {
        drop(id);
        if (claim.failed) {
          failed.add(id);
        }
      }
    }
    return failed;
  }

  private boolean isOver(WorkloadId id, RoomClaim claim) {
    for (WorkloadId victim : List.copyOf(claim.victims)) {
      Optional<Eviction> eviction = RoomClaim.evictionFor(state, victim, id);
      claim.cleared |= eviction.filter(one -> one.phase() == Stage.CLEARED).isPresent();
      if (eviction.isEmpty()) {
        claim.victims.remove(victim);
      }
    }
    claim.cleared |= claim.hasAnyoneLeft(state);
    boolean isOpen = claim.until == Wait.OPEN;
    boolean underWay = isOpen && claim.isUnderWay(state);
    // Who has gone, and is elsewhere by now, has left its room; who has not leaves none.
    boolean nobodyGoes =
        !underWay && !claim.cleared && claim.victims.isEmpty() && claim.moves.isEmpty();
    if (isOpen && !underWay) {
      claim.until = state.now + KEPT.toNanos();
      state.timer(TimerKind.PLACE_AGAIN, "room for " + id, claim.until);
    }
    boolean over =
        claim.failed
            || nobodyGoes
            || !needs.isOfUse(id, claim.host, claim.byMoves)
            || state.now >= claim.until;
    if (!over) {
      keepForFollowers(id, claim);
    }
    return over;
  }

  /**
   * What goes where it goes comes after it, and could go nowhere else: so it has its room, too.
   * Before it has that host they could take any other together.
   */
  private void keepForFollowers(WorkloadId id, RoomClaim claim) {
    WorkloadEntry workload = state.workload(id);
    if (!workload.placement.isOn(claim.host)) {
      return;
    }
    if (workload.roomKeptOn != null) {
      reserve(workload, null); // it is there
    }
    List<WorkloadEntry> waiting = needs.partnersWaiting(id);
    for (WorkloadId follower : List.copyOf(claim.followers)) {
      if (waiting.stream().noneMatch(partner -> partner.id.equals(follower))) {
        claim.followers.remove(follower);
        reservesNoMore(follower);
      }
    }
    for (WorkloadEntry partner : waiting) {
      if (partner.roomKeptOn == null && state.room.mayStartOn(partner, state.host(claim.host))) {
        claim.followers.add(partner.id);
        reserve(partner, claim.host);
      }
    }
  }

  /** Unless room is made for it alone by now. */
  private void reservesNoMore(WorkloadId id) {
    if (!claims.containsKey(id)) {
      reserveNothing(id);
    }
  }

  /**
   * All have gone for it, the host can be used, and there is no room still, nor will there be when
   * all others have gone that go from there: others took it, or somebody stayed.
   */
  void giveUpIfInVain(WorkloadEntry workload) {
    RoomClaim claim = claims.get(workload.id);
    if (claim != null
        && !claim.isMade(state)
        && state.whyNotUsable(state.host(claim.host)).isEmpty()
        && !findsRoomSoon(workload, claim.host)) {
      drop(workload.id);
    }
  }

  private boolean findsRoomSoon(WorkloadEntry workload, HostId host) {
    List<SoonGone> going = new ArrayList<>(SoonGone.from(state, host));
    if (going.isEmpty()) {
      return false;
    }
    going.addAll(givingWay.thoseBehind(workload));
    List<HostId> found = new ArrayList<>();
    state.room.rehearse(
        rehearsal -> {
          going.forEach(one -> one.supposed(rehearsal));
          if (rehearsal.mayStartOn(workload.id, host)) {
            found.add(host);
          }
        });
    return !found.isEmpty();
  }

  private void drop(WorkloadId id) {
    RoomClaim claim = claims.remove(id);
    if (claim == null) {
      return;
    }
    reserveNothing(id);
    claim.notBegun.forEach(this::reservesNoMore);
    claim.followers.forEach(this::reservesNoMore);
    for (WorkloadId victim : claim.victims) {
      RoomClaim.evictionFor(state, victim, id)
          .filter(one -> one.phase() == Stage.CLEARED)
          .ifPresent(one -> waits(state.workload(victim), one));
    }
    state.touched.addAll(claim.victims);
    state.worthPlacing = true;
  }

  /** What it left is kept for nobody: it waits like any other. */
  void waits(WorkloadEntry victim, Eviction eviction) {
    Placement next = victim.placement.evicted(Optional.of(eviction.in(Stage.WAITING)));
    books.write(victim, next);
    state.worthPlacing = true;
  }

  // For people

  /** Why it waits for room that is made for it; empty if none is. */
  Optional<String> describe(WorkloadEntry workload) {
    return Optional.ofNullable(claims.get(workload.id)).map(claim -> claim.describe(state));
  }

  /** What it waits for that finds no room. */
  Wait waitOf(WorkloadEntry workload) {
    RoomClaim claim = claims.get(workload.id);
    return claim == null
        ? Wait.FOR_ROOM
        : new Wait(Kind.ROOM, "what is made free on " + claim.host, claim.until);
  }
}
