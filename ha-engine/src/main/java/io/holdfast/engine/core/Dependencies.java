package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.WorkloadTable.Wish;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who is started after whom, and stopped before whom. A cycle is told when it is given, and its
 * members do not wait for each other: they would wait for ever.
 */
final class Dependencies {
  private final ControllerState state;
  private final SortedMap<WorkloadId, SortedSet<WorkloadId>> dependents = new TreeMap<>();

  Dependencies(ControllerState state) {
    this.state = state;
  }

  void reset() {
    dependents.clear();
  }

  /** What is said of it has changed. */
  void replaced(WorkloadId workload, Optional<Workload> before, Optional<Workload> after) {
    before.ifPresent(
        spec ->
            spec.policy()
                .dependsOn()
                .forEach(
                    other -> {
                      dependents.computeIfPresent(
                          other,
                          (o, of) -> {
                            of.remove(workload);
                            return of.isEmpty() ? null : of;
                          });
                      state.touched.add(other); // never stuck: it may have waited for this one
                    }));
    after.ifPresent(
        spec ->
            spec.policy()
                .dependsOn()
                .forEach(
                    other ->
                        dependents.computeIfAbsent(other, id -> new TreeSet<>()).add(workload)));
  }

  /** Tells of a cycle that it is in. */
  void tellCycle(WorkloadEntry workload) {
    if (of(workload).isEmpty()) {
      return;
    }
    SortedSet<WorkloadId> cycle = new TreeSet<>();
    of(workload).stream().filter(other -> leadsTo(other, workload.id)).forEach(cycle::add);
    if (!cycle.isEmpty()) {
      state.publish(
          new HaEvent.Alarm(
              workload.id.toString(),
              "depends on %s, which depend on it: they do not wait for each other"
                  .formatted(cycle)));
    }
  }

  /** Those that depend on it; not to be changed. */
  SortedSet<WorkloadId> dependentsOf(WorkloadId workload) {
    return dependents.getOrDefault(workload, Collections.emptySortedSet());
  }

  static SortedSet<WorkloadId> of(WorkloadEntry workload) {
    return workload.spec == null
        ? Collections.emptySortedSet()
        : workload.spec.policy().dependsOn();
  }

  /** Those of its dependencies that it has to wait for before it is started. */
  SortedSet<WorkloadId> missing(WorkloadEntry workload) {
    SortedSet<WorkloadId> missing = new TreeSet<>();
    for (WorkloadId id : of(workload)) {
      WorkloadEntry other = state.workloads.get(id);
      boolean ready = other != null && WorkloadFacts.of(state, other).isReady();
      if (!ready && !leadsTo(id, workload.id)) {
        missing.add(id);
      }
    }
    return missing;
  }

  /** Those that depend on it, are on their way down too, and have to be down first. */
  SortedSet<WorkloadId> stillUp(WorkloadEntry workload) {
    SortedSet<WorkloadId> up = new TreeSet<>();
    for (WorkloadId id : dependentsOf(workload.id)) {
      WorkloadEntry other = state.workloads.get(id);
      boolean goesDown =
          other != null
              && other.placement.owner().isPresent()
              && WorkloadFacts.wishOf(other) == Wish.STOP
              && other.lock().isEmpty();
      if (goesDown && !leadsTo(workload.id, id)) {
        up.add(id);
      }
    }
    return up;
  }

  /** Whether one depends on the other, directly or not. */
  private boolean leadsTo(WorkloadId from, WorkloadId to) {
    SortedSet<WorkloadId> seen = new TreeSet<>();
    ArrayDeque<WorkloadId> open = new ArrayDeque<>();
    open.add(from);
    while (!open.isEmpty()) {
      WorkloadId next = open.remove();
      if (next.equals(to)) {
        return true;
      }
      WorkloadEntry entry = state.workloads.get(next);
      if (seen.add(next) && entry != null) {
        open.addAll(of(entry));
      }
    }
    return false;
  }
}
