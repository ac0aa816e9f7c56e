package io.holdfast.engine.core;

import io.holdfast.api.HostState;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What is done, where the cluster's policy asks for it, so that what lost its host finds room where
 * there is none: others are moved live to where there is room for them, or less important ones are
 * stopped ({@link Evictions}). Nothing of it is done for a first start, or for what was stopped for
 * another itself.
 */
final class MakingRoom {
  /** How often it is looked anew for somebody who could make room, where nobody could. */
  static final Duration LOOK_EVERY = Duration.ofSeconds(10);

  /** What is moved for one workload. */
  static final int MOST_MOVES = 8;

  /** So long nothing is moved for this again. */
  static final Duration NOT_MOVED_AGAIN = Duration.ofMinutes(10);

  /** What is wanted wrongly does not stop a whole cluster at once. */
  static final int MOST_STOPPED_AT_ONCE = 20;

  /** Each looks at all that runs; the others have their turn a moment later. */
  private static final int MOST_SEARCHES = 10;

  private static final Duration NEXT_TURN = Duration.ofSeconds(1);

  private final ControllerState state;
  private final Mobility mobility;
  private final KeptRoom kept;
  private final Evictions evictions;
  private final SortedMap<WorkloadId, Long> notSoughtBefore = new TreeMap<>();

  /** So long hosts are waited for that may be there in a moment. */
  private final SortedMap<WorkloadId, Long> patientUntil = new TreeMap<>();

  /** Until when they are not moved for this again. */
  private final SortedMap<WorkloadId, Long> movedLately = new TreeMap<>();

  private int searches;

  MakingRoom(ControllerState state, Books books, Dependencies dependencies) {
    this.state = state;
    mobility = new Mobility(state);
    kept = new KeptRoom(state, books);
    evictions = new Evictions(state, books, dependencies, mobility, kept);
  }

  void reset() {
    kept.reset();
    evictions.reset();
    notSoughtBefore.clear();
    patientUntil.clear();
    movedLately.clear();
    searches = 0;
  }

  /** It is looked at: what was begun with it for another goes on, or is over. */
  void settle(WorkloadEntry workload) {
    kept.keepOn(workload);
    evictions.settle(workload);
  }

  /** It may be stopped for others again. */
  void sparedLongEnough(WorkloadId workload) {
    evictions.sparedLongEnough(workload);
  }

  /** Ends what is of no use any more. What has failed is not tried again at once. */
  void review() {
    kept.review().forEach(this::seekLater);
    movedLately.values().removeIf(until -> state.now >= until);
    notSoughtBefore.keySet().removeIf(id -> !KeptRoom.isWaiting(state.workloads.get(id)));
    patientUntil.keySet().removeIf(id -> !KeptRoom.isWaiting(state.workloads.get(id)));
  }

  /** The next move that may begin now; it does. */
  Optional<KeptRoom.Step> nextMove() {
    Optional<KeptRoom.Step> next = kept.nextMove(this::mayBeMoved);
    next.ifPresent(
        step -> movedLately.put(step.workload().id, state.now + NOT_MOVED_AGAIN.toNanos()));
    return next;
  }

  /** All that waits is about to be looked at. */
  void beginRound() {
    searches = 0;
  }

  /**
   * It could be started, and finds no room.
   *
   * @return why it waits for room that is made for it; empty if none is
   */
  Optional<String> makeRoom(WorkloadEntry workload, Wish wish) {
    kept.giveUpIfInVain(workload);
    if (kept.describe(workload).isEmpty() && maySeek(workload, wish)) {
      seek(workload, wish);
    }
    return kept.describe(workload);
  }

  /** What it waits for that finds no room. */
  Wait waitOf(WorkloadEntry workload) {
    return kept.waitOf(workload);
  }

  private boolean maySeek(WorkloadEntry workload, Wish wish) {
    boolean asked = state.policy.makeRoom().moves() || state.policy.makeRoom().evicts();
    // Where capacity only ranks, it is never room that is missing.
    if (!asked
        || !state.policy.hardCapacity()
        || state.policyOutdated
        || Disarming.isWanted(state)
        || !hasLostItsHost(workload)
        || state.now < notSoughtBefore.getOrDefault(workload.id, Long.MIN_VALUE)
        || mayFindRoomSoon(workload, wish)) {
      return false;
    }
    if (searches >= MOST_SEARCHES || state.policyUnread) {
      state.timerAtLatest(
          TimerKind.PLACE_AGAIN, "a search for room", state.now + NEXT_TURN.toNanos());
      return false;
    }
    return true;
  }

