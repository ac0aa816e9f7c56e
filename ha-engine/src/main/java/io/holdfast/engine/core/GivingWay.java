package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.record.Placement.Owner;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Room that is kept for less important workloads is not kept from more important ones: where it is
 * all that is in their way, it is kept no more. The least important give way first, and no more of
 * them than it takes. What was ordered for them goes on.
 */
final class GivingWay {
  private record Ranked(int importance, WorkloadId id) {}

  private final ControllerState state;
  private final SortedMap<WorkloadId, RoomClaim> claims;
  private final Consumer<WorkloadId> drop;

  /** Of whom no less important ones were in the way, as {@link Room#openings()} counted then. */
  private final SortedMap<WorkloadId, Long> inNobodysWay = new TreeMap<>();

  /**
   * @param claims of others, by whom they are for
   * @param drop ends the claim of this one
   */
  GivingWay(
      ControllerState state, SortedMap<WorkloadId, RoomClaim> claims, Consumer<WorkloadId> drop) {
    this.state = state;
    this.claims = claims;
    this.drop = drop;
  }

  void reset() {
    inNobodysWay.clear();
  }

  /** It may wait no longer, or be more important than before. */
  void forget(WorkloadId workload) {
    inNobodysWay.remove(workload);
  }

  /**
   * It could be started, and finds no room.
   *
   * @return whether it does now
   */
  boolean to(WorkloadEntry workload, Wish wish) {
    return to(
        workload,
        rehearsal ->
            rehearsal.choose(workload.id, wish) instanceof Choice.Chosen chosen
                ? Optional.of(chosen.host())
                : Optional.empty());
  }

  /** As {@link #to(WorkloadEntry, Wish)}, where it may be started on this host only. */
  boolean to(WorkloadEntry workload, HostEntry only) {
    return state.isRegistered(only.id)
        && to(
            workload,
            rehearsal ->
                rehearsal.mayStartOn(workload.id, only.id)
                    ? Optional.of(only.id)
                    : Optional.empty());
  }

  private boolean to(
      WorkloadEntry workload, Function<Room.Rehearsal, Optional<HostId>> whereItFits) {
    if (claims.isEmpty() || isInNobodysWay(workload.id)) {
      return false;
    }
    List<WorkloadId> less = lessImportantThan(workload);
    if (less.isEmpty() || state.admission.mayRefuse(workload)) {
      return false;
    }
    List<HostId> found = new ArrayList<>();
    state.room.rehearse(
        rehearsal -> {
          less.forEach(id -> keepsNothing(id, rehearsal));
          whereItFits.apply(rehearsal).ifPresent(found::add);
        });
    if (found.isEmpty()) {
      inNobodysWay.put(workload.id, state.room.openings());
    }
    found.forEach(host -> isClearedFor(workload, state.host(host), less));
    return !found.isEmpty();
  }

  private boolean isInNobodysWay(WorkloadId workload) {
    Long openings = inNobodysWay.get(workload);
    return openings != null && openings == state.room.openings();
  }

  private void isClearedFor(WorkloadEntry workload, HostEntry host, List<WorkloadId> less) {
    for (WorkloadId id : less) {
      if (claimOf(id).isKeptOn(host.id) && !state.room.mayStartOn(workload, host)) {
        drop.accept(id);
      }
    }
  }

  private void keepsNothing(WorkloadId beneficiary, Room.Rehearsal rehearsal) {
    Stream<WorkloadEntry> toBeMoved =
        claimOf(beneficiary).notBegun.stream().map(state.workloads::get).filter(Objects::nonNull);
    Stream.concat(haveRoomKept(beneficiary), toBeMoved)
        .forEach(
            one ->
                one.placement
                    .owner()
                    .map(Owner::host)
                    .filter(state::isRegistered)
                    .ifPresentOrElse(
                        host -> rehearsal.isOn(one.id, host), () -> rehearsal.leaves(one.id)));
  }

  /** Those for whom room is kept that this one could take, for it is more important. */
  List<SoonGone> thoseBehind(WorkloadEntry workload) {
    return lessImportantThan(workload).stream()
        .flatMap(this::haveRoomKept)
        .map(one -> new SoonGone(one.id, Objects.requireNonNull(one.roomKeptOn), Optional.empty()))
        .toList();
  }

  /** The least important first. */
  private List<WorkloadId> lessImportantThan(WorkloadEntry workload) {
    return claims.keySet().stream()
        .filter(id -> !id.equals(workload.id))
        .map(id -> new Ranked(importanceOf(id), id))
        .filter(one -> one.importance() < workload.priority().value())
        .sorted(Comparator.comparingInt(Ranked::importance).thenComparing(Ranked::id))
        .map(Ranked::id)
        .toList();
  }

  /** Of the most important one for which its room is kept. */
  int importanceOf(WorkloadId beneficiary) {
    return haveRoomKept(beneficiary)
        .mapToInt(one -> one.priority().value())
        .max()
        .orElse(Integer.MIN_VALUE);
  }

  private Stream<WorkloadEntry> haveRoomKept(WorkloadId beneficiary) {
    return Stream.concat(Stream.of(beneficiary), claimOf(beneficiary).followers.stream())
        .map(state.workloads::get)
        .filter(one -> one != null && one.roomKeptOn != null && one.placement.owner().isEmpty());
  }

  private RoomClaim claimOf(WorkloadId beneficiary) {
    return Objects.requireNonNull(claims.get(beneficiary));
  }
}
