package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.HostIntent;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Starts that were decided, until their hosts have begun them: less important ones wait for them,
 * but not for ever, and each is told of once its order is stored.
 */
final class Starts {

  private final ControllerState state;
  private final SortedMap<OpId, Priority> notBegun = new TreeMap<>();
  private final SortedMap<Priority, Integer> notBegunBy = new TreeMap<>();
  private final SortedMap<OpId, HaEvent.StartIntended> unannounced = new TreeMap<>();

  /** Not known to run, to have come to nothing, or to be kept from beginning. */
  private final SortedMap<OpId, WorkloadId> underWay = new TreeMap<>();

  Starts(ControllerState state) {
    this.state = state;
  }

  void reset() {
    notBegun.clear();
    notBegunBy.clear();
    unannounced.clear();
    underWay.clear();
  }

  /** A start was decided; its order is on its way into the store. */
  void decided(OpId assignment, HaEvent.StartIntended event) {
    unannounced.put(assignment, event);
    underWay.put(assignment, event.workload());
    notBegun.put(assignment, event.priority());
    notBegunBy.merge(event.priority(), 1, Integer::sum);
    state.timer(
        TimerKind.START_HOLD,
        assignment.toString(),
        state.now + ControllerConfig.START_HOLD.toNanos());
  }

  /** The host has begun this start, or will never. */
  void begun(OpId assignment) {
    Priority priority = notBegun.remove(assignment);
    if (priority != null) {
      notBegunBy.computeIfPresent(priority, (p, n) -> n > 1 ? n - 1 : null);
      state.cancel(TimerKind.START_HOLD, assignment.toString());
      state.worthPlacing = true;
    }
  }

  /** The order was taken back. */
  void takenBack(OpId assignment) {
    begun(assignment);
    ended(assignment);
    unannounced.remove(assignment);
  }

  /** It runs, has come to nothing, or cannot begin as things are: it holds up nobody any more. */
  void ended(OpId assignment) {
    if (underWay.remove(assignment) != null) {
      state.worthPlacing = true;
    }
  }

  /** Workloads that were ordered to run, and are not known to run or not to. */
  SortedSet<WorkloadId> underWay() {
    return new TreeSet<>(underWay.values());
  }

  /** Whether as many are under way as the cluster's policy allows. */
  boolean areEnough() {
    return underWay.size() >= state.policy.startsInCluster();
  }

  void holdPassed(String assignment) {
    notBegun.keySet().stream()
        .filter(op -> op.toString().equals(assignment))
        .findFirst()
        .ifPresent(this::begun);
  }

  /** The intent for this host is stored: its starts are now decided for good. */
  void intentStored(HostIntent intent) {
    intent
        .entries()
        .values()
        .forEach(
            entry ->
                Optional.ofNullable(unannounced.remove(entry.assignment()))
                    .ifPresent(state::publish));
  }

  /** When none of those that hold up others does so any more, at the latest. */
  long heldUntil() {
    return notBegun.keySet().stream()
        .mapToLong(op -> dueOf(op).orElse(Wait.OPEN))
        .max()
        .orElse(state.now);
  }

  private Optional<Long> dueOf(OpId op) {
    return state.timers.at(new TimerKey(TimerKind.START_HOLD, op.toString()));
  }

  /** What one of this importance waits for before it is started; empty if it may be now. */
  Optional<Wait> whyNotNow(Priority priority) {
    if (isHeldBack(priority)) {
      return Optional.of(new Wait(Kind.MORE_IMPORTANT, "workloads above " + priority, heldUntil()));
    }
    return areEnough()
        ? Optional.of(Wait.of(Kind.LIMIT, "starts in the cluster"))
        : Optional.empty();
  }

  /** Whether one of this importance waits for a more important one to be begun. */
  boolean isHeldBack(Priority priority) {
    return !notBegunBy.isEmpty() && notBegunBy.lastKey().compareTo(priority) > 0;
  }
}
