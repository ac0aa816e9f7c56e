package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.WorkloadRequest;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which running workloads should be elsewhere, and has them moved when it is their turn: the most
 * important first, no more at a time than the cluster's policy allows.
 */
final class Relocations {

  /**
   * @param live without stopping it
   * @param request the number of the request behind it, or none
   */
  record Wanted(HostId target, boolean live, String why, Optional<Long> request) {}

  /** What is in the way of a move, for people and as data. */
  private record Obstacle(String why, Wait waits) {}

  private record Turn(Priority priority, WorkloadId id) {}

  private static final Comparator<Turn> MOST_IMPORTANT_FIRST =
      Comparator.comparing(Turn::priority).reversed().thenComparing(Turn::id);

  private final ControllerState state;
  private final Books books;
  private final Moves moves;
  private final MoveRequests requests;
  private final SortedSet<Turn> queue = new TreeSet<>(MOST_IMPORTANT_FIRST);
  private final SortedMap<WorkloadId, Turn> queued = new TreeMap<>();

  /** Those that are to be elsewhere and can go nowhere, or not with their partners. */
  private final SortedMap<WorkloadId, Wait> stuck = new TreeMap<>();

  Relocations(ControllerState state, Books books, Moves moves, MoveRequests requests) {
    this.requests = requests;
    this.state = state;
    this.books = books;
    this.moves = moves;
  }

  void reset() {
    stuck.clear();
    queue.clear();
    queued.clear();
  }

  /** Worth a look whenever a host may have become one that takes them. */
  SortedSet<WorkloadId> stuck() {
    return new TreeSet<>(stuck.keySet());
  }

  /** It has been looked at and stays where it is for now. */
  void consider(WorkloadEntry workload, WorkloadFacts facts) {
    leaveQueue(workload.id);
    stuck.remove(workload.id);
    if (!mayMove(workload, facts)) {
      return;
    }
    forgetWayBack(workload);
    if (wanted(workload).isPresent()) {
      enqueue(new Turn(workload.priority(), workload.id));
    }
  }

  private void enqueue(Turn turn) {
    queued.put(turn.id(), turn);
    queue.add(turn);
  }

  private void leaveQueue(WorkloadId id) {
    Turn before = queued.remove(id);
    if (before != null) {
      queue.remove(before);
    }
  }

  /**
   * Begins as many moves as may be under way.
   *
   * @return those that move now
   */
  SortedSet<WorkloadId> run() {
    if (queue.isEmpty() || !state.mayAct() || state.policyUnread) {
      return Collections.emptySortedSet();
    }
    SortedSet<WorkloadId> begun = new TreeSet<>();
    MoveSlots slots = new MoveSlots(state);
    for (Turn turn : List.copyOf(queue)) {
      if (slots.areTaken()) {
        return begun;
      }
      WorkloadEntry workload = state.workloads.get(turn.id());
      if (workload != null && isHeldUp(workload, slots)) {
        continue;
      }
      leaveQueue(turn.id());
      if (workload != null && mayMove(workload, WorkloadFacts.of(state, workload))) {
        Optional<Wanted> wanted = wanted(workload);
        if (wanted.isPresent() && slots.areTakenOn(wanted.get().target())) {
          enqueue(turn);
          continue;
        }
        wanted.ifPresent(w -> begin(workload, w));
        if (workload.placement.move().isPresent()) {
          begun.add(workload.id);
          slots = new MoveSlots(state); // partners may have gone along
        }
      }
    }
    return begun;
  }

  private static boolean isHeldUp(WorkloadEntry workload, MoveSlots slots) {
    return workload.placement.owner().filter(o -> slots.areTakenOn(o.host())).isPresent();
  }

  /** Only what certainly runs where it is placed, or cannot begin there, and is to run. */
  private boolean mayMove(WorkloadEntry workload, WorkloadFacts facts) {
    boolean isLeftToItsHost =
        facts
            .owner()
            .map(owner -> state.host(owner.host()))
            .filter(host -> host.isFrozen() || host.isFailingOver())
            .isPresent();
    return !isLeftToItsHost
        && facts.wish() == WorkloadTable.Wish.RUN
        && facts.stand() == Stand.PRESENT
        && facts.goal() == Goal.RUN
        && (facts.entry().condition() == Condition.RUNNING || isStranded(workload, facts))
        && workload.placement.move().isEmpty()
        && workload.unreadable.isEmpty()
        && state.host(facts.owner().orElseThrow().host()).state.isHeard();
  }

