package io.holdfast.engine.core;

import io.holdfast.api.DesiredState;
import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.WorkloadTable.Action;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.core.WorkloadTable.Wish;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Owner;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Brings workloads closer to what is wanted of them, one look at a time: facts are gathered, {@link
 * WorkloadTable} says what to do, and it is done. Level-triggered: looking again never hurts.
 */
final class Workloads {
  /** Each begins a move at least, so this is more than there can be. */
  private static final int MOST_ROUNDS = 10_000;

  private final ControllerState state;
  private final Books books;
  private final Starts starts;
  private final Recovery recovery;
  private final Strays strays;
  private final Whereabouts whereabouts;
  private final Dependencies dependencies;
  private final Failures failures;
  private final Homes homes;
  private final Restarts restarts;
  private final Requests requests;
  private final WorkloadStatuses statuses;
  private final Disarming disarming;
  private final Moves moves;
  private final Mobility mobility;
  private final Relocations relocations;
  private final MoveRequests moveRequests;
  private final Farewells farewells;
  private final Balancing balancing;
  private final RoomReviews reviews;
  private final NavigableSet<WorkloadId> toLookAt = new TreeSet<>();

  /** Whether {@link #toLookAt} was given every workload, and none was looked at since. */
  private boolean allAreTouched;

  Workloads(
      ControllerState state,
      Books books,
      Starts starts,
      Recovery recovery,
      Whereabouts whereabouts,
      Disarming disarming,
      Dependencies dependencies,
      Farewells farewells,
      MoveRequests moveRequests) {
    this.moveRequests = moveRequests;
    this.farewells = farewells;
    this.disarming = disarming;
    this.dependencies = dependencies;
    this.state = state;
    this.books = books;
    this.starts = starts;
    this.recovery = recovery;
    this.whereabouts = whereabouts;
    strays = new Strays(state, books, recovery, whereabouts);
    failures = new Failures(state, books, recovery);
    homes = new Homes(state, books, recovery);
    requests = new Requests(books, failures);
    restarts = new Restarts(state, books, starts, dependencies, moveRequests);
    statuses = new WorkloadStatuses(state, books, failures);
    moves = new Moves(state, books, recovery, whereabouts);
    mobility = new Mobility(state);
    relocations = new Relocations(state, books, moves, moveRequests, mobility);
    reviews = new RoomReviews(state);
    balancing = new Balancing(state, books, recovery, relocations, mobility);
  }

  void reset() {
    restarts.reset();
    toLookAt.clear();
    allAreTouched = false;
    whereabouts.reset();
    relocations.reset();
    moves.reset();
    balancing.reset();
    reviews.reset();
  }

  void touch(WorkloadId workload) {
    if (state.leading) {
      toLookAt.add(workload);
    }
  }

  private void touchAll(Collection<WorkloadId> workloads) {
    if (state.leading) {
      toLookAt.addAll(workloads);
    }
  }

  /** Leadership begins, or the policy can be read at last. */
  void touchEverything() {
    toLookAt.addAll(state.workloads.keySet());
    allAreTouched = true;
  }

  /** What is placed on it, and what it runs without an order. */
  void touchAllOn(HostEntry host) {
    toLookAt.addAll(host.placed);
    toLookAt.addAll(host.homes);
    toLookAt.addAll(host.expected);
    toLookAt.addAll(host.comingBack);
    toLookAt.addAll(host.awaitedBy);
    if (host.report != null) {
      toLookAt.addAll(host.report.unassigned());
    }
  }

  /** Rules may be kept better, or differently, now that a host can be used or cannot any more. */
  void useChanged(HostEntry host) {
    boolean usable = state.whyNotUsable(host).isEmpty();
    if (usable != host.wasUsable) {
      host.wasUsable = usable;
      host.usableSince = usable ? state.now : host.usableSince;
      touchRelatedToThoseOn(host);
      touchAll(usable ? relocations.unsettled() : Collections.emptySortedSet());
      if (usable) {
        recovery.hostCameUp();
      }
    }
  }

  private void touchRelatedToThoseOn(HostEntry host) {
    if (allAreTouched) {
      return; // they are looked at anyhow; at a takeover that would be asked of every host
    }
    host.placed.forEach(id -> touchAll(state.room.relatedTo(id)));
    host.expected.forEach(id -> touchAll(state.room.relatedTo(id)));
  }