  /**
   * The host that it was given to cannot be used now, and may not be back soon. Who was stopped for
   * another itself has lost none.
   */
  private boolean hasLostItsHost(WorkloadEntry workload) {
    return !AdmissionControl.isFirstStart(workload)
        && Evictions.why(workload).isEmpty()
        && workload.placement.home().map(state::host).filter(MakingRoom::isLost).isPresent();
  }

  private static boolean isLost(HostEntry host) {
    return switch (host.state) {
      case LOST, FENCING, FENCED, ISOLATED, STORAGE_LOST -> true;
      case ONLINE, SUSPECT, JOINING, MAINTENANCE, SHUTTING_DOWN -> !host.isRegistered();
    };
  }

  /** Whether a host comes up, or is suspected, that could take it. never stuck: not for long. */
  private boolean mayFindRoomSoon(WorkloadEntry workload, Wish wish) {
    boolean soon =
        state.hosts.values().stream()
            .filter(host -> host.state == HostState.JOINING || host.state == HostState.SUSPECT)
            .anyMatch(host -> state.room.mightTake(workload, host, wish.excluded()));
    if (!soon) {
      return false;
    }
    long until =
        patientUntil.computeIfAbsent(
            workload.id, id -> state.now + state.timings().silence().toNanos());
    if (state.now < until) {
      state.timer(TimerKind.PLACE_AGAIN, "room for " + workload.id, until);
    }
    return state.now < until;
  }

  /** With its partners if that can be; if not, it is worth it without them, as any start is. */
  private void seek(WorkloadEntry workload, Wish wish) {
    searches++;
    List<WorkloadEntry> along =
        kept.partnersWaiting(workload.id).stream()
            .filter(partner -> partner.roomKeptOn == null)
            .toList();
    seek(workload, along, wish);
    if (!along.isEmpty() && kept.describe(workload).isEmpty()) {
      seek(workload, List.of(), wish);
    }
    if (kept.describe(workload).isEmpty()) {
      seekLater(workload.id);
    }
  }

  private void seek(WorkloadEntry workload, List<WorkloadEntry> along, Wish wish) {
    if (state.policy.makeRoom().moves()) {
      MovePlan.of(state, question(workload, along, wish, this::mayMakeRoom, MOST_MOVES))
          .ifPresent(plan -> kept.keep(workload, plan));
    }
    if (state.policy.makeRoom().evicts() && kept.describe(workload).isEmpty()) {
      Priority others =
          along.stream()
              .map(WorkloadEntry::priority)
              .reduce(workload.priority(), (one, other) -> one.compareTo(other) < 0 ? one : other);
      int most = MOST_STOPPED_AT_ONCE - evictions.beingStopped().size();
      Predicate<WorkloadEntry> mayGo = one -> evictions.mayBeStopped(one, others);
      EvictionPlan.of(state, question(workload, along, wish, mayGo, most))
          .ifPresent(plan -> evictions.begin(workload, plan));
    }
  }

  private void seekLater(WorkloadId workload) {
    long next = state.now + LOOK_EVERY.toNanos();
    notSoughtBefore.put(workload, next);
    state.timer(TimerKind.PLACE_AGAIN, "room for " + workload, next);
  }

  private RoomQuestion question(
      WorkloadEntry workload,
      List<WorkloadEntry> along,
      Wish wish,
      Predicate<WorkloadEntry> mayGo,
      int most) {
    return new RoomQuestion(
        workload, along, wish, evictions.beingStopped(), kept.toBeMoved(), mayGo, most);
  }

  private boolean mayMakeRoom(WorkloadEntry workload) {
    return workload.roomKeptOn == null && mayBeMoved(workload);
  }

  /** Whether it can be moved without being stopped, and alone. */
  private boolean mayBeMoved(WorkloadEntry workload) {
    Workload spec = workload.spec;
    return spec != null
        && spec.policy().movable()
        && spec.policy().migration() == Migration.LIVE
        && !movedLately.containsKey(workload.id)
        && mobility.isFree(workload)
        && WorkloadFacts.of(state, workload).entry().condition() == Condition.RUNNING
        && workload.seenOn.isEmpty()
        && Requests.open(workload).isEmpty()
        && state.room.partnersOf(workload.id).isEmpty();
  }
}
