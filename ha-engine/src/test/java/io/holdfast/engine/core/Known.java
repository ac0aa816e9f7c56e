package io.holdfast.engine.core;

import io.holdfast.api.Capacity;
import io.holdfast.api.Epoch;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a core that leads knows, as a test of one of its parts puts it in. */
final class Known {
  static final Timings TIMINGS = ControllerScript.TIMINGS;

  final ControllerState state =
      new ControllerState(
          new ControllerConfig("controller", TIMINGS, Optional.empty(), new TreeMap<>()));

  Known() {
    state.now = 0;
    state.leading = true;
    state.connection = Connection.CONNECTED;
    state.epoch = new Epoch(1);
  }

  /** Registered, online in its first incarnation, and runs nothing. */
  HostEntry host(String name) {
    HostEntry host = state.host(new HostId(name));
    if (host.config == null) {
      host.config = Host.of(name, Capacity.of(8, 8192));
      host.lease = new Lease(host.id, new Incarnation(1), 1, true);
      host.state = HostState.ONLINE;
      host.report = report(host, new TreeMap<>());
      state.counts(host);
      state.room.changed(host);
    }
    return host;
  }

  /** Protected, placed nowhere. */
  WorkloadEntry workload(String id) {
    Workload spec = Scenes.newWorkload(id).workload();
    WorkloadEntry workload = state.workload(spec.id());
    workload.spec = spec;
    state.room.changed(workload);
    return workload;
  }

  /** Protected, to run on this host, which reports it so. */
  WorkloadEntry on(String id, String name, Condition condition) {
    WorkloadEntry workload = workload(id);
    HostEntry host = host(name);
    OpId assignment = state.nextOp();
    workload.placement =
        workload.placement.withOwner(
            new Placement.Owner(host.id, new Incarnation(1), assignment, Goal.RUN));
    host.placed.add(workload.id);
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    if (host.report != null) {
      entries.putAll(host.report.assigned());
    }
    entries.put(workload.id, new HostReport.Entry(assignment, condition, 0, ""));
    host.report = report(host, entries);
    state.room.changed(workload);
    return workload;
  }

  /** On its way from its owner. */
  void moves(WorkloadEntry workload, String target, Placement.Move.Phase phase) {
    HostId source = workload.placement.owner().orElseThrow().host();
    HostEntry there = host(target);
    workload.placement =
        workload.placement.moving(
            Optional.of(
                new Placement.Move(state.nextOp(), source, there.id, phase, "to be tested")));
    state.moving.add(workload.id);
    there.expects(workload);
    state.room.changed(workload);
  }

  private static HostReport report(
      HostEntry host, SortedMap<WorkloadId, HostReport.Entry> entries) {
    return new HostReport(
        host.id,
        new Incarnation(1),
        1,
        Epoch.NONE,
        0,
        true,
        Optional.empty(),
        Optional.empty(),
        0,
        entries,
        new TreeSet<>());
  }
}