  /** It waits on a host on which a condition that it needs does not hold. */
  private boolean isStranded(WorkloadEntry workload, WorkloadFacts facts) {
    Workload spec = workload.spec;
    return spec != null
        && Leaving.isWaitingToStart(facts)
        && facts
            .owner()
            .flatMap(owner -> HostConditions.missing(state.host(owner.host()), spec))
            .isPresent();
  }

  private Optional<Wanted> wanted(WorkloadEntry workload) {
    Optional<WorkloadRequest> request = MoveRequests.open(workload);
    if (request.isPresent()) {
      return asRequested(workload, request.get());
    }
    return byRules(workload);
  }

  /** What runs where it was to go back to has come back. */
  private void forgetWayBack(WorkloadEntry workload) {
    Optional<HostId> back = workload.placement.wayBack();
    Optional<HostId> here = workload.placement.owner().map(Placement.Owner::host);
    if (back.isPresent() && back.equals(here) && !state.host(back.get()).isToBeLeft()) {
      books.write(workload, workload.placement.goingBack(Optional.empty()));
    }
  }

  /** It is to leave its host, or rules prefer another, or the one it came from is there again. */
  private Optional<Wanted> byRules(WorkloadEntry workload) {
    Workload spec = workload.spec;
    HostEntry host = state.host(workload.placement.owner().orElseThrow().host());
    Optional<HostId> back = workload.placement.wayBack().filter(h -> !h.equals(host.id));
    Optional<Leaving> leaving =
        spec == null ? Optional.empty() : Leaving.of(host, spec, WorkloadFacts.of(state, workload));
    boolean leaves = leaving.isPresent();
    if (!leaves) {
      remark(workload, "");
    }
    if (spec == null || !(leaves || back.isPresent() || state.room.isBound(workload.id))) {
      return Optional.empty();
    }
    Optional<Obstacle> against = whyNotMoved(workload, spec, leaving);
    if (against.isPresent()) {
      remark(workload, leaves, host, against.get());
      return Optional.empty();
    }
    if (!leaves && (state.whyNotUsable(host).isPresent() || areOthersOnTheirWay(workload))) {
      return Optional.empty();
    }
    Optional<HostId> coming = leaves ? Optional.empty() : state.comingUp();
    if (coming.isPresent()) { // which may be a better place than any that is there already
      stuck.put(workload.id, new Wait(Kind.REPORT, coming.get().value(), state.startsSettled()));
      state.timer(TimerKind.PLACE_AGAIN, "hosts that come up", state.startsSettled());
      return Optional.empty();
    }
    Wish wish = spec.policy().failback() ? Wish.STAY : Wish.STICK;
    Choice choice =
        state.room.choose(
            workload, back.map(wish::withHome).orElse(wish).without(givenUpBefore(workload)));
    Obstacle none;
    if (choice instanceof Choice.Chosen chosen) {
      if (chosen.host().equals(host.id)) {
        return Optional.empty();
      }
      Wanted wanted = toThere(spec, leaving, back, chosen);
      Optional<Obstacle> partners = whyNotTogether(workload, wanted, isForOthers(leaving));
      if (partners.isEmpty()) {
        return Optional.of(wanted);
      }
      none = partners.get();
      stuck.put(workload.id, none.waits());
    } else {
      none = new Obstacle(((Choice.NoHost) choice).describe(), Wait.FOR_ROOM);
      if (leaves) {
        stuck.put(workload.id, none.waits());
      }
    }
    remark(workload, leaves, host, none);
    return leaves ? Optional.empty() : mending(workload, spec);
  }

  /** Hosts that gave it, or a partner that is elsewhere now, up: the others follow that one. */
  private SortedMap<HostId, String> givenUpBefore(WorkloadEntry workload) {
    SortedMap<HostId, String> hosts = new TreeMap<>();
    SortedSet<WorkloadId> bundle = state.room.partnersOf(workload.id);
    bundle.add(workload.id);
    for (WorkloadId id : bundle) {
      Placement placement = state.workload(id).placement;
      for (HostId host : placement.trials().gaveUp().keySet()) {
        if (placement.owner().isPresent() && !placement.isOn(host)) {
          hosts.put(host, "gave " + id + " up before");
        }
      }
    }
    return hosts;
  }

