package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.Placement.Move;
import io.holdfast.engine.record.WorkloadRequest;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.util.Optional;

/**
 * What was asked for about where a workload is to be. Each request is answered once: it is done, or
 * refused with the reason, which stays in the workload's status until it is moved, another move is
 * asked for, or another controller leads; and until then the status tells that it is open, and the
 * explanation what it waits for.
 */
final class MoveRequests {
  private final ControllerState state;
  private final Books books;

  MoveRequests(ControllerState state, Books books) {
    this.state = state;
    this.books = books;
  }

  /** One that has not been dealt with. */
  static Optional<WorkloadRequest> open(WorkloadEntry workload) {
    return Requests.open(workload).filter(request -> targetOf(request).isPresent());
  }

  static Optional<HostId> targetOf(WorkloadRequest request) {
    if (request.action() instanceof Action.Move move) {
      return Optional.of(move.target());
    }
    return request.action() instanceof Action.Relocate relocate
        ? Optional.of(relocate.target())
        : Optional.empty();
  }

  /** What is to be told of it besides why the workload is as it is; empty if nothing is. */
  static String describe(WorkloadEntry workload) {
    return open(workload)
        .flatMap(MoveRequests::targetOf)
        .map(target -> "asked to be moved to " + target + ", which waits")
        .orElse(workload.answer);
  }

  /** It is dealt with, and there is nothing more to say of it. */
  void done(WorkloadEntry workload, long number) {
    books.keepAccount(workload);
    workload.answer = "";
    books.write(workload, workload.placement.handled(number));
  }

  /** It is not done, for this reason. */
  void refuse(WorkloadEntry workload, WorkloadRequest request, String why) {
    HostId target = targetOf(request).orElseThrow();
    done(workload, request.number());
    workload.answer = "not moved to " + target + " as asked: " + why;
    state.touched.add(workload.id);
    state.publish(new HaEvent.MoveRefused(workload.id, target, why));
  }

  /** It is not done, if one is open. */
  void refuse(WorkloadEntry workload, String why) {
    open(workload).ifPresent(request -> refuse(workload, request, why));
  }

  /**
   * Of one that no host owns: done in the books if it is not to run, or only when its owner has
   * acted; else it is for {@link Recovery} to say when it may go anywhere.
   */
  void take(WorkloadEntry workload, WorkloadFacts facts) {
    if (open(workload).isEmpty()) {
      return;
    }
    if (facts.owner().isPresent()) {
      refuseForNothing(workload, state.host(facts.owner().get().host()));
      return;
    }
    boolean rests = WorkloadFacts.wishOf(workload) == Wish.STOP;
    if (rests || workload.placement.trials().failed().isPresent()) {
      open(workload).ifPresent(request -> placeInBooks(workload, request));
    } else {
      state.worthPlacing = true;
    }
  }

  /**
   * A host that is fenced only because something is wanted elsewhere is not, if that fails then.
   */
  private void refuseForNothing(WorkloadEntry workload, HostEntry owner) {
    if (OnlyHost.isBound(workload) && owner.isSilent()) {
      open(workload)
          .filter(request -> !targetOf(request).equals(Optional.of(owner.id)))
          .ifPresent(
              request ->
                  whyNotTaken(workload, request).ifPresent(why -> refuse(workload, request, why)));
    }
  }

  private void placeInBooks(WorkloadEntry workload, WorkloadRequest request) {
    HostEntry target = state.hosts.get(targetOf(request).orElseThrow());
    if (target == null || !target.isRegistered()) {
      refuse(workload, request, targetOf(request).orElseThrow() + " is not registered");
      return;
    }
    done(workload, request.number());
    books.write(workload, workload.placement.atHome(target.id));
    workload.placement.move().ifPresent(move -> replace(workload, move, target));
    state.worthPlacing = true;
  }

  /** It is known to run nowhere, and is about to be started: there, if that is possible. */
  void takeBeforeStart(WorkloadEntry workload) {
    open(workload)
        .ifPresent(
            request ->
                whyNotTaken(workload, request)
                    .ifPresentOrElse(
                        why -> refuse(workload, request, why),
                        () -> placeInBooks(workload, request)));
  }

  /** Why it cannot be started where it is to go; empty if it can, or that host is just coming. */
  private Optional<String> whyNotTaken(WorkloadEntry workload, WorkloadRequest request) {
    HostId id = targetOf(request).orElseThrow();
    HostEntry target = state.hosts.get(id);
    if (target == null) {
      return Optional.of(id + " is not registered");
    }
    boolean comes = target.state == HostState.JOINING && workload.placement.move().isEmpty();
    return comes ? Optional.empty() : state.room.whyNotStartedOn(workload, target);
  }

  /** It was stopped to be moved elsewhere: what is asked for later replaces that. */
  private void replace(WorkloadEntry workload, Move move, HostEntry target) {
    if (move.phase() != Move.Phase.COLD) {
      return;
    }
    boolean starts = WorkloadFacts.wishOf(workload) == Wish.RUN;
    Move next = new Move(state.nextOp(), move.source(), target.id, Move.Phase.COLD, "asked for");
    state.publish(
        new HaEvent.MoveEnded(
            workload.id,
            move.source(),
            move.target(),
            false,
            "asked to be on " + target.id + " instead"));
    books.write(workload, workload.placement.moving(Optional.of(next).filter(m -> starts)));
    if (starts) {
      state.publish(
          new HaEvent.MoveBegun(workload.id, move.source(), target.id, false, next.why()));
    }
  }
}
