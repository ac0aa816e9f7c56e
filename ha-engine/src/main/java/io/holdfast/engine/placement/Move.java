package io.holdfast.engine.placement;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Workloads that go from one host to another, all of them or none.
 *
 * @param workloads at least one
 * @param why one line
 */
public record Move(SortedSet<WorkloadId> workloads, HostId from, HostId to, String why) {
  public Move {
    workloads = Collections.unmodifiableSortedSet(new TreeSet<>(workloads));
  }
}
