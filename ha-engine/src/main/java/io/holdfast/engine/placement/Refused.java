package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * What had no host is not sought anew before a host can have been opened to it: thousands that wait
 * for room cost as much as one of each shape. Only for workloads that no rule names: what others do
 * matters to these by the room alone.
 */
final class Refused {
  /** Two of the same kind, demand and wants are refused by the same hosts. */
  private record Wants(
      SortedMap<String, String> requires,
      SortedSet<String> conditions,
      SortedMap<HostId, String> excluded) {
    static Wants of(WorkloadSlot workload, Wish wish) {
      return new Wants(workload.requires, workload.conditions, wish.excluded());
    }
  }

  private final PlacementState state;

  /** By kind and demand. */
  private final SortedMap<String, List<Wants>> refused = new TreeMap<>();

  private long openings;

  Refused(PlacementState state) {
    this.state = state;
  }

  /** Whether one like it had no host, and none was opened since. */
  boolean holdsFor(WorkloadSlot workload, Wish wish) {
    if (openings != state.openings()) {
      refused.clear();
      openings = state.openings();
    }
    return !refused.isEmpty()
        && counts(workload)
        && refused.getOrDefault(size(workload), List.of()).contains(Wants.of(workload, wish));
  }

  /** It had no host just now. */
  void remember(WorkloadSlot workload, Wish wish) {
    if (counts(workload)) {
      List<Wants> ofItsSize = refused.computeIfAbsent(size(workload), size -> new ArrayList<>());
      Wants wants = Wants.of(workload, wish);
      if (!ofItsSize.contains(wants)) {
        ofItsSize.add(wants);
      }
    }
  }

  private static String size(WorkloadSlot workload) {
    return workload.id.kind() + Arrays.toString(workload.demand);
  }

  private boolean counts(WorkloadSlot workload) {
    return state.rules.of(workload.id).isEmpty();
  }
}
