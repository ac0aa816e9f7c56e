package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Move;
import io.holdfast.engine.record.Placement.Owner;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * It will soon have left the host that it is on, whatever for, or gives up the room that is kept
 * for it there. Room is sought as if it had, and what is kept there for another is kept until then.
 *
 * @param to where it will be then, if anywhere
 */
record SoonGone(WorkloadId workload, HostId from, Optional<HostId> to) {
  /** never stuck: it is waited no longer for what somebody else has stopped, whatever its time. */
  static final Duration MOST = Duration.ofMinutes(5);

  /** All of them. */
  static List<SoonGone> all(ControllerState state) {
    return state.workloads.values().stream().flatMap(one -> of(state, one).stream()).toList();
  }

  /** Those on this host. */
  static List<SoonGone> from(ControllerState state, HostId id) {
    HostEntry host = state.hosts.get(id);
    return (host == null ? Stream.<WorkloadId>empty() : host.placed.stream())
        .map(state.workloads::get)
        .filter(Objects::nonNull)
        .flatMap(one -> of(state, one).stream())
        .toList();
  }

  private static Optional<SoonGone> of(ControllerState state, WorkloadEntry workload) {
    Optional<HostId> owner = workload.placement.owner().map(Owner::host);
    if (owner.isEmpty() || workload.spec == null || !workload.unreadable.isEmpty()) {
      return Optional.empty(); // never stuck: nobody knows when it can be read again
    }
    HostId from = owner.get();
    Optional<Move> move = workload.placement.move();
    boolean isStopped =
        Evictions.isBeingStopped(workload.placement) || isGoingDown(state, workload);
    boolean moves = move.map(one -> isMoving(state, workload, one)).orElse(!isStopped);
    if (move.isEmpty() && isStopped) {
      return Optional.of(new SoonGone(workload.id, from, Optional.empty()));
    }
    return Room.targetOf(workload)
        .filter(to -> moves && !to.equals(from) && state.isRegistered(to))
        .map(to -> new SoonGone(workload.id, from, Optional.of(to)));
  }

  private static boolean isMoving(ControllerState state, WorkloadEntry workload, Move move) {
    return switch (move.phase()) {
      case LIVE -> true;
      // It goes back where it was while its target cannot be used.
      case COLD ->
          state.whyNotUsable(state.host(move.target())).isEmpty()
              && (!state.toldToStop.containsKey(workload.id) || isGoingDown(state, workload));
      case WITHDRAWN, ARRIVING -> false;
    };
  }

  /** Whether its host is stopping it, whoever wanted that. */
  private static boolean isGoingDown(ControllerState state, WorkloadEntry workload) {
    Long told = state.toldToStop.get(workload.id);
    Workload spec = workload.spec;
    if (told == null || spec == null) {
      return false;
    }
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    Duration its = ControllerConfig.MOVE_HOLD.plus(spec.policy().stopTimeout());
    long until = told + (its.compareTo(MOST) < 0 ? its : MOST).toNanos();
    boolean goes =
        facts.wish() == Wish.STOP
            && facts.stand() == Stand.PRESENT
            && facts.entry().condition() != Condition.STOP_FAILED
            && state.now < until;
    if (goes) {
      state.timerAtLatest(TimerKind.PLACE_AGAIN, "the stop of " + workload.id, until);
    }
    return goes;
  }

  /** From now on it has gone. */
  void supposed(Room.Rehearsal rehearsal) {
    to.ifPresentOrElse(host -> rehearsal.isOn(workload, host), () -> rehearsal.leaves(workload));
  }
}