  /** What a host is has changed: its domain, its labels. */
  void touchBound() {
    touchAll(state.room.bound());
  }

  /** Takes a new report in. */
  void reported(HostEntry host, @Nullable HostReport before, HostReport report) {
    if (before == null || !before.ofTheHostAlone().equals(report.ofTheHostAlone())) {
      state.room.changed(host);
      touchAll(host.placed);
      touchAll(host.awaitedBy);
      touchAll(report.assigned().keySet());
      useChanged(host);
      state.worthPlacing = true;
      if (before == null || mayTakeOthers(before, report)) {
        touchAll(host.comingBack);
        touchAll(relocations.unsettled());
      }
    }
    if (before != null) {
      touchWhatDiffers(before.assigned(), report.assigned());
    }
    if (before == null || !before.unassigned().equals(report.unassigned())) {
      seen(host, before, report);
    }
  }

  /** Whether a host may be one for other workloads than before. Most reports say nothing of it. */
  private static boolean mayTakeOthers(HostReport before, HostReport now) {
    return !before.facts().equals(now.facts())
        || !before.trouble().equals(now.trouble())
        || before.inventoryKnown() != now.inventoryKnown();
  }

  private void touchWhatDiffers(
      SortedMap<WorkloadId, HostReport.Entry> before, SortedMap<WorkloadId, HostReport.Entry> now) {
    int found = 0;
    for (var entry : now.entrySet()) {
      HostReport.Entry former = before.get(entry.getKey());
      found += former == null ? 0 : 1;
      if (!entry.getValue().equals(former)) {
        touch(entry.getKey());
      }
    }
    if (found < before.size()) {
      before.keySet().stream().filter(id -> !now.containsKey(id)).forEach(this::touch);
      state.worthPlacing = true;
    }
  }

  private void seen(HostEntry host, @Nullable HostReport before, HostReport report) {
    if (before != null) {
      before.unassigned().forEach(id -> noLongerSeen(host, id));
    }
    if (host.isCutOff()) {
      return; // what is left there can write nothing, and is not taken up again
    }
    for (WorkloadId id : report.unassigned()) {
      WorkloadEntry workload = state.workload(id);
      workload.seenOn(host.id);
      workload.placement.place().ifPresent(recovery::mayBeNeeded);
      touch(id);
    }
    state.worthPlacing = true;
  }

  /** It has its storage back: what it reported counts from now on. */
  void countsAgain(HostEntry host) {
    if (host.report != null && host.hasReported()) {
      seen(host, null, host.report);
    }
  }

  private void noLongerSeen(HostEntry host, WorkloadId id) {
    WorkloadEntry workload = state.workload(id);
    workload.notSeenOn(host.id);
    touch(id);
  }

  /** Nothing that this host reported counts any more. */
  void forgetReportOf(HostEntry host) {
    if (host.report != null) {
      host.report.unassigned().forEach(id -> noLongerSeen(host, id));
    }
  }

  /** Looks at every workload that something happened to. */
  void reconcile() {
    if (!state.leading) {
      return;
    }
    allAreTouched = false;
    boolean isWorthPlacing = state.worthPlacing;
    lookAtThoseThatAreStuck();
    // A look makes others worth one through Recovery, or by what it frees, and so this ends.
    int rounds = 0;
    do {
      if (++rounds > MOST_ROUNDS) {
        throw new IllegalStateException("does not come to an end: " + toLookAt);
      }
      state.worthPlacing = false;
      boolean happened = false;
      for (takeTouched(); !toLookAt.isEmpty(); takeTouched()) {
        WorkloadId id = toLookAt.pollFirst();
        WorkloadEntry workload = state.workloads.get(id);
        happened = true;
        if (workload != null) {
          look(workload);
          tellNeighbours(workload);
        }
      }
      lookAtThoseThatAreStuck();
      state.worthPlacing |= isWorthPlacing;
      happened |= state.worthPlacing;
      if (reviews.areDue(happened)) {
        recovery.makingRoom().review();
      }
      restarts.run(this::restart);
      recovery.placeWaiting();
      if (reviews.areDue(happened)) {
        recovery.makingRoom().review();
        moveToMakeRoom();
        reviews.areDone();
      }
      isWorthPlacing = state.worthPlacing;
      state.worthPlacing = false;
      toLookAt.addAll(relocations.run());
      lookAtThoseThatAreStuck(); // a plan may have been made
      isWorthPlacing |= state.worthPlacing;
      state.worthPlacing = isWorthPlacing;
      takeTouched();
    } while (!toLookAt.isEmpty());
  }

