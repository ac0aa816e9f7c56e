package io.holdfast.engine.agent;

import io.holdfast.api.HaEvent;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What runs on this host. The hypervisor's inventory says so; its events only say when to look, and
 * why something stopped.
 */
final class Inventory {
  private final AgentState state;
  private final SortedMap<WorkloadId, RunState> running = new TreeMap<>();

  /** The last operation begun before a workload's entry in {@link #running} became certain. */
  private final SortedMap<WorkloadId, Long> knownSince = new TreeMap<>();

  /**
   * Workloads with an attempt whose result is not known, and the last operation begun before that:
   * it may take effect yet, whatever becomes of the order that it was made for.
   */
  private final SortedMap<WorkloadId, Long> uncertain = new TreeMap<>();

  private final SortedMap<WorkloadId, StopReason> stopReasons = new TreeMap<>();

  /** The last operation begun before it was told why a workload stopped. */
  private final SortedMap<WorkloadId, Long> stoppedAfter = new TreeMap<>();

  /** Told to have begun or arrived, and the last operation begun before that. */
  private final SortedMap<WorkloadId, Long> appeared = new TreeMap<>();

  /** Listed again by an operation begun after they had left, and not running yet. */
  private final SortedSet<WorkloadId> returning = new TreeSet<>();

  /** By which operation what is in {@link #running} was seen, or the last begun before that. */
  private final SortedMap<WorkloadId, Long> seenBy = new TreeMap<>();

  /** Not here any more, and what was seen last of them may be older than what was not told. */
  private final SortedSet<WorkloadId> wentUnseen = new TreeSet<>();

  /** The last operation before or during a time of which the hypervisor may have told nothing. */
  private long outOfSightUntil = -1;

  private boolean known;
  private OpId lastRead = new OpId(0, 0);

  Inventory(AgentState state) {
    this.state = state;
  }

  /** Whether the hypervisors answered when they were asked last. */
  boolean isKnown() {
    return known;
  }

  /** Whether it was read by an operation that was begun after this one. */
  boolean isReadSince(OpId op) {
    return lastRead.sequence() > op.sequence();
  }

  /** Whether it was read by an operation of which this holds. */
  boolean isReadSince(LongPredicate operation) {
    return operation.test(lastRead.sequence());
  }

  Optional<RunState> of(WorkloadId id) {
    return Optional.ofNullable(running.get(id));
  }

  /** Whether it was told to have begun or arrived here, and no look was begun and read since. */
  boolean hasAppeared(WorkloadId id) {
    return appeared.containsKey(id);
  }

  boolean isUncertain(WorkloadId id) {
    return uncertain.containsKey(id);
  }

  /** Whether the hypervisor told why it stopped. */
  boolean isExplained(WorkloadId id) {
    return stopReasons.containsKey(id);
  }

  /** Whether it left for another host, and is listed here again without running yet. */
  boolean isReturning(WorkloadId id) {
    return returning.contains(id);
  }

  /**
   * Whether it was here before a time of which the hypervisor tells nothing, and was not when it
   * was looked for after that. never two: it may have been moved away by hand.
   */
  boolean wentUnseen(WorkloadId id) {
    return wentUnseen.contains(id);
  }

  void forgetThatItWent(WorkloadId id) {
    wentUnseen.remove(id);
  }

  StopReason whyStopped(WorkloadId id) {
    return stopReasons.getOrDefault(id, StopReason.UNKNOWN);
  }

  /** What may take effect yet, as far as a look that was begun since can tell. */
  List<WorkloadId> uncertainSinceRead() {
    return uncertain.entrySet().stream()
        .filter(entry -> known && lastRead.sequence() > entry.getValue())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** What runs, or may in a moment. */
  SortedSet<WorkloadId> all() {
    SortedSet<WorkloadId> ids = new TreeSet<>(running.keySet());
    ids.addAll(uncertain.keySet());
    ids.addAll(appeared.keySet());
    return ids;
  }

  // What the hypervisor says

  /**
   * An inventory was read.
   *
   * @param op the operation that read it
   * @param isBusy workloads with an action under way: what is seen of them says nothing
   */
  void read(
      OpId op, Outcome<SortedMap<WorkloadId, RunState>> outcome, Predicate<WorkloadId> isBusy) {
    if (!(outcome instanceof Outcome.Done<SortedMap<WorkloadId, RunState>> done)) {
      known = false;
      outOfSightUntil = Math.max(outOfSightUntil, state.latestOp());
      return;
    }
    known = true;
    lastRead = op;
    appeared.values().removeIf(before -> op.sequence() > before);
    SortedMap<WorkloadId, RunState> seen = done.value();
    SortedSet<WorkloadId> all = new TreeSet<>(running.keySet());
    all.addAll(seen.keySet());
    for (WorkloadId id : all) {
      boolean outdated = isBusy.test(id) || op.sequence() <= knownSince.getOrDefault(id, 0L);
      if (!outdated) {
        see(id, seen.get(id), op.sequence());
        seeWhetherItReturns(op, id);
      }
    }
  }

  void disconnected() {
    known = false;
    outOfSightUntil = Long.MAX_VALUE;
  }

  /** What happened in between is not told. */
  void reconnected() {
    outOfSightUntil = state.latestOp();
  }

  void stopped(WorkloadId id, StopReason reason) {
    appeared.remove(id);
    stopReasons.put(id, reason);
    stoppedAfter.put(id, state.latestOp());
  }

  void started(WorkloadId id) {
    stopReasons.remove(id);
    stoppedAfter.remove(id);
    wentUnseen.remove(id);
  }

  /**
   * never two: it is here, whatever a look said that was begun before, or how long the next takes.
   */
  void appeared(WorkloadId id) {
    started(id);
    appeared.put(id, state.latestOp());
  }

  // What came of actions on it

  /** It is known for sure now; inventories that were begun before say nothing of it. */
  void certainly(WorkloadId id, @Nullable RunState seen) {
    knownSince.put(id, state.latestOp());
    appeared.remove(id);
    uncertain.remove(id);
    returning.remove(id);
    see(id, seen, state.latestOp());
  }

  /** Something may come of it yet. */
  void doubtful(WorkloadId id) {
    uncertain.put(id, state.latestOp());
  }

  void noLongerDoubtful(WorkloadId id) {
    uncertain.remove(id);
  }

  private void seeWhetherItReturns(OpId op, WorkloadId id) {
    returning.remove(id);
    RunState seen = running.get(id);
    if (seen == null || op.sequence() <= stoppedAfter.getOrDefault(id, Long.MAX_VALUE)) {
      return;
    }
    if (seen == RunState.RUNNING || seen == RunState.CRASHED) {
      started(id);
    } else if (whyStopped(id) == StopReason.MIGRATED) {
      returning.add(id);
    }
  }

  private void see(WorkloadId id, @Nullable RunState seen, long by) {
    boolean before = running.containsKey(id);
    if (seen != null) {
      running.put(id, seen);
      seenBy.put(id, by);
      wentUnseen.remove(id);
      if (!before) {
        state.publish(new HaEvent.WorkloadRunning(id, state.config.host()));
      }
      return;
    }
    running.remove(id);
    Long seenLast = seenBy.remove(id);
    if (seenLast != null && seenLast <= outOfSightUntil) {
      wentUnseen.add(id);
    }
    if (before) {
      state.publish(new HaEvent.WorkloadStopped(id, state.config.host(), whyStopped(id)));
    }
  }
}