  /** What they leave behind may be all that is in the way, and where they come is not certain. */
  private boolean areOthersOnTheirWay(WorkloadEntry workload) {
    return state.room.relatedTo(workload.id).stream()
        .anyMatch(id -> state.moving.contains(id) || isAboutToStart(state.workload(id)));
  }

  /** Whether it begins to run where it is placed, and nothing is known that keeps it from that. */
  boolean isAboutToStart(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    boolean begins =
        facts.entry().condition() == Condition.PENDING
            || facts.entry().condition() == Condition.STARTING;
    return facts.stand() == Stand.PRESENT
        && facts.goal() == Goal.RUN
        && begins
        && workload.lock().isEmpty()
        && !isStranded(workload, facts)
        && state.host(facts.owner().orElseThrow().host()).whyNotUsable().isEmpty();
  }

  /** Partners that are just being started or stopped, or are on their way to where it is. */
  private SortedSet<WorkloadId> begunWithOthers(WorkloadEntry workload) {
    SortedSet<WorkloadId> partners = state.room.partnersOf(workload.id);
    partners.removeIf(
        id ->
            !state.moving.contains(id)
                && !isAboutToStart(state.workload(id))
                && !isBeingStopped(state.workload(id)));
    return partners;
  }

  private boolean isBeingStopped(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return facts.stand() == Stand.PRESENT && facts.goal() == Goal.STOP;
  }

  /** Where it is rules are broken, and it alone cannot mend that: with others it may. */
  private Optional<Wanted> mending(WorkloadEntry workload, Workload spec) {
    boolean live = spec.policy().migration() == Migration.LIVE;
    return state
        .room
        .mending(workload, id -> isFree(state.workload(id)))
        .map(move -> new Wanted(move.to(), live, move.why(), Optional.empty()));
  }

  /** Moves it, and those that go with it, to make hosts more even. */
  void balance(WorkloadEntry workload, io.holdfast.engine.placement.Move move) {
    Workload spec = workload.spec;
    if (spec != null && mayMove(workload)) {
      boolean live = spec.policy().migration() == Migration.LIVE;
      begin(workload, new Wanted(move.to(), live, move.why(), Optional.empty()));
      state.touched.add(workload.id);
    }
  }

  private boolean isFree(WorkloadEntry workload) {
    return mayMove(workload) && workload.lock().isEmpty() && state.now >= workload.moveNotBefore;
  }

  /** Whether it may be moved for others' sake, be it live or not. */
  boolean mayMove(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return mayMove(workload, facts) && !facts.isPaused();
  }

  private static Wanted toThere(
      Workload spec, Optional<Leaving> leaving, Optional<HostId> back, Choice.Chosen chosen) {
    boolean returns = back.equals(Optional.of(chosen.host()));
    String why =
        leaving
            .map(Leaving::why)
            .orElse(returns ? "back where it was before maintenance" : chosen.why());
    boolean live =
        spec.policy().migration() == Migration.LIVE
            && leaving.filter(Leaving::stoppedFirst).isEmpty();
    return new Wanted(chosen.host(), live, why, Optional.empty());
  }

