package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/** Some of the kinds that a host runs, as a hypervisor of their own: it may not migrate live. */
final class SimKinds implements Hypervisor {
  private final Hypervisor whole;
  private final SortedSet<String> kinds;
  private final boolean live;

  SimKinds(Hypervisor whole, SortedSet<String> kinds, boolean live) {
    this.whole = whole;
    this.kinds = kinds;
    this.live = live;
  }

  @Override
  public Set<String> kinds() {
    return kinds;
  }

  @Override
  public Set<Capability> capabilities() {
    Set<Capability> capabilities = EnumSet.copyOf(whole.capabilities());
    if (!live) {
      capabilities.remove(Capability.LIVE_MIGRATION);
    }
    return capabilities;
  }

  @Override
  public Outcome<SortedMap<WorkloadId, Capacity>> loads(Duration timeout) {
    return whole.loads(timeout).map(this::ours);
  }

  @Override
  public Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    return whole.inventory(timeout).map(this::ours);
  }

  private <T> SortedMap<WorkloadId, T> ours(SortedMap<WorkloadId, T> all) {
    SortedMap<WorkloadId, T> ours = new TreeMap<>(all);
    ours.keySet().removeIf(id -> !kinds.contains(id.kind()));
    return ours;
  }

  @Override
  public Outcome<Ack> start(WorkloadId workload, Definition definition, Duration timeout) {
    return whole.start(workload, definition, timeout);
  }

  @Override
  public Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    return whole.stop(workload, timeout);
  }

  @Override
  public Outcome<Ack> destroy(WorkloadId workload, Duration timeout) {
    return whole.destroy(workload, timeout);
  }

  @Override
  public Outcome<Ack> migrate(WorkloadId workload, HostId target, Duration timeout) {
    return live
        ? whole.migrate(workload, target, timeout)
        : Hypervisor.super.migrate(workload, target, timeout);
  }

  @Override
  public Outcome<Ack> cancelMigration(WorkloadId workload, Duration timeout) {
    return live
        ? whole.cancelMigration(workload, timeout)
        : Hypervisor.super.cancelMigration(workload, timeout);
  }

  @Override
  public Subscription subscribe(EventListener listener) {
    return whole.subscribe(listener);
  }
}
