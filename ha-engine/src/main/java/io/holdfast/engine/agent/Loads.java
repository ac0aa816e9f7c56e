package io.holdfast.engine.agent;

import io.holdfast.api.Capacity;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the workloads here use, as it is reported: measured every so often, and said anew only when
 * one of them has changed by enough to matter to a placement. So a load that swings a little costs
 * the store nothing.
 */
final class Loads {
  /** How often it is measured. */
  static final Duration LOOK_EVERY = Duration.ofSeconds(30);

  /** A load that differs by less than this part of the greater one is the same. */
  private static final int NOTICEABLE_PART = 8;

  private final AgentState state;
  private Optional<SortedMap<WorkloadId, Capacity>> told = Optional.empty();
  private @Nullable OpId looking;
  private long due = Long.MIN_VALUE;

  Loads(AgentState state) {
    this.state = state;
  }

  /** What is to be reported. */
  Optional<SortedMap<WorkloadId, Capacity>> told() {
    return told;
  }

  void run() {
    if (mayLook() && state.now >= due) {
      OpId op = state.nextOp();
      looking = op;
      state.emit(new AgentEffect.MeasureLoads(op));
    }
  }

  long nextWakeup() {
    return mayLook() ? due : Long.MAX_VALUE;
  }

  private boolean mayLook() {
    return state.config.measuresLoad() && looking == null && state.incarnation != null;
  }

  /**
   * @return whether there is something new to be reported
   */
  boolean measured(AgentEvent.LoadsMeasured event) {
    if (!event.op().equals(looking)) {
      return false;
    }
    looking = null;
    due = state.now + LOOK_EVERY.toNanos();
    if (event.outcome() instanceof Outcome.Done<SortedMap<WorkloadId, Capacity>> done
        && told.map(before -> differs(before, done.value())).orElse(true)) {
      told = Optional.of(Collections.unmodifiableSortedMap(new TreeMap<>(done.value())));
      return true;
    }
    return false;
  }

  private static boolean differs(
      SortedMap<WorkloadId, Capacity> before, SortedMap<WorkloadId, Capacity> now) {
    return !now.keySet().equals(before.keySet())
        || now.entrySet().stream()
            .anyMatch(e -> differs(e.getValue(), before.getOrDefault(e.getKey(), Capacity.NONE)));
  }

  private static boolean differs(Capacity one, Capacity other) {
    SortedSet<String> dimensions = new TreeSet<>(one.amounts().keySet());
    dimensions.addAll(other.amounts().keySet());
    return dimensions.stream()
        .anyMatch(
            dimension -> {
              long a = one.amount(dimension);
              long b = other.amount(dimension);
              return Math.abs(a - b) > Math.max(a, b) / NOTICEABLE_PART;
            });
  }
}
