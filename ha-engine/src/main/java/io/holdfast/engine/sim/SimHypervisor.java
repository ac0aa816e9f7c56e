package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.Definition;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** A host's hypervisor with what goes wrong with single workloads, see {@link SimGuests}. */
final class SimHypervisor implements Hypervisor {
  private final Hypervisor hypervisor;
  private final HostId host;
  private final SimGuests guests;

  SimHypervisor(Hypervisor hypervisor, HostId host, SimGuests guests) {
    this.hypervisor = hypervisor;
    this.host = host;
    this.guests = guests;
  }

  @Override
  public Set<String> kinds() {
    return hypervisor.kinds();
  }

  @Override
  public Set<Capability> capabilities() {
    Set<Capability> capabilities = EnumSet.copyOf(hypervisor.capabilities());
    if (guests.areMeasured()) {
      capabilities.add(Capability.MEASURED_LOAD);
    }
    return capabilities;
  }

  @Override
  public Outcome<SortedMap<WorkloadId, Capacity>> loads(Duration timeout) {
    return hypervisor
        .inventory(timeout)
        .map(
            running -> {
              SortedMap<WorkloadId, Capacity> loads = new TreeMap<>();
              running
                  .keySet()
                  .forEach(id -> guests.loadOf(id).ifPresent(load -> loads.put(id, load)));
              return loads;
            });
  }

  @Override
  public Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    return hypervisor.inventory(timeout);
  }

  @Override
  public Outcome<Ack> start(WorkloadId workload, Definition definition, Duration timeout) {
    return runsHere(workload, timeout)
        ? hypervisor.start(workload, definition, timeout)
        : unless(
            guests.whyNotStart(workload, host),
            () -> hypervisor.start(workload, definition, timeout));
  }

  @Override
  public Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    return runsHere(workload, timeout)
        ? unless(guests.whyNotStop(workload, host), () -> hypervisor.stop(workload, timeout))
        : hypervisor.stop(workload, timeout);
  }

  @Override
  public Outcome<Ack> destroy(WorkloadId workload, Duration timeout) {
    return runsHere(workload, timeout)
        ? unless(guests.whyNotStop(workload, host), () -> hypervisor.destroy(workload, timeout))
        : hypervisor.destroy(workload, timeout);
  }

  @Override
  public Outcome<Ack> migrate(WorkloadId workload, HostId target, Duration timeout) {
    Optional<String> why =
        runsHere(workload, timeout) ? guests.whyNotMigrate(workload, host) : Optional.empty();
    // What has been under way till then is given up, as a hypervisor does whose migration fails.
    why.ifPresent(w -> hypervisor.cancelMigration(workload, timeout));
    return unless(why, () -> hypervisor.migrate(workload, target, timeout));
  }

  @Override
  public Outcome<Ack> cancelMigration(WorkloadId workload, Duration timeout) {
    return hypervisor.cancelMigration(workload, timeout);
  }

  private boolean runsHere(WorkloadId workload, Duration timeout) {
    return hypervisor.inventory(timeout)
            instanceof Outcome.Done<SortedMap<WorkloadId, RunState>> done
        && done.value().containsKey(workload);
  }

  private static Outcome<Ack> unless(Optional<String> why, Supplier<Outcome<Ack>> call) {
    return why.<Outcome<Ack>>map(reason -> Outcome.failed(Cause.ERROR, reason)).orElseGet(call);
  }

  @Override
  public Subscription subscribe(EventListener listener) {
    return hypervisor.subscribe(listener);
  }
}
