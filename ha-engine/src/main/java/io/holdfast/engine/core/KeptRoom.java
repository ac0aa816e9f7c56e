package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Eviction;
import io.holdfast.engine.record.Placement.Eviction.Phase;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Room that is made for workloads without a host, one host for each: what is free there, and what
 * those leave who are stopped or moved for it, is given to nobody else meanwhile. Of those who are
 * stopped it follows from their placements, see {@link Evictions}; what is moved is known to the
 * controller that has it moved.
 */
final class KeptRoom {
  /** For so long what they have left is kept; then it may be given to others. */
  static final Duration KEPT = Duration.ofMinutes(2);

  /** What is kept for one workload. */
  private static final class Claim {
    final HostId host;
    final SortedSet<WorkloadId> victims = new TreeSet<>();

    /** Who is to be moved from there, and where to; none where others are stopped. */
    final SortedMap<WorkloadId, HostId> moves;

    /** Of these the ones whose turn has not come yet. */
    final SortedSet<WorkloadId> notBegun;

    /** A move came to nothing, or cannot be made any more. */
    boolean failed;

    /** Open while any of them is being stopped or moved. */
    long until = Wait.OPEN;

    Claim(HostId host, SortedMap<WorkloadId, HostId> moves) {
      this.host = host;
      this.moves = moves;
      notBegun = new TreeSet<>(moves.keySet());
    }
  }

  /** A move whose turn it is. */
  record Step(WorkloadEntry workload, HostId target, WorkloadId beneficiary) {}

  private final ControllerState state;
  private final Books books;
  private final SortedMap<WorkloadId, Claim> claims = new TreeMap<>();

  KeptRoom(ControllerState state, Books books) {
    this.state = state;
    this.books = books;
  }

  void reset() {
    claims.clear();
  }

  /** These are about to be stopped there for it. */
  void keep(WorkloadEntry workload, EvictionPlan plan) {
    Claim claim = claim(workload, plan.host(), Collections.emptySortedMap());
    plan.victims().forEach(victim -> claim.victims.add(victim.id));
  }

  /** These are about to be moved from there for it. */
  void keep(WorkloadEntry workload, MovePlan plan) {
    claim(workload, plan.host(), plan.moves());
    plan.moves().forEach((id, target) -> reserve(state.workload(id), target));
  }

  /** Whose turn to be moved has not come yet. */
  List<WorkloadEntry> toBeMoved() {
    return claims.values().stream()
        .flatMap(claim -> claim.notBegun.stream())
        .map(state.workloads::get)
        .filter(Objects::nonNull)
        .toList();
  }

  /**
   * Whether what it leaves is kept for the one it is stopped for. What a former controller has
   * begun to keep is kept on.
   */
  boolean isKept(WorkloadEntry victim, Eviction eviction) {
    WorkloadId beneficiary = eviction.beneficiary();
    Claim claim = claims.get(beneficiary);
    if (claim == null && isOfUse(beneficiary, eviction.host(), false)) {
      claim = claim(state.workload(beneficiary), eviction.host(), Collections.emptySortedMap());
    }
    if (claim == null || !claim.moves.isEmpty() || !claim.host.equals(eviction.host())) {
      return false;
    }
    claim.victims.add(victim.id);
    return true;
  }

