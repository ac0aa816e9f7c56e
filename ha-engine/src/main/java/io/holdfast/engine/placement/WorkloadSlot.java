package io.holdfast.engine.placement;

import io.holdfast.api.WorkloadId;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** A workload in the placement state. */
final class WorkloadSlot implements Comparable<WorkloadSlot> {
  final WorkloadId id;
  long[] demand = {};

  /** What counts for comparing hosts: the demand, or the measured load. */
  long[] load = {};

  SortedMap<String, String> requires;
  SortedSet<String> conditions = Collections.emptySortedSet();
  boolean wanted;

  /** Where it is. */
  @Nullable HostSlot host;

  /** Where it is going; room is taken there too. */
  @Nullable HostSlot target;

  WorkloadSlot(WorkloadId id, SortedMap<String, String> requires) {
    this.id = id;
    this.requires = requires;
  }

  /** Where it will be when its move is done. */
  @Nullable HostSlot goal() {
    return target != null ? target : host;
  }

  boolean isOn(HostSlot slot) {
    return host == slot || target == slot;
  }

  @Override
  public int compareTo(WorkloadSlot other) {
    return id.compareTo(other.id);
  }
}
