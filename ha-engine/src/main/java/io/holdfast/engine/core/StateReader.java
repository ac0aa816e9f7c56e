package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/** Brings what stands in the store into the core. A record that cannot be read is told of once. */
final class StateReader {
  private final ControllerState state;
  private final Detection detection;
  private final Workloads workloads;
  private final Recovery recovery;
  private final SortedSet<Key> rejected = new TreeSet<>();
  private boolean loaded;

  StateReader(ControllerState state, Detection detection, Workloads workloads, Recovery recovery) {
    this.state = state;
    this.detection = detection;
    this.workloads = workloads;
    this.recovery = recovery;
  }

  boolean isLoaded() {
    return loaded;
  }

  void reset() {
    loaded = false;
    rejected.clear();
  }

  /** Everything, when leadership begins. */
  void load(List<StateRecord> records) {
    loaded = true;
    records.forEach(this::takeOwn);
    for (WorkloadEntry workload : state.workloads.values()) {
      Workload spec = workload.spec;
      Optional<Placement.Owner> owner = workload.placement.owner();
      if (spec != null && owner.isPresent()) {
        state.host(owner.get().host()).addPlaced(spec);
      }
    }
    state.hosts.values().forEach(detection::leadershipBegins);
    state.workloads.keySet().forEach(workloads::touch);
  }

  /** Everything, while leading: what others write is compared, what this core writes is not. */
  void compare(List<StateRecord> records) {
    SortedSet<Key> present = new TreeSet<>();
    for (StateRecord record : records) {
      present.add(record.key());
      take(record);
    }
    for (HostEntry host : List.copyOf(state.hosts.values())) {
      Key key = new Key(Table.HOST, host.id.value());
      if (host.config != null && !present.contains(key)) {
        gone(key);
      }
    }
    for (WorkloadEntry workload : List.copyOf(state.workloads.values())) {
      Key key = new Key(Table.WORKLOAD, workload.id.toString());
      if (workload.spec != null && !present.contains(key)) {
        gone(key);
      }
    }
  }

  /** A record that others write was read anew. */
  void take(StateRecord record) {
    if (record instanceof StateRecord.HostConfig host) {
      state.host(host.host().id()).config = host.host();
      recovery.roomMayHaveChanged();
    } else if (record instanceof StateRecord.WorkloadConfig config) {
      configured(config.workload());
    } else if (record instanceof HostReport report) {
      reported(report);
    } else if (record instanceof StateRecord.Unreadable unreadable) {
      unreadable(unreadable);
    }
  }

  /** A record that others write does not exist any more. */
  void gone(Key key) {
    rejected.remove(key);
    if (key.table() == Table.HOST) {
      named(key, HostId::new).map(state.hosts::get).ifPresent(host -> host.config = null);
    } else if (key.table() == Table.WORKLOAD) {
      named(key, WorkloadId::parse).map(state.workloads::get).ifPresent(this::unprotected);
    }
  }

  private void unprotected(WorkloadEntry workload) {
    workload.unreadable.remove(Table.WORKLOAD);
    replaceSpec(workload, Optional.empty());
    workloads.touch(workload.id);
  }

  /** Who a record is about; nobody of ours if it has a foreign name. */
  private static <T> Optional<T> named(Key key, Function<String, T> parse) {
    try {
      return Optional.of(parse.apply(key.name()));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // the record is told of as rejected where it can be read at all
    }
  }

  private void takeOwn(StateRecord record) {
    if (record instanceof Placement placement) {
      WorkloadEntry workload = state.workload(placement.workload());
      workload.placement = placement;
      workload.known = true;
    } else if (record instanceof HostIntent intent) {
      state.host(intent.host()).intent = intent;
    } else if (record instanceof FenceRecord fence) {
      state.host(fence.host()).fence = fence;
    } else {
      take(record);
    }
  }

  private void configured(Workload spec) {
    WorkloadEntry workload = state.workload(spec.id());
    workload.unreadable.remove(Table.WORKLOAD);
    if (spec.equals(workload.spec)) {
      return;
    }
    recovery.remove(workload);
    replaceSpec(workload, Optional.of(spec));
    recovery.refreshOrder(workload, spec);
    workloads.touch(workload.id);
  }

  private void replaceSpec(WorkloadEntry workload, Optional<Workload> next) {
    Optional<HostEntry> host = workload.placement.owner().map(o -> state.host(o.host()));
    host.ifPresent(h -> h.removePlaced(workload.id, workload.demand()));
    workload.spec = next.orElse(null);
    if (loaded) {
      next.ifPresent(spec -> host.ifPresent(h -> h.addPlaced(spec)));
    }
  }

  private void reported(HostReport report) {
    HostEntry host = state.host(report.host());
    HostReport before = host.report;
    detection.reported(host, report);
    if (report.equals(host.report)) {
      workloads.reported(host, before, report);
    }
  }

  private void unreadable(StateRecord.Unreadable record) {
    Key key = record.key();
    switch (key.table()) {
      case WORKLOAD, PLACEMENT -> blockWorkload(key, record.reason());
      // never two: what the host has been told is not known, so it is told nothing more.
      case INTENT ->
          named(key, HostId::new).ifPresent(id -> state.host(id).intentUnreadable = true);
      // Without these there is only less knowledge: no room, no report, no evidence.
      case HOST, REPORT, FENCE, DEFINITION -> {}
    }
    if (rejected.add(key)) {
      state.publish(new HaEvent.RecordRejected(key.toString(), record.reason()));
    }
  }

  private void blockWorkload(Key key, String reason) {
    named(key, WorkloadId::parse).ifPresent(id -> blockWorkload(id, key, reason));
  }

  private void blockWorkload(WorkloadId id, Key key, String reason) {
    WorkloadEntry workload = state.workload(id);
    workload.unreadable.put(key.table(), key.table() + ": " + reason);
    workloads.touch(id);
  }

  /**
   * A batch that was cut between placements and intents by the former controller's end. Once per
   * host and leadership, as soon as the host's incarnation is known.
   */
  void repairIntent(HostEntry host) {
    if (host.lease == null || host.intentUnreadable || host.intentCompared) {
      return;
    }
    host.intentCompared = true;
    var orders = recovery.ordersOf(host);
    state
        .intentOf(host)
        .forEach(
            (id, entry) -> {
              if (!state.workload(id).unreadable.isEmpty()) {
                orders.put(id, entry);
              }
            });
    if (!orders.equals(state.intentOf(host))) {
      state.writeIntent(host, orders);
    }
  }
}
