package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.scenario.Scenario.FaultSpec;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What goes wrong with single workloads: everywhere, or on one host. */
final class SimGuests {
  private static final class Guest {
    final FaultSpec faults;
    int failedStarts;
    int failedMigrations;

    Guest(FaultSpec faults) {
      this.faults = faults;
    }

    boolean failsOn(HostId host) {
      return faults.onlyOn().map(host::equals).orElse(true);
    }
  }

  private final SortedMap<WorkloadId, Guest> guests = new TreeMap<>();
  private final SortedMap<WorkloadId, Capacity> loads = new TreeMap<>();
  private boolean measured;

  /** From now on the hypervisors tell what workloads use. */
  void measure() {
    measured = true;
  }

  boolean areMeasured() {
    return measured;
  }

  void load(WorkloadId workload, Capacity load) {
    loads.put(workload, load);
  }

  Optional<Capacity> loadOf(WorkloadId workload) {
    return Optional.ofNullable(loads.get(workload));
  }

  void define(WorkloadId workload, FaultSpec faults) {
    guests.put(workload, new Guest(faults));
  }

  /** Why it does not start there this time. */
  Optional<String> whyNotStart(WorkloadId workload, HostId host) {
    Guest guest = guests.get(workload);
    if (guest == null || !guest.failsOn(host)) {
      return Optional.empty();
    }
    if (guest.failedStarts < guest.faults.startFailures()) {
      guest.failedStarts++;
      return Optional.of(
          "failing start %d of %d".formatted(guest.failedStarts, guest.faults.startFailures()));
    }
    guest.failedStarts = 0;
    return Optional.empty();
  }

  /** Why it cannot be migrated away from there this time. */
  Optional<String> whyNotMigrate(WorkloadId workload, HostId host) {
    Guest guest = guests.get(workload);
    if (guest == null || !guest.failsOn(host)) {
      return Optional.empty();
    }
    if (guest.failedMigrations < guest.faults.migrateFailures()) {
      guest.failedMigrations++;
      return Optional.of(
          "failing migration %d of %d"
              .formatted(guest.failedMigrations, guest.faults.migrateFailures()));
    }
    guest.failedMigrations = 0;
    return Optional.empty();
  }

  /** Why it cannot be stopped there. */
  Optional<String> whyNotStop(WorkloadId workload, HostId host) {
    Guest guest = guests.get(workload);
    return guest != null && guest.faults.stopFails() && guest.failsOn(host)
        ? Optional.of("it cannot be stopped")
        : Optional.empty();
  }
}
