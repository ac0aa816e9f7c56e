package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.RoomLimits.Limit;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

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

  static final int MOST_STOPPED_AT_ONCE = RoomLimits.MOST_STOPPED_AT_ONCE;

  /** So many times as many moves as may be under way wait for their turn: no more are meant. */
  private static final int MOST_WAITING = 4;

  private final ControllerState state;
  private final Mobility mobility;
  private final KeptRoom kept;
  private final Evictions evictions;
  private final RoomSearches searches;

  /** So long hosts are waited for that may be there in a moment. */
  private final SortedMap<WorkloadId, Long> patientUntil = new TreeMap<>();

  /** Until when they are not moved for this again. */
  private final SortedMap<WorkloadId, Long> movedLately = new TreeMap<>();

  /** They are said only of those for whom room is sought. */
  private final RoomLimits limits = new RoomLimits();

  MakingRoom(ControllerState state, Books books, Dependencies dependencies) {
    this.state = state;
    mobility = new Mobility(state);
    kept = new KeptRoom(state, books);
    evictions = new Evictions(state, books, dependencies, mobility, kept);
    searches = new RoomSearches(state);
  }

  void reset() {
    kept.reset();
    evictions.reset();
    searches.reset();
    patientUntil.clear();
    movedLately.clear();
    limits.clear();
  }

  /** It is looked at: what was begun with it for another goes on, or is over. */
  void settle(WorkloadEntry workload) {
    if (!RoomNeeds.isWaiting(workload)) {
      searches.forget(workload.id);
      patientUntil.remove(workload.id);
      limits.remove(workload);
      kept.forget(workload.id);
    }
    kept.givingWay().forget(workload.id);
    kept.keepOn(workload);
    evictions.settle(workload);
  }

  /** It may be stopped for others again. */
  void sparedLongEnough(WorkloadId workload) {
    evictions.sparedLongEnough(workload);
  }

  /** Ends what is of no use any more. What has failed is not tried again at once. */
  void review() {
    kept.review().forEach(searches::later);
  }

  /** How important those are for whom somebody is still to be moved, downwards. */
  List<Integer> importances() {
    return kept.moves().importances();
  }

  /** All whose turn has not come have been looked at. */
  void areLookedAt() {
    kept.moves().areLookedAt();
  }

  /** The next move that may begin now for those of this importance; it does. */
  Optional<RoomMoves.Step> nextMove(int importance) {
    Optional<RoomMoves.Step> next = kept.moves().next(importance, this::mayBeMoved);
    if (next.isPresent()) {
      movedLately.values().removeIf(until -> state.now >= until);
      movedLately.put(next.get().workload().id, state.now + NOT_MOVED_AGAIN.toNanos());
    }
    return next;
  }

  /** Who gives way to those that find no room. */
  GivingWay givingWay() {
    return kept.givingWay();
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
    return kept.describe(workload)
        .or(() -> limits.whyLater(workload).filter(why -> isSoughtFor(workload)));
  }

  private boolean isSoughtFor(WorkloadEntry workload) {
    return isAskedNow() && hasLostItsHost(workload);
  }

  /** Why none is made for it although the policy asks for that, as the end of a line. */
  String whyNot(WorkloadEntry workload) {
    if (isSoughtFor(workload)) {
      return searches.isYetToHaveItsTurn(workload.id)
          ? "; whether room can be made for it is looked at in its turn"
          : limits.whyNever(workload);
    }
    if (!isAsked() || hasLostItsHost(workload) || !Evictions.why(workload).isEmpty()) {
      return "";
    }
    return workload
        .placement
        .home()
        .map(
            home ->
                "; no room is made for it, as %s, where it was last, is not lost".formatted(home))
        .orElse("; no room is made for a first start");
  }

  /** What it waits for that finds no room. */
  Wait waitOf(WorkloadEntry workload) {
    return limits
        .waitOf(workload)
        .filter(wait -> kept.describe(workload).isEmpty() && isSoughtFor(workload))
        .orElseGet(() -> kept.waitOf(workload));
  }

  /** Where capacity only ranks, it is never room that is missing. */
  private boolean isAsked() {
    boolean asked = state.policy.makeRoom().moves() || state.policy.makeRoom().evicts();
    return asked && state.policy.hardCapacity();
  }

  private boolean isAskedNow() {
    return isAsked() && !state.policyOutdated && !Disarming.isWanted(state);
  }

  /** What is quickly said is asked first: many may wait, and each is asked each time. */
  private boolean maySeek(WorkloadEntry workload, Wish wish) {
    if (!isSoughtFor(workload)
        || doMovesWait(workload)
        || searches.isToWait(workload)
        || !searches.hasTurn(workload.id)) {
      return false;
    }
    if (mayFindRoomSoon(workload, wish)) {
      searches.needsNone(workload.id);
      return false;
    }
    return searches.begin(workload.id);
  }

  private boolean doMovesWait(WorkloadEntry workload) {
    int most = MOST_WAITING * state.policy.movesInCluster();
    boolean wait =
        state.policy.makeRoom().moves() && kept.moves().doWait(workload.priority(), most);
    if (wait) {
      limits.put(workload, Limit.MOVES);
      searches.needsNone(workload.id);
      long next = state.now + LOOK_EVERY.toNanos();
      state.timerAtLatest(TimerKind.PLACE_AGAIN, "room where others are to be moved", next);
    } else if (limits.has(workload, Limit.MOVES)) {
      limits.remove(workload);
    }
    return wait;
  }

  /**
   * Whether it has not run since the host that it was given to was lost, left, or gave it up. That
   * host may be back, and full, or be kept empty; a controller that has begun since knows only what
   * the host is now. Who was stopped for another itself has lost none.
   */
  private boolean hasLostItsHost(WorkloadEntry workload) {
    Optional<HostId> home = workload.placement.home();
    return Evictions.why(workload).isEmpty()
        && (workload.status == WorkloadStatus.RECOVERING
            || Evictions.hasBeenGivenUp(workload)
            || home.map(state::host).filter(MakingRoom::isLost).isPresent());
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
        Stream.concat(state.joining.stream(), state.silent.stream())
            .map(state::host)
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
    limits.remove(workload);
    List<SoonGone> going = SoonGone.all(state);
    List<WorkloadEntry> along =
        kept.needs().partnersWaiting(workload.id).stream()
            .filter(partner -> partner.roomKeptOn == null)
            .toList();
    seek(workload, along, wish, going);
    if (!along.isEmpty() && kept.describe(workload).isEmpty()) {
      limits.remove(workload);
      seek(workload, List.of(), wish, going);
    }
    if (kept.describe(workload).isEmpty()) {
      searches.later(workload.id);
      if (going.isEmpty()) {
        tellIfNobodyMayGo(workload);
      }
    }
  }

  private void seek(
      WorkloadEntry workload, List<WorkloadEntry> along, Wish wish, List<SoonGone> underWay) {
    List<SoonGone> going = new ArrayList<>(underWay);
    going.addAll(kept.givingWay().thoseBehind(workload));
    RoomQuestion question =
        new RoomQuestion(
            workload,
            along,
            wish,
            going,
            MakingRoom::mightBeMoved,
            counted(this::mayMakeRoom),
            MOST_MOVES);
    Optional<HostId> anyway = question.ask(state, question::hostFor);
    if (anyway.isPresent()) {
      kept.keep(workload, anyway.get());
      return;
    }
    if (state.policy.makeRoom().moves()) {
      MovePlan.of(state, question).ifPresent(plan -> kept.keep(workload, plan));
    }
    if (state.policy.makeRoom().evicts() && kept.describe(workload).isEmpty()) {
      Priority others =
          along.stream()
              .map(WorkloadEntry::priority)
              .reduce(workload.priority(), (one, other) -> one.compareTo(other) < 0 ? one : other);
      int most = Math.max(0, MOST_STOPPED_AT_ONCE - evictions.countHeard());
      RoomQuestion whoIsStopped =
          new RoomQuestion(
              workload,
              along,
              wish,
              going,
              one -> one.priority().compareTo(others) < 0,
              counted(one -> evictions.mayBeStopped(one, others)),
              most);
      EvictionPlan.of(state, whoIsStopped, searches::looksAtAnother)
          .ifPresent(plan -> stop(workload, plan, most));
    }
  }

  private void stop(WorkloadEntry workload, EvictionPlan plan, int most) {
    int count = plan.victims().size();
    if (count <= most) {
      evictions.begin(workload, plan);
    } else {
      limits.areTooMany(workload, count);
    }
  }

  private <T> Predicate<T> counted(Predicate<T> asked) {
    return one -> {
      searches.looksAtAnother();
      return asked.test(one);
    };
  }

  private void tellIfNobodyMayGo(WorkloadEntry workload) {
    Predicate<WorkloadEntry> mayGo =
        one ->
            (state.policy.makeRoom().moves() && mayMakeRoom(one))
                || (state.policy.makeRoom().evicts()
                    && evictions.mayBeStopped(one, workload.priority()));
    if (state.workloads.values().stream().noneMatch(counted(mayGo))) {
      searches.nobodyMayGoFor(workload.priority());
    }
  }

  private boolean mayMakeRoom(WorkloadEntry workload) {
    return workload.roomKeptOn == null && mayBeMoved(workload);
  }

  private static boolean mightBeMoved(WorkloadEntry workload) {
    Workload spec = workload.spec;
    return spec != null && spec.policy().movable() && spec.policy().migration() == Migration.LIVE;
  }

  /** Whether it can be moved without being stopped, and alone. */
  private boolean mayBeMoved(WorkloadEntry workload) {
    return mightBeMoved(workload)
        && state.now >= movedLately.getOrDefault(workload.id, Long.MIN_VALUE)
        && mobility.isFree(workload)
        && WorkloadFacts.of(state, workload).entry().condition() == Condition.RUNNING
        && workload.seenOn.isEmpty()
        && Requests.open(workload).isEmpty()
        && state.room.partnersOf(workload.id).isEmpty();
  }
}
