package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Move;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Has those that should be elsewhere moved when it is their turn: the most important first, no more
 * at a time than the cluster's policy allows.
 */
final class Relocations {
  private final ControllerState state;
  private final Books books;
  private final Moves moves;
  private final MoveRequests requests;
  private final Mobility mobility;
  private final Destinations destinations;
  private final MoveQueue queue = new MoveQueue();

  Relocations(
      ControllerState state, Books books, Moves moves, MoveRequests requests, Mobility mobility) {
    this.state = state;
    this.books = books;
    this.moves = moves;
    this.requests = requests;
    this.mobility = mobility;
    Obstacles obstacles = new Obstacles(state, mobility);
    destinations = new Destinations(state, books, requests, mobility, obstacles);
  }

  void reset() {
    destinations.reset();
    queue.clear();
  }

  /** Worth a look whenever a host may have become one that takes them. */
  SortedSet<WorkloadId> stuck() {
    return destinations.stuck();
  }

  /** Worth a look whenever another host can be used. */
  SortedSet<WorkloadId> unsettled() {
    return destinations.unsettled();
  }

  /** It has been looked at and stays where it is for now. */
  void consider(WorkloadEntry workload, WorkloadFacts facts) {
    queue.remove(workload.id);
    destinations.forget(workload, facts);
    if (!mobility.mayMove(workload, facts)) {
      destinations.cannotMove(workload);
      return;
    }
    destinations.forgetWayBack(workload);
    if (destinations.wanted(workload).isPresent()) {
      queue.add(workload);
    }
  }

  /**
   * Begins as many moves as may be under way.
   *
   * @return those that move now
   */
  SortedSet<WorkloadId> run() {
    return run(Long.MIN_VALUE);
  }

  /** As {@link #run()}, of those only that are more important than this. */
  SortedSet<WorkloadId> run(long importance) {
    if (queue.isEmpty() || !state.mayAct() || state.policyUnread) {
      return Collections.emptySortedSet();
    }
    SortedSet<WorkloadId> begun = new TreeSet<>();
    MoveSlots slots = new MoveSlots(state);
    for (WorkloadId id : queue.due(slots, this::isUsable)) {
      if (slots.areTaken()) {
        return begun;
      }
      WorkloadEntry workload = state.workloads.get(id);
      if (workload != null && workload.priority().value() <= importance) {
        return begun;
      }
      if (workload != null && isHeldUp(workload, slots)) {
        continue;
      }
      if (workload != null && mobility.mayMove(workload, WorkloadFacts.of(state, workload))) {
        Optional<Relocation> wanted = destinations.wanted(workload);
        if (wanted.isPresent() && slots.areTakenOn(wanted.get().target())) {
          queue.holdUp(id, wanted.get().target());
          continue;
        }
        wanted.ifPresent(w -> begin(workload, w));
        if (workload.placement.move().isPresent()) {
          begun.add(workload.id);
          slots = new MoveSlots(state); // partners may have gone along
        }
      }
      queue.remove(id);
    }
    return begun;
  }

  private boolean isUsable(HostId host) {
    return state.whyNotUsable(state.host(host)).isEmpty();
  }

  private static boolean isHeldUp(WorkloadEntry workload, MoveSlots slots) {
    return workload.placement.owner().filter(o -> slots.areTakenOn(o.host())).isPresent();
  }

  /** Moves it, and those that go with it, to make hosts more even. */
  void balance(WorkloadEntry workload, Move move) {
    Workload spec = workload.spec;
    if (spec != null && mobility.mayMove(workload)) {
      begin(workload, Relocation.of(spec, move));
      state.touched.add(workload.id);
    }
  }

  /** Moves it, so that another finds room. */
  void makeRoom(RoomMoves.Step step) {
    WorkloadEntry workload = step.workload();
    String why = "to make room for " + step.beneficiary();
    begin(workload, new Relocation(step.target(), true, why, Optional.empty()));
    workload
        .placement
        .move()
        .map(move -> move.makingRoomFor(step.beneficiary()))
        .ifPresent(move -> books.write(workload, workload.placement.moving(Optional.of(move))));
    state.touched.add(workload.id);
  }

  /**
   * What keeps it where it is although it is to leave, was asked to, is to go back, or would rather
   * be elsewhere.
   */
  List<Wait> waitsOf(WorkloadEntry workload) {
    Workload spec = workload.spec;
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    if (spec == null || !mobility.mayMove(workload, facts)) {
      return List.of();
    }
    if (queue.contains(workload.id)) {
      return List.of(state.mayAct() ? Wait.of(Kind.LIMIT, "moves") : state.toAct());
    }
    return destinations.waitsOf(workload, spec, facts);
  }

  private void begin(WorkloadEntry workload, Relocation wanted) {
    Workload spec = workload.spec;
    if (spec == null) {
      return;
    }
    wanted.request().ifPresent(number -> requests.done(workload, number));
    HostEntry target = state.host(wanted.target());
    List<WorkloadEntry> along = mobility.goingAlong(workload, target.id);
    boolean asked = wanted.request().isPresent();
    moveAway(workload, spec, target, wanted.live(), asked, wanted.why());
    for (WorkloadEntry partner : along) {
      Workload theirs = partner.spec;
      if (theirs != null) {
        boolean live = wanted.isLiveFor(partner);
        moveAway(partner, theirs, target, live, asked, "with " + workload.id + ", its partner");
        state.touched.add(partner.id);
      }
    }
  }

  /** The way back is remembered when maintenance drives it away, and forgotten at the next move. */
  private void moveAway(
      WorkloadEntry workload,
      Workload spec,
      HostEntry target,
      boolean live,
      boolean asked,
      String why) {
    HostId from = workload.placement.owner().orElseThrow().host();
    Optional<HostId> before = workload.placement.wayBack();
    boolean evacuates = !asked && state.host(from).isToBeLeft();
    boolean driven = state.host(from).isToBeLeft() && before.isEmpty();
    books.write(
        workload, workload.placement.goingBack(driven ? Optional.of(from) : Optional.empty()));
    workload.remark = "";
    workload.answer = "";
    moves.begin(workload, spec, target, live, evacuates, why);
  }
}
