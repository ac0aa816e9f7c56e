package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.Placement.Eviction;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What is kept for one workload, on one host. */
final class RoomClaim {
  final HostId host;

  /** Whether others are moved from there; if not, they are stopped. */
  final boolean byMoves;

  /** Who is stopped there for it. */
  final SortedSet<WorkloadId> victims = new TreeSet<>();

  /** Who is moved from there for it, and where to. */
  final SortedMap<WorkloadId, HostId> moves = new TreeMap<>();

  /** Of these the ones whose turn has not come yet. */
  final SortedSet<WorkloadId> notBegun = new TreeSet<>();

  /** Strict partners that follow it there, and for which room is kept since it has the host. */
  final SortedSet<WorkloadId> followers = new TreeSet<>();

  /** Who goes from there anyhow, on whom it counts. */
  final SortedSet<WorkloadId> leaving = new TreeSet<>();

  /** Whether anybody on whom it counts has left its room, unless that was moved for it. */
  boolean cleared;

  /** A move came to nothing, or cannot be made any more. */
  boolean failed;

  /** Open while any of them, or anybody else there, has yet to go. */
  long until = Wait.OPEN;

  RoomClaim(HostId host, boolean byMoves) {
    this.host = host;
    this.byMoves = byMoves;
  }

  /**
   * Whether anybody is still to go for it, or on its way, or goes from there for another reason:
   * room was sought as if all of these had gone.
   */
  boolean isUnderWay(ControllerState state) {
    return isMade(state) || !SoonGone.from(state, host).isEmpty();
  }

  /** Whether any of those on whom it counts is placed there no more. */
  boolean hasAnyoneLeft(ControllerState state) {
    return leaving.stream()
        .map(state.workloads::get)
        .anyMatch(one -> one == null || !one.placement.isOn(host));
  }

  /** Whether anybody is still to go for it, or on its way. */
  boolean isMade(ControllerState state) {
    return byMoves ? isAnyoneBeingMoved(state) : isAnyoneBeingStopped(state);
  }

  private boolean isAnyoneBeingStopped(ControllerState state) {
    return victims.stream()
        .map(state.workloads::get)
        .anyMatch(victim -> victim != null && Evictions.isBeingStopped(victim.placement));
  }

  /** Why this one is stopped, or was just now, if that is for the other. */
  static Optional<Eviction> evictionFor(
      ControllerState state, WorkloadId victim, WorkloadId beneficiary) {
    WorkloadEntry workload = state.workloads.get(victim);
    return workload == null || !workload.unreadable.isEmpty()
        ? Optional.empty() // never stuck: nobody knows when it can be read, and looked at, again
        : workload
            .placement
            .eviction()
            .filter(one -> one.phase() == Stage.STOPPING || one.phase() == Stage.CLEARED)
            .filter(one -> one.beneficiary().equals(beneficiary));
  }

  /** What did not get away ends all of it. */
  private boolean isAnyoneBeingMoved(ControllerState state) {
    boolean underWay = !notBegun.isEmpty();
    for (WorkloadId id : moves.keySet()) {
      WorkloadEntry workload = state.workloads.get(id);
      boolean begun = workload != null && !notBegun.contains(id);
      if (begun && workload != null) {
        boolean there = workload.placement.isOn(host);
        boolean isMoved = workload.placement.move().isPresent();
        underWay |= there && isMoved;
        failed |= there && !isMoved;
      }
    }
    return underWay;
  }

  /** Whether room is kept on this host for it, or for those who are to make room for it. */
  boolean isKeptOn(HostId other) {
    return host.equals(other) || notBegun.stream().anyMatch(id -> other.equals(moves.get(id)));
  }

  // For people

  /** How it is made, as a line says it. */
  String describe(ControllerState state) {
    SortedSet<WorkloadId> others = new TreeSet<>();
    if (!isMade(state)) {
      SoonGone.from(state, host).forEach(one -> others.add(one.workload()));
    }
    if (!others.isEmpty()) {
      return "room is kept for it on %s, which %s leaving".formatted(host, are(others));
    }
    if (byMoves && !moves.isEmpty()) {
      return "room is made for it on %s, from where %s moved"
          .formatted(host, are(new TreeSet<>(moves.keySet())));
    }
    return victims.isEmpty()
        ? "room is kept for it on " + host
        : "room is made for it on %s, where %s stopped".formatted(host, are(victims));
  }

  private static String are(SortedSet<WorkloadId> ids) {
    return ids.size() == 1 ? ids.first() + " is" : ids + " are";
  }
}