  /** For the most important first; what is more important, and is to leave its host, before. */
  private void moveToMakeRoom() {
    MakingRoom making = recovery.makingRoom();
    for (int its : making.importances()) {
      toLookAt.addAll(relocations.run(its));
      for (var next = making.nextMove(its); next.isPresent(); next = making.nextMove(its)) {
        relocations.makeRoom(next.get());
      }
    }
    making.areLookedAt();
  }

  /** What lets others be placed may let these go. */
  private void lookAtThoseThatAreStuck() {
    if (state.worthPlacing && !state.disarmed) {
      toLookAt.addAll(relocations.stuck());
    }
  }

  private void takeTouched() {
    toLookAt.addAll(state.touched);
    state.touched.clear();
  }

  private void look(WorkloadEntry workload) {
    restarts.forget(workload);
    if (state.policyUnreadable) {
      books.become(
          workload,
          workload.status,
          "left as it is: the policy of the cluster cannot be read",
          Wait.FOR_THE_POLICY);
      return;
    }
    if (!workload.unreadable.isEmpty()) {
      recovery.remove(workload);
      workload.placement.owner().ifPresent(owner -> starts.ended(owner.assignment()));
      books.become(
          workload, workload.status, "left alone, a record cannot be read: " + workload.unreadable);
      return;
    }
    Workload spec = workload.spec;
    if (spec != null && WorkloadFacts.wishOf(workload) == Wish.FORGET) {
      leaveAlone(workload);
      return;
    }
    if (spec != null) {
      forgetWhatIsOver(workload, spec);
    }
    if (Requests.open(workload).isPresent()) {
      requests.take(workload, WorkloadFacts.of(state, workload));
    }
    recovery.makingRoom().settle(workload);
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    if (facts.wish() == Wish.FORGET && !workload.known) {
      forgetUnprotected(workload);
      return;
    }
    countStart(workload, facts);
    strays.warnIfRunningTwice(workload, facts);
    if (facts.wish() != Wish.FORGET) {
      moveRequests.take(workload, facts);
    }
    if (staysFailed(workload, facts.wish())) {
      return;
    }
    if (facts.wish() != Wish.FORGET && disarming.leavesAlone(workload, facts)) {
      if (facts.owner().isPresent()) {
        moveRequests.refuse(workload, "the cluster is disarmed");
      }
      return;
    }
    boolean moved = workload.placement.move().isPresent();
    if (moves.settles(workload, facts)) {
      relocations.consider(workload, facts);
      return;
    }
    if (moved && !facts.equals(WorkloadFacts.of(state, workload))) {
      touch(workload.id); // a move has ended: looked at anew
      return;
    }
    Action action =
        farewells.instead(
            WorkloadTable.decide(
                facts.wish(), facts.stand(), facts.goal(), facts.entry().condition()),
            facts);
    if (disarming.holdsBack(workload, action, facts)) {
      return;
    }
    tellIfPaused(workload, facts);
    // never two: what only stands still where it was found may be arriving yet, and not arrive.
    boolean mayBeArriving = facts.goal() == Goal.KEEP && facts.isPaused();
    act(workload, action == Action.ORDER_RUN && mayBeArriving ? Action.NOTHING : action, facts);
    relocations.consider(workload, facts);
  }

  /**
   * Whether its start, if it was ordered, holds others up still. never stuck: one that cannot begin
   * does not, for it may wait for what one of the others brings.
   */
  private void countStart(WorkloadEntry workload, WorkloadFacts facts) {
    Optional<Owner> owner = facts.owner();
    boolean present = facts.stand() == Stand.PRESENT;
    if (present && facts.entry().condition() != Condition.PENDING) {
      owner.ifPresent(o -> starts.begun(o.assignment()));
    }
    if (!mobility.isAboutToStart(workload)) {
      owner.ifPresent(o -> starts.ended(o.assignment()));
    }
  }

