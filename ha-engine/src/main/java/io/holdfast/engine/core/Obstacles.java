package io.holdfast.engine.core;

import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import java.util.Optional;

/** What is in the way of a move: of the workload itself, of its partners, or of all moves. */
final class Obstacles {
  private final ControllerState state;
  private final Mobility mobility;

  Obstacles(ControllerState state, Mobility mobility) {
    this.state = state;
    this.mobility = mobility;
  }

  /**
   * What keeps it from being moved although nobody has asked for that.
   *
   * @param leaving why it is to leave its host, if it is
   */
  Optional<Obstacle> whyNotMoved(WorkloadEntry workload, Workload spec, Optional<Leaving> leaving) {
    boolean live = Leaving.isLive(spec, leaving);
    return whyNotUnasked(workload, spec, isForOthers(leaving))
        .or(this::whyNoMoves)
        .or(() -> whyHeld(workload, live));
  }

  /**
   * What keeps it, or its partners, from going there together.
   *
   * @param leaving why it is to leave its host, if it is
   */
  Optional<Obstacle> whyNotThere(
      WorkloadEntry workload, Relocation wanted, Optional<Leaving> leaving) {
    return whyNotTogether(workload, wanted, isForOthers(leaving));
  }

  /** What keeps it, or its partners, from going where somebody wants it. */
  Optional<Obstacle> whyNotAsAsked(WorkloadEntry workload, Relocation wanted) {
    return whyNoMoves()
        .or(() -> whyHeld(workload, wanted.live()))
        .or(() -> whyNotTogether(workload, wanted, false));
  }

  private static boolean isForOthers(Optional<Leaving> leaving) {
    return leaving.filter(l -> !l.evenIfUnmovable()).isPresent();
  }

  /** What keeps it from being moved unless that is asked for. */
  private Optional<Obstacle> whyNotUnasked(
      WorkloadEntry workload, Workload spec, boolean forOthers) {
    if (state.now < workload.moveNotBefore) {
      return Optional.of(
          new Obstacle(
              "the last move failed; tried again after a pause that grows",
              new Wait(Kind.BACKOFF, workload.id.toString(), workload.moveNotBefore)));
    }
    return forOthers && !spec.policy().movable()
        ? Optional.of(
            new Obstacle(
                "its policy says that it is not moved for others' sake",
                Wait.of(Kind.OWNER, workload.id.toString())))
        : Optional.empty();
  }

  /** What keeps it from being moved, whoever wants that. */
  private Optional<Obstacle> whyHeld(WorkloadEntry workload, boolean live) {
    Optional<Obstacle> locked =
        workload
            .lock()
            .map(lock -> new Obstacle("it is locked: " + lock, Wait.of(Kind.LOCK, lock)));
    // What does not execute cannot be moved while it runs.
    return locked.isEmpty() && live && WorkloadFacts.of(state, workload).isPaused()
        ? Optional.of(
            new Obstacle(
                "it is paused, and is not stopped for it",
                Wait.of(Kind.OWNER, workload.id.toString())))
        : locked;
  }

  /** What is in the way of its partners, which go along, or of all of them on that host. */
  private Optional<Obstacle> whyNotTogether(
      WorkloadEntry workload, Relocation wanted, boolean forOthers) {
    for (WorkloadEntry partner : mobility.wantedAlong(workload, wanted.target())) {
      Workload theirs = partner.spec;
      Optional<Obstacle> against =
          theirs == null || wanted.request().isPresent()
              ? Optional.empty()
              : whyNotUnasked(partner, theirs, forOthers);
      against = against.or(() -> whyHeld(partner, wanted.isLiveFor(partner)));
      if (against.isPresent()) {
        String why = partner.id + ", its partner, cannot come along: " + against.get().why();
        return Optional.of(new Obstacle(why, against.get().waits()));
      }
    }
    return state
        .room
        .blockedBy(workload, state.host(wanted.target()))
        .map(
            refusal ->
                new Obstacle(
                    refusal.detail(),
                    refusal
                        .partner()
                        .map(id -> Wait.of(Kind.DEPENDENCY, id.toString()))
                        .orElse(Wait.FOR_ROOM)));
  }

  private Optional<Obstacle> whyNoMoves() {
    return Disarming.isWanted(state)
        ? Optional.of(new Obstacle("the cluster is disarmed, or about to be", Wait.UNTIL_ARMED))
        : Optional.empty();
  }
}
