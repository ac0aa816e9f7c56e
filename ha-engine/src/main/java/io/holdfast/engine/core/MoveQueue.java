package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Workloads that wait for their turn to be moved, the most important first. For one whose target
 * has no slot left no other is sought before the slots have changed, or the target cannot be used
 * any more: hundreds may wait for one host, and most events change nothing for them.
 */
final class MoveQueue {
  private record Turn(Priority priority, WorkloadId id) {}

  private static final Comparator<Turn> MOST_IMPORTANT_FIRST =
      Comparator.comparing(Turn::priority).reversed().thenComparing(Turn::id);

  private final SortedSet<Turn> turns = new TreeSet<>(MOST_IMPORTANT_FIRST);
  private final SortedMap<WorkloadId, Turn> queued = new TreeMap<>();

  /** The targets without a slot, as it was with these slots. */
  private final SortedMap<WorkloadId, HostId> heldUp = new TreeMap<>();

  private @Nullable MoveSlots slots;

  void clear() {
    turns.clear();
    queued.clear();
    heldUp.clear();
    slots = null;
  }

  void add(WorkloadEntry workload) {
    remove(workload.id);
    Turn turn = new Turn(workload.priority(), workload.id);
    queued.put(turn.id(), turn);
    turns.add(turn);
  }

  void remove(WorkloadId id) {
    heldUp.remove(id);
    Turn before = queued.remove(id);
    if (before != null) {
      turns.remove(before);
    }
  }

  boolean contains(WorkloadId id) {
    return queued.containsKey(id);
  }

  boolean isEmpty() {
    return turns.isEmpty();
  }

  /** It stays, because its target has no slot left. */
  void holdUp(WorkloadId id, HostId target) {
    heldUp.put(id, target);
  }

  /**
   * Those for which it is worth to seek a target, in the order of their turns.
   *
   * @param usable whether a target can be used still
   */
  List<WorkloadId> due(MoveSlots now, Predicate<HostId> usable) {
    if (!now.areAs(slots)) {
      heldUp.clear();
    }
    slots = now;
    return turns.stream()
        .map(Turn::id)
        .filter(
            id -> {
              HostId target = heldUp.get(id);
              return target == null || !usable.test(target);
            })
        .toList();
  }
}
