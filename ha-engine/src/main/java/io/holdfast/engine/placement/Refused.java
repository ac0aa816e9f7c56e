package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * What had no host is not sought anew before a host can have been opened to it: thousands that wait
 * for room cost as much as one of each shape. Only for workloads that no rule names: what others do
 * matters to these by the room alone.
 */
final class Refused {
  /** Two of the same shape are refused by the same hosts. */
  private record Shape(
      String kind,
      List<Long> demand,
      SortedMap<String, String> requires,
      SortedSet<String> conditions,
      SortedMap<HostId, String> excluded) {
    static Shape of(WorkloadSlot workload, Wish wish) {
      return new Shape(
          workload.id.kind(),
          Arrays.stream(workload.demand).boxed().toList(),
          workload.requires,
          workload.conditions,
          wish.excluded());
    }
  }

  private final PlacementState state;
  private final Set<Shape> shapes = new LinkedHashSet<>();
  private long openings;

  Refused(PlacementState state) {
    this.state = state;
  }

  /** Whether one of the same shape had no host, and none was opened since. */
  boolean holdsFor(WorkloadSlot workload, Wish wish) {
    if (openings != state.openings()) {
      shapes.clear();
      openings = state.openings();
    }
    return !shapes.isEmpty() && counts(workload) && shapes.contains(Shape.of(workload, wish));
  }

  /** It had no host just now. */
  void remember(WorkloadSlot workload, Wish wish) {
    if (counts(workload)) {
      shapes.add(Shape.of(workload, wish));
    }
  }

  private boolean counts(WorkloadSlot workload) {
    return state.rules.of(workload.id).isEmpty();
  }
}
