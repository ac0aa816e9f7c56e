package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Whose turn it is to be moved so that another finds room: those for the most important first. */
final class RoomMoves {
  /** A move whose turn it is. */
  record Step(WorkloadEntry workload, HostId target, WorkloadId beneficiary) {}

  private final ControllerState state;
  private final SortedMap<WorkloadId, RoomClaim> claims;
  private final RoomNeeds needs;
  private final GivingWay givingWay;

  /**
   * Of the most important one for which room is kept on a host: it counts on all moves from there.
   */
  private final SortedMap<HostId, Integer> importance = new TreeMap<>();

  /** Whether anything may be in the way of one that was not when they were looked at last. */
  private boolean mayHaveFailed;

  RoomMoves(
      ControllerState state,
      SortedMap<WorkloadId, RoomClaim> claims,
      RoomNeeds needs,
      GivingWay givingWay) {
    this.state = state;
    this.claims = claims;
    this.needs = needs;
    this.givingWay = givingWay;
  }

  /** Something happened to it. */
  void isLookedAt(WorkloadEntry workload) {
    mayHaveFailed(workload.roomKeptOn != null && workload.placement.owner().isPresent());
  }

  void mayHaveFailed(boolean may) {
    mayHaveFailed |= may;
  }

  /** All whose turn has not come have been looked at. */
  void areLookedAt() {
    mayHaveFailed = false;
  }

  /** How important those are for whom somebody is still to be moved, downwards. */
  List<Integer> importances() {
    importance.clear();
    claims.forEach(
        (id, claim) -> importance.merge(claim.host, givingWay.importanceOf(id), Math::max));
    return claims.values().stream()
        .filter(claim -> !claim.notBegun.isEmpty())
        .map(this::importanceOf)
        .distinct()
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  /** Whether so many have yet to begin for those that are as important, or more. */
  boolean doWait(Priority priority, int most) {
    int waiting = 0;
    for (var entry : claims.entrySet()) {
      int its = entry.getValue().notBegun.size();
      boolean counts = its > 0 && givingWay.importanceOf(entry.getKey()) >= priority.value();
      waiting += counts ? its : 0;
      if (waiting >= most) {
        return true;
      }
    }
    return false;
  }

  private int importanceOf(RoomClaim claim) {
    return importance.getOrDefault(claim.host, Integer.MIN_VALUE);
  }

  /**
   * The next that may begin now; it does.
   *
   * @param its one of {@link #importances()}
   */
  Optional<Step> next(int its, Predicate<WorkloadEntry> mayBeMoved) {
    if (!state.mayAct() || state.policyUnread) {
      return Optional.empty();
    }
    MoveSlots slots = new MoveSlots(state);
    for (var entry : claims.entrySet()) {
      RoomClaim claim = entry.getValue();
      if (claim.notBegun.isEmpty() || importanceOf(claim) != its) {
        continue;
      }
      for (WorkloadId id : List.copyOf(claim.notBegun)) {
        WorkloadEntry workload = state.workloads.get(id);
        HostId target = claim.moves.getOrDefault(id, claim.host);
        boolean isItsTurn =
            !slots.areTaken() && !slots.areTakenOn(claim.host) && !slots.areTakenOn(target);
        if (!isItsTurn && !mayHaveFailed) {
          continue;
        }
        boolean possible =
            workload != null
                && workload.placement.isOn(claim.host)
                && mayBeMoved.test(workload)
                && state.room.blockedBy(workload, state.host(target)).isEmpty();
        if (workload == null || !possible) {
          claim.failed = true;
          state.touched.add(entry.getKey());
        } else if (!claim.failed && isItsTurn && needs.isOfUse(entry.getKey(), claim.host, true)) {
          claim.notBegun.remove(id);
          workload.roomKeptOn = null; // its move holds the room from now on
          state.room.changed(workload);
          return Optional.of(new Step(workload, target, entry.getKey()));
        }
      }
    }
    return Optional.empty();
  }
}