  /** Once, when it begins: what only just arrives does not execute yet either. */
  private void tellIfPaused(WorkloadEntry workload, WorkloadFacts facts) {
    boolean counts = facts.isPaused() && facts.wish() == Wish.RUN && facts.goal() != Goal.STOP;
    boolean arrives = workload.placement.move().isPresent();
    if (counts && !arrives && !workload.saidPaused) {
      HostId host = facts.owner().orElseThrow().host();
      state.publish(
          new HaEvent.Alarm(
              workload.id.toString(),
              "does not execute on %s: %s"
                  .formatted(
                      host,
                      facts.entry().detail().isEmpty() ? "it is paused" : facts.entry().detail())));
    }
    workload.saidPaused = counts && (workload.saidPaused || !arrives);
  }

  private void act(WorkloadEntry workload, Action action, WorkloadFacts facts) {
    if (action != Action.PLACE && action != Action.FIND) {
      recovery.waitsForNobody(workload);
    }
    Optional<Owner> owner = facts.owner();
    switch (action) {
      case NOTHING, FIND -> stay(workload, facts);
      case PLACE -> recovery.add(workload);
      case RECOVER -> recover(workload, owner.orElseThrow(), facts);
      case RELOCATE -> failures.givenUp(workload, owner.orElseThrow(), facts.entry());
      case REST -> rest(workload, owner.orElseThrow());
      case RELEASE -> release(workload, owner.orElseThrow(), facts);
      case ORDER_RUN -> runAgain(workload, owner.orElseThrow(), facts);
      case ORDER_STOP -> stop(workload, owner.orElseThrow());
      case DROP -> drop(workload);
    }
  }

  /** Something else is wanted of it than before. */
  void wishChanged(WorkloadEntry workload, boolean before) {
    requests.wishChanged(workload, before, state.now);
  }

  // Actions

  private void stay(WorkloadEntry workload, WorkloadFacts facts) {
    if (facts.owner().isEmpty()) {
      recovery.remove(workload);
      whereabouts.answered(workload); // never two: when it is to run again, hosts look anew
      Workload spec = workload.spec;
      if (spec != null && workload.seenOn.isEmpty()) {
        homes.rest(workload, spec);
      } else if (spec != null) {
        strays.stopWhereFound(workload, spec);
      }
      return;
    }
    HostEntry host = state.host(facts.owner().get().host());
    if (facts.stand() == Stand.PRESENT && facts.entry().condition() == Condition.GONE) {
      strays.gone(workload, host.id, facts.wish());
    } else {
      if (facts.isSeenRunning() && workload.placement.move().isEmpty()) {
        whereabouts.answered(workload); // never two: if it leaves, hosts look anew
      }
      statuses.describe(workload, host, facts);
    }
  }

  private void runAgain(WorkloadEntry workload, Owner owner, WorkloadFacts facts) {
    if (strays.isFollowed(workload, owner)) {
      return;
    }
    boolean mayBeAnywhere = workload.placement.letGo() && !facts.isSeenRunning();
    if (mayBeAnywhere || mayHaveLeft(workload, owner)) {
      order(workload, owner, Goal.KEEP);
    } else if (isJoinedAnew(owner)) {
      restarts.add(workload);
    } else {
      order(workload, owner, Goal.RUN);
    }
  }

  private boolean isJoinedAnew(Owner owner) {
    return !owner.incarnation().equals(state.host(owner.host()).incarnation());
  }

  private void restart(WorkloadEntry workload) {
    workload.placement.owner().ifPresent(owner -> order(workload, owner, Goal.RUN));
  }

  /**
   * never two: what ran under an earlier incarnation may be moved by hand at any moment until this
   * one watches it, or may have been before it did; unless the host has booted since. What was only
   * kept there may have been on its way elsewhere, and a boot says nothing of where it got to.
   */
  private boolean mayHaveLeft(WorkloadEntry workload, Owner owner) {
    HostEntry host = state.host(owner.host());
    boolean again = host.report != null && host.hasReported() && host.report.again();
    boolean onlyKept = owner.goal() == Goal.KEEP;
    return isJoinedAnew(owner)
        && (onlyKept || again || workload.seenOn.contains(host.id) || state.reads.areOwed());
  }

