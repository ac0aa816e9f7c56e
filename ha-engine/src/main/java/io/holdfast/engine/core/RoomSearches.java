package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.time.Duration;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * When it is sought who could make room, and for whom. Each search looks at all that runs, and all
 * other decisions wait meanwhile: so there are few in a while, however often something happens.
 */
final class RoomSearches {
  /**
   * In one while, unless a few are as much as that already. The others have their turn in the next
   * one, before all for whom it was sought later than for them.
   */
  private static final int MOST = 10;

  /**
   * Of a search and a workload that is looked at. One search is always made; what it looks at
   * beyond that makes the while longer.
   */
  private static final long MOST_PAIRS = JointPlan.MOST_PAIRS;

  private static final Duration WHILE = Duration.ofSeconds(1);

  private static final long NEVER = Long.MIN_VALUE / 2;

  /**
   * Nobody at all could go for one of this priority.
   *
   * @param openings as {@link Room#openings()} counted then
   */
  private record InVain(MakeRoom asked, Priority most, long openings, long until) {}

  private record Turn(long soughtAt, WorkloadId id) implements Comparable<Turn> {
    @Override
    public int compareTo(Turn other) {
      int byTime = Long.compare(soughtAt, other.soughtAt);
      return byTime != 0 ? byTime : id.compareTo(other.id);
    }
  }

  private final ControllerState state;
  private final SortedMap<WorkloadId, Long> notBefore = new TreeMap<>();
  private final SortedMap<WorkloadId, Long> soughtAt = new TreeMap<>();

  /** Who found no turn in this while. */
  private final SortedSet<WorkloadId> refused = new TreeSet<>();

  /** Who found none in the one before. never stuck: only these, for some may not need one now. */
  private final SortedSet<Turn> first = new TreeSet<>();

  private @Nullable InVain inVain;
  private long whileBegan = NEVER;
  private int searches;
  private long pairs;

  RoomSearches(ControllerState state) {
    this.state = state;
  }

  void reset() {
    notBefore.clear();
    soughtAt.clear();
    refused.clear();
    first.clear();
    inVain = null;
    whileBegan = NEVER;
    pairs = 0;
  }

  /** Whether this one has to wait for a search after the last one, or one for it would be vain. */
  boolean isToWait(WorkloadEntry workload) {
    if (state.now < notBefore.getOrDefault(workload.id, Long.MIN_VALUE)) {
      return true;
    }
    if (wouldBeInVain(workload.priority())) {
      later(workload.id);
      return true;
    }
    return false;
  }

  /** Whether a search may be made for it now. If not, it has its turn later. */
  boolean hasTurn(WorkloadId workload) {
    if (state.now >= whileEnds()) {
      searches = 0;
      pairs = 0;
      whileBegan = state.now;
      first.clear();
      refused.forEach(id -> first.add(turnOf(id)));
      refused.clear();
    }
    long more = state.workloads.size();
    Turn turn = turnOf(workload);
    boolean may = !state.policyUnread && searches < MOST;
    may &= searches == 0 || pairs + more <= MOST_PAIRS;
    may &= first.isEmpty() || turn.soughtAt() <= first.first().soughtAt();
    if (!may) {
      refused.add(workload);
      long next = searches == 0 ? state.now + WHILE.toNanos() : whileEnds();
      state.timerAtLatest(TimerKind.PLACE_AGAIN, "a search for room", next);
    }
    return may;
  }

  private long whileEnds() {
    return whileBegan + WHILE.toNanos() * Math.max(1, pairs / MOST_PAIRS);
  }

  /** It needs none now: others need not let it go first. */
  void needsNone(WorkloadId workload) {
    first.remove(turnOf(workload));
    refused.remove(workload);
  }

  /** Whether a search may be made for it now; it is, then. */
  boolean begin(WorkloadId workload) {
    if (!hasTurn(workload)) {
      return false;
    }
    searches++;
    pairs += state.workloads.size();
    needsNone(workload);
    soughtAt.put(workload, state.now);
    return true;
  }

  private Turn turnOf(WorkloadId workload) {
    return new Turn(soughtAt.getOrDefault(workload, Long.MIN_VALUE), workload);
  }

  /** The search looks at another workload, or at a pair of one and a host. */
  void looksAtAnother() {
    pairs++;
  }

  /** Whether it was never sought for it yet, because others came first. */
  boolean isYetToHaveItsTurn(WorkloadId workload) {
    return refused.contains(workload) && !soughtAt.containsKey(workload);
  }

  /** Nothing was found for it. */
  void later(WorkloadId workload) {
    long next = state.now + MakingRoom.LOOK_EVERY.toNanos();
    notBefore.put(workload, next);
    state.timer(TimerKind.PLACE_AGAIN, "room for " + workload, next);
  }

  /** Nobody may go for one of this priority, so nobody does for one of a lower one either. */
  void nobodyMayGoFor(Priority priority) {
    inVain =
        new InVain(
            state.policy.makeRoom(),
            priority,
            state.room.openings(),
            state.now + MakingRoom.LOOK_EVERY.toNanos());
  }

  private boolean wouldBeInVain(Priority priority) {
    InVain known = inVain;
    return known != null
        && state.now < known.until()
        && known.asked() == state.policy.makeRoom()
        && known.most().compareTo(priority) >= 0
        && known.openings() == state.room.openings();
  }

  /** It waits no longer. */
  void forget(WorkloadId workload) {
    needsNone(workload);
    soughtAt.remove(workload);
    notBefore.remove(workload);
  }
}