  private Optional<Obstacle> whyNotMoved(
      WorkloadEntry workload, Workload spec, Optional<Leaving> leaving) {
    boolean live =
        spec.policy().migration() == Migration.LIVE
            && leaving.filter(Leaving::stoppedFirst).isEmpty();
    return whyNotUnasked(workload, spec, isForOthers(leaving))
        .or(this::whyNoMoves)
        .or(() -> whyHeld(workload, live));
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
      WorkloadEntry workload, Wanted wanted, boolean forOthers) {
    for (WorkloadEntry partner : partnersElsewhere(workload, wanted.target())) {
      if (!mayMove(partner, WorkloadFacts.of(state, partner)) && !isToStartUnlocked(partner)) {
        continue;
      }
      Workload theirs = partner.spec;
      Optional<Obstacle> against =
          theirs == null || wanted.request().isPresent()
              ? Optional.empty()
              : whyNotUnasked(partner, theirs, forOthers);
      against = against.or(() -> whyHeld(partner, isLiveToo(partner, wanted)));
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

  /** Strict partners that are not on that host, and can be moved. */
  private List<WorkloadEntry> goingAlong(WorkloadEntry workload, HostId target) {
    return partnersElsewhere(workload, target).stream()
        .filter(partner -> mayMove(partner, WorkloadFacts.of(state, partner)))
        .toList();
  }

  private List<WorkloadEntry> partnersElsewhere(WorkloadEntry workload, HostId target) {
    return state.room.partnersOf(workload.id).stream()
        .map(state::workload)
        .filter(partner -> partner.spec != null && !partner.placement.isOn(target))
        .toList();
  }

  /** Whether it is held where it is, and starts there as soon as it is unlocked. */
  private boolean isToStartUnlocked(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    return workload.lock().isPresent()
        && facts.stand() == Stand.PRESENT
        && facts.goal() == Goal.RUN
        && state.host(facts.owner().orElseThrow().host()).whyNotUsable().isEmpty();
  }

  private static boolean isLiveToo(WorkloadEntry partner, Wanted wanted) {
    Workload spec = partner.spec;
    return wanted.live() && spec != null && spec.policy().migration() == Migration.LIVE;
  }

  private Optional<Obstacle> whyNoMoves() {
    return Disarming.isWanted(state)
        ? Optional.of(new Obstacle("the cluster is disarmed, or about to be", Wait.UNTIL_ARMED))
        : Optional.empty();
  }

  /** What keeps it where it is although it is to leave, was asked to, or is to go back. */
  List<Wait> waitsOf(WorkloadEntry workload) {
    Workload spec = workload.spec;
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    if (spec == null || !mayMove(workload, facts)) {
      return List.of();
    }
    HostEntry host = state.host(facts.owner().orElseThrow().host());
    Optional<Leaving> leaving = Leaving.of(host, spec, facts);
    boolean returns = workload.placement.wayBack().filter(h -> !h.equals(host.id)).isPresent();
    if (queued.containsKey(workload.id)) {
      return List.of(state.mayAct() ? Wait.of(Kind.LIMIT, "moves") : Wait.FOR_THE_STORE);
    }
    if (MoveRequests.open(workload).isPresent()) {
      return List.of(Wait.forAll(begunWithOthers(workload)));
    }
    if (leaving.isEmpty() && !returns) {
      return List.of();
    }
    Optional<Obstacle> against = whyNotMoved(workload, spec, leaving);
    if (against.isPresent()) {
      return List.of(against.get().waits());
    }
    return Optional.ofNullable(stuck.get(workload.id)).stream().toList();
  }

  private void remark(WorkloadEntry workload, boolean leaves, HostEntry host, Obstacle obstacle) {
    if (leaves) {
      remark(workload, "it cannot leave " + host.id + ": " + obstacle.why());
    }
  }

  private void remark(WorkloadEntry workload, String remark) {
    if (!remark.equals(workload.remark)) {
      workload.remark = remark;
      state.touched.add(workload.id);
    }
  }

  private Optional<Wanted> asRequested(WorkloadEntry workload, WorkloadRequest request) {
    Workload spec = workload.spec;
    HostId target = MoveRequests.targetOf(request).orElseThrow();
    HostId from = workload.placement.owner().map(Placement.Owner::host).orElseThrow();
    if (spec == null || target.equals(from)) {
      requests.done(workload, request.number());
      return Optional.empty();
    }
    if (!begunWithOthers(workload).isEmpty()) {
      return Optional.empty(); // they go along once they run, or are in nobody's way
    }
    boolean live =
        request.action() instanceof Action.Move && spec.policy().migration() == Migration.LIVE;
    Wanted wanted = new Wanted(target, live, "asked for", Optional.of(request.number()));
    Optional<Obstacle> against =
        whyNoMoves()
            .or(() -> whyHeld(workload, live))
            .or(() -> whyNotTogether(workload, wanted, false));
    against.ifPresent(obstacle -> requests.refuse(workload, request, obstacle.why()));
    return against.isPresent() ? Optional.empty() : Optional.of(wanted);
  }

  private void begin(WorkloadEntry workload, Wanted wanted) {
    Workload spec = workload.spec;
    if (spec == null) {
      return;
    }
    wanted.request().ifPresent(number -> requests.done(workload, number));
    HostEntry target = state.host(wanted.target());
    List<WorkloadEntry> along = goingAlong(workload, target.id);
    boolean asked = wanted.request().isPresent();
    moveAway(workload, spec, target, wanted.live(), asked, wanted.why());
    for (WorkloadEntry partner : along) {
      Workload theirs = partner.spec;
      if (theirs != null) {
        boolean live = isLiveToo(partner, wanted);
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