  /** Those wait for it that are started after it, or stopped before it. */
  private void tellNeighbours(WorkloadEntry workload) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    boolean ready = facts.isReady();
    boolean placed = workload.placement.owner().isPresent();
    if (ready != workload.wasReady) {
      workload.wasReady = ready;
      state.worthPlacing |= !dependencies.dependentsOf(workload.id).isEmpty();
    }
    boolean holdsUp = facts.isPaused() || mobility.isAboutToStart(workload);
    if (holdsUp != workload.heldUp) {
      workload.heldUp = holdsUp;
      toLookAt.addAll(state.room.relatedTo(workload.id));
    }
    if (placed != workload.wasPlaced) {
      workload.wasPlaced = placed;
      toLookAt.addAll(Dependencies.of(workload));
    }
  }

  private void stop(WorkloadEntry workload, Owner owner) {
    SortedSet<WorkloadId> before = dependencies.stillUp(workload);
    if (!before.isEmpty()) {
      books.become(workload, workload.status, "to be stopped after " + before, Wait.forAll(before));
      return;
    }
    Optional<String> lock = workload.lock();
    if (lock.isPresent()) {
      books.become(
          workload,
          workload.status,
          "locked (" + lock.get() + "): it is not stopped before it is unlocked",
          Wait.of(Kind.LOCK, lock.get()));
    } else {
      // never two: this agent may take what was moved by hand before for stopped.
      if (mayHaveLeft(workload, owner) && !workload.placement.letGo()) {
        books.write(workload, workload.placement.unaccounted());
      }
      order(workload, owner, Goal.STOP);
    }
  }

  private void recover(WorkloadEntry workload, Owner owner, WorkloadFacts facts) {
    HostEntry host = state.host(owner.host());
    boolean leaves = facts.stand() == Stand.PRESENT;
    workload.evidence = evidenceOf(host, owner, leaves);
    Placement next = withVoidLock(workload, freed(workload, owner, facts));
    books.takeAway(workload, leaves ? Farewells.remembering(host, next) : next);
    String what = leaves ? host.whyLeaving() : "is down";
    books.become(
        workload,
        WorkloadStatus.RECOVERING,
        "its host " + owner.host() + " " + what + ": " + why(workload));
    if (leaves) {
      recovery.add(workload);
    } else {
      recovery.recover(workload, host);
    }
  }

  private static @Nullable Evidence evidenceOf(HostEntry host, Owner owner, boolean leaves) {
    if (leaves) {
      return Farewells.evidence(owner);
    }
    return host.fence == null ? null : host.fence.evidence().orElse(null);
  }

  private static String why(WorkloadEntry workload) {
    return workload.evidence == null ? "no evidence" : workload.evidence.describe();
  }

  /** Its user shut it down, and its policy honours that. */
  private void rest(WorkloadEntry workload, Owner owner) {
    Workload spec = workload.spec;
    workload.evidence = new Evidence.StoppedByHypervisor(owner.host());
    books.takeAway(workload, workload.placement.released().shutDown(true));
    if (spec != null) {
      homes.rest(workload, spec);
    }
  }

  /**
   * never two: what was on its way elsewhere, or had left, before its host went down may be
   * anywhere, whatever is proven of that host.
   */
  private Placement freed(WorkloadEntry workload, Owner owner, WorkloadFacts facts) {
    boolean mayHaveLeft = state.host(owner.host()).leavesOpenWhetherItLeft(workload.id);
    Placement next =
        facts.stand() == Stand.PROVEN_DOWN && mayHaveLeft
            ? workload.placement.leftAlone()
            : workload.placement.released();
    return facts.stand() == Stand.PROVEN_DOWN ? withVoidLock(workload, next) : next;
  }

  /** What locked it there is over with that host. */
  private static Placement withVoidLock(WorkloadEntry workload, Placement placement) {
    return workload.spec == null ? placement : placement.withVoidLock(workload.spec.lock());
  }

  private void release(WorkloadEntry workload, Owner owner, WorkloadFacts facts) {
    HostEntry host = state.host(owner.host());
    workload.evidence =
        facts.stand() == Stand.PROVEN_DOWN && host.fence != null
            ? host.fence.evidence().orElse(null)
            : new Evidence.StoppedByHypervisor(owner.host());
    books.takeAway(workload, freed(workload, owner, facts));
    boolean moves = Moves.isLeavingCold(workload);
    String evicted = Evictions.why(workload);
    books.become(
        workload,
        moves ? WorkloadStatus.MIGRATING : WorkloadStatus.STOPPED,
        "stopped%s: %s".formatted(evicted.isEmpty() ? "" : " " + evicted, why(workload)));
    touch(workload.id);
  }

  /** The same host, a new order: nothing is taken from anybody, so no evidence is asked for. */
  private void order(WorkloadEntry workload, Owner owner, Goal goal) {
    HostEntry host = state.host(owner.host());
    Workload spec = workload.spec;
    if (spec == null || !host.state.isHeard() || host.intentUnreadable) {
      return;
    }
    books.assign(workload, spec, host, goal, "it is placed there already");
    if (goal == Goal.STOP) {
      boolean moves = Moves.isLeavingCold(workload);
      books.become(
          workload,
          moves ? WorkloadStatus.MIGRATING : WorkloadStatus.STOPPING,
          "to be stopped by " + host.id + WorkloadStatuses.evicted(workload));
    }
  }

  /** Its owner wants it left alone: it is taken off the books and out of the orders as it is. */
  private void leaveAlone(WorkloadEntry workload) {
    recovery.remove(workload);
    whereabouts.answered(workload);
    if (!workload.placement.letGo() || workload.placement.owner().isPresent()) {
      books.takeAway(workload, workload.placement.leftAlone());
      workload.known = true;
      workload.evidence = null;
      workload.avoidNone();
    }
    requests.take(workload, WorkloadFacts.of(state, workload));
    moveRequests.refuse(workload, "it is left alone as wanted");
    books.become(workload, WorkloadStatus.UNDEFINED, "left alone as wanted");
  }

  private void drop(WorkloadEntry workload) {
    recovery.remove(workload);
    books.takeAway(workload, Placement.none(workload.id));
    state.commits.delete(workload.placement.key());
    workload.known = false;
    workload.evidence = null;
    forgetUnprotected(workload);
  }

  private void forgetUnprotected(WorkloadEntry workload) {
    recovery.remove(workload);
    whereabouts.answered(workload);
    // What was asked for before it is protected counts from then on.
    if (workload.seenOn.isEmpty() && Requests.open(workload).isEmpty()) {
      state.workloads.remove(workload.id);
    }
  }

  /** A workload that failed for good is left alone until its owner acts. */
  private boolean staysFailed(WorkloadEntry workload, Wish wish) {
    Placement.Trials trials = workload.placement.trials();
    if (trials.failed().isEmpty() || wish == Wish.FORGET) {
      return false;
    }
    if (wish == Wish.RUN) {
      failures.describe(workload, trials);
      return true;
    }
    failures.cleanUp(workload);
    return false;
  }

  /** What is known of it no longer holds once its owner, or somebody else, has acted. */
  private void forgetWhatIsOver(WorkloadEntry workload, Workload spec) {
    Placement placement = workload.placement;
    boolean overruled =
        spec.desired() != DesiredState.STARTED
            || spec.policy().onGuestShutdown() == OnGuestShutdown.RESTART
            || !workload.seenOn.isEmpty();
    if (placement.shutDown() && overruled) {
      books.write(workload, placement.shutDown(false));
    }
    if (placement.voidLock().isPresent() && !placement.voidLock().equals(spec.lock())) {
      books.write(workload, workload.placement.withVoidLock(Optional.empty()));
      books.refreshOrder(workload, spec);
    }
  }

  // Memories

  /** What keeps it where it is although it is to be elsewhere, and what its move waits for. */
  List<Wait> waitsOf(WorkloadEntry workload) {
    List<Wait> waits = new ArrayList<>(relocations.waitsOf(workload));
    moves.waitOf(workload).ifPresent(waits::add);
    return waits;
  }

  /** Its placement was read from the store. */
  void loaded(WorkloadEntry workload) {
    failures.load(workload);
    moves.loaded(workload);
    balancing.loaded(workload);
  }

  void policyChanged() {
    balancing.policyChanged();
    state.admission.policyChanged();
  }

  void balanceDue() {
    balancing.due();
  }

  void balancePauseOver(WorkloadId id) {
    WorkloadEntry workload = state.workloads.get(id);
    if (workload != null) {
      balancing.pauseOver(workload);
    }
  }

  void sparedLongEnough(WorkloadId id) {
    recovery.makingRoom().sparedLongEnough(id);
  }

  void memoryDue(WorkloadId id) {
    WorkloadEntry workload = state.workloads.get(id);
    if (workload != null) {
      failures.memoryDue(workload);
    }
  }
}
