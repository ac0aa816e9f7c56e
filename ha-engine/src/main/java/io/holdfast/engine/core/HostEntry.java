package io.holdfast.engine.core;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.placement.BestHost;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the controller knows of one host. Confined to the core. */
final class HostEntry {
  final HostId id;
  @Nullable Host config;

  /** Registered, but its registration cannot be read. */
  boolean configUnreadable;

  HostState state = HostState.JOINING;
  String reason = "has not been seen yet";

  // Detection
  @Nullable Lease lease;
  long lastHeard;

  /** Whether this core saw it alive, and not only its record. */
  boolean heard;

  // Records
  @Nullable HostReport report;
  @Nullable HostIntent intent;
  boolean intentUnreadable;
  @Nullable FenceRecord fence;

  // What is placed on it
  final SortedSet<WorkloadId> placed = new TreeSet<>();
  private final SortedMap<String, Long> used = new TreeMap<>();

  HostEntry(HostId id) {
    this.id = id;
  }

  @Nullable Incarnation incarnation() {
    return lease == null ? null : lease.incarnation();
  }

  /** Whether the present incarnation has reported. */
  boolean hasReported() {
    return report != null && report.incarnation().equals(incarnation());
  }

  boolean isProvenDown(Incarnation incarnation) {
    return fence != null && fence.covers(incarnation);
  }

  /** Whether everything that may run on it is known. */
  boolean isAccountedFor() {
    Incarnation present = incarnation();
    if (present == null) {
      return false;
    }
    if (isProvenDown(present)) {
      return true;
    }
    return state == HostState.ONLINE && report != null && hasReported() && report.inventoryKnown();
  }

  void addPlaced(Workload workload) {
    if (placed.add(workload.id())) {
      workload.demand().amounts().forEach((dimension, n) -> used.merge(dimension, n, Long::sum));
    }
  }

  void removePlaced(WorkloadId workload, Capacity demand) {
    if (placed.remove(workload)) {
      demand.amounts().forEach((dimension, n) -> used.merge(dimension, -n, Long::sum));
    }
  }

  /** Drops what only a controller may rely on; what was seen of its lease stays. */
  void forgetRecords() {
    config = null;
    configUnreadable = false;
    report = null;
    intent = null;
    intentUnreadable = false;
    fence = null;
    placed.clear();
    used.clear();
    state = HostState.JOINING;
  }

  BestHost.Candidate candidate(Host registered) {
    return new BestHost.Candidate(registered, new Capacity(used), placed.size());
  }
}