  private Claim claim(WorkloadEntry workload, HostId host, SortedMap<WorkloadId, HostId> moves) {
    Claim claim = new Claim(host, moves);
    claims.put(workload.id, claim);
    reserve(workload, host);
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

  // Moves

  /** The next that may begin now; it does. */
  Optional<Step> nextMove(Predicate<WorkloadEntry> mayBeMoved) {
    if (claims.isEmpty() || !state.mayAct() || state.policyUnread) {
      return Optional.empty();
    }
    MoveSlots slots = new MoveSlots(state);
    for (var entry : claims.entrySet()) {
      Claim claim = entry.getValue();
      for (WorkloadId id : List.copyOf(claim.notBegun)) {
        WorkloadEntry workload = state.workloads.get(id);
        HostId target = claim.moves.getOrDefault(id, claim.host);
        boolean possible =
            workload != null
                && workload.placement.isOn(claim.host)
                && mayBeMoved.test(workload)
                && state.room.blockedBy(workload, state.host(target)).isEmpty();
        if (workload == null || !possible) {
          claim.failed = true;
          state.touched.add(entry.getKey());
        } else if (!claim.failed
            && isOfUse(entry.getKey(), claim.host, true)
            && !slots.areTaken()
            && !slots.areTakenOn(claim.host)
            && !slots.areTakenOn(target)) {
          claim.notBegun.remove(id);
          reserve(workload, null); // its move holds the room from now on
          return Optional.of(new Step(workload, target, entry.getKey()));
        }
      }
    }
    return Optional.empty();
  }

  /** Whether any is still to come, or on its way; what did not get away ends all of it. */
  private boolean isAnyoneBeingMoved(Claim claim) {
    boolean underWay = !claim.notBegun.isEmpty();
    for (WorkloadId id : claim.moves.keySet()) {
      WorkloadEntry workload = state.workloads.get(id);
      boolean begun = workload != null && !claim.notBegun.contains(id);
      if (begun && workload != null) {
        boolean there = workload.placement.isOn(claim.host);
        boolean moves = workload.placement.move().isPresent();
        underWay |= there && moves;
        claim.failed |= there && !moves;
      }
    }
    return underWay;
  }

  // The end of it

  /**
   * Ends what is of no use any more, has failed, or has been kept for long enough.
   *
   * @return for whom it has failed
   */
  SortedSet<WorkloadId> review() {
    SortedSet<WorkloadId> failed = new TreeSet<>();
    for (WorkloadId id : List.copyOf(claims.keySet())) {
      Claim claim = claims.get(id);
      if (claim != null && isOver(id, claim)) {
        drop(id, claim);
        if (claim.failed) {
          failed.add(id);
        }
      }
    }
    return failed;
  }

  private boolean isOver(WorkloadId id, Claim claim) {
    claim.victims.removeIf(victim -> evictionFor(victim, id).isEmpty());
    if (claim.until == Wait.OPEN && !isUnderWay(claim)) {
      claim.until = state.now + KEPT.toNanos();
      state.timer(TimerKind.PLACE_AGAIN, "room for " + id, claim.until);
    }
    boolean byMoves = !claim.moves.isEmpty();
    return claim.failed
        || (!byMoves && claim.victims.isEmpty())
        || !isOfUse(id, claim.host, byMoves)
        || state.now >= claim.until;
  }

  private boolean isUnderWay(Claim claim) {
    return claim.moves.isEmpty() ? isAnyoneBeingStopped(claim) : isAnyoneBeingMoved(claim);
  }

  /** All have gone, the host can be used, and there is no room still: others took it. */
  void giveUpIfInVain(WorkloadEntry workload) {
    Claim claim = claims.get(workload.id);
    if (claim != null
        && !isUnderWay(claim)
        && state.whyNotUsable(state.host(claim.host)).isEmpty()) {
      drop(workload.id, claim);
    }
  }

  private void drop(WorkloadId id, Claim claim) {
    claims.remove(id);
    reserveNothing(id);
    claim.notBegun.forEach(this::reserveNothing);
    for (WorkloadId victim : claim.victims) {
      evictionFor(victim, id)
          .filter(one -> one.phase() == Phase.CLEARED)
          .ifPresent(one -> waits(state.workload(victim), one));
    }
    state.touched.addAll(claim.victims);
    state.worthPlacing = true;
  }

  /** What it left is kept for nobody: it waits like any other. */
  void waits(WorkloadEntry victim, Eviction eviction) {
    Placement next = victim.placement.evicted(Optional.of(eviction.in(Phase.WAITING)));
    books.write(victim, next);
    state.worthPlacing = true;
  }

  private Optional<Eviction> evictionFor(WorkloadId victim, WorkloadId beneficiary) {
    WorkloadEntry workload = state.workloads.get(victim);
    return workload == null
        ? Optional.empty()
        : workload
            .placement
            .eviction()
            .filter(one -> one.phase() == Phase.STOPPING || one.phase() == Phase.CLEARED)
            .filter(one -> one.beneficiary().equals(beneficiary));
  }

  private boolean isAnyoneBeingStopped(Claim claim) {
    return claim.victims.stream()
        .map(state.workloads::get)
        .anyMatch(victim -> victim != null && Evictions.isBeingStopped(victim.placement));
  }

  /** Whether room on this host is of use to it, if that host is there, or may be in a moment. */
  private boolean isOfUse(WorkloadId beneficiary, HostId host, boolean byMoves) {
    HostEntry there = state.hosts.get(host);
    MakeRoom policy = state.policy.makeRoom();
    return (byMoves ? policy.moves() : policy.evicts())
        && !Disarming.isWanted(state)
        && isWaiting(state.workloads.get(beneficiary))
        && there != null
        && there.config != null
        && (there.state == HostState.SUSPECT
            || there.state == HostState.JOINING
            || state.whyNotUsable(there).isEmpty());
  }

  /** Whether it is to run, and has no host. */
  static boolean isWaiting(@Nullable WorkloadEntry workload) {
    return workload != null
        && workload.unreadable.isEmpty()
        && workload.placement.owner().isEmpty()
        && WorkloadFacts.wishOf(workload) == Wish.RUN
        && workload.placement.trials().failed().isEmpty();
  }

  // For people

  /** Why it waits for room that is made for it; empty if none is. */
  Optional<String> describe(WorkloadEntry workload) {
    return Optional.ofNullable(claims.get(workload.id))
        .map(claim -> "room is made for it on %s, %s".formatted(claim.host, how(claim)));
  }

  private static String how(Claim claim) {
    return claim.moves.isEmpty()
        ? "where %s stopped".formatted(are(claim.victims))
        : "from where %s moved".formatted(are(new TreeSet<>(claim.moves.keySet())));
  }

  private static String are(SortedSet<WorkloadId> ids) {
    return ids.size() == 1 ? ids.first() + " is" : ids + " are";
  }

  /** What it waits for that finds no room. */
  Wait waitOf(WorkloadEntry workload) {
    Claim claim = claims.get(workload.id);
    return claim == null
        ? Wait.FOR_ROOM
        : new Wait(Kind.ROOM, "what is made free on " + claim.host, claim.until);
  }
}
