package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.scenario.Scenario.FaultSpec;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What goes wrong with single workloads, wherever in the world it is tried. */
final class SimGuests {
  private static final class Guest {
    final FaultSpec faults;
    int failedStarts;
    int failedMigrations;

    Guest(FaultSpec faults) {
      this.faults = faults;
    }
  }

  private final SortedMap<WorkloadId, Guest> guests = new TreeMap<>();

  void define(WorkloadId workload, FaultSpec faults) {
    guests.put(workload, new Guest(faults));
  }

  /** Why it does not start there this time. */
  Optional<String> whyNotStart(WorkloadId workload, HostId host) {
    Guest guest = guests.get(workload);
    if (guest == null) {
      return Optional.empty();
    }
    if (guest.failedStarts < guest.faults.startFailures()) {
      guest.failedStarts++;
      return Optional.of(
          "failing start %d of %d".formatted(guest.failedStarts, guest.faults.startFailures()));
    }
    Optional<HostId> only = guest.faults.onlyOn();
    if (only.isPresent() && !only.get().equals(host)) {
      return Optional.of("it starts only on " + only.get());
    }
    guest.failedStarts = 0;
    return Optional.empty();
  }

  /** Why it cannot be migrated this time. */
  Optional<String> whyNotMigrate(WorkloadId workload) {
    Guest guest = guests.get(workload);
    if (guest != null && guest.failedMigrations < guest.faults.migrateFailures()) {
      guest.failedMigrations++;
      return Optional.of(
          "failing migration %d of %d"
              .formatted(guest.failedMigrations, guest.faults.migrateFailures()));
    }
    if (guest != null) {
      guest.failedMigrations = 0;
    }
    return Optional.empty();
  }

  /** Why it cannot be stopped. */
  Optional<String> whyNotStop(WorkloadId workload) {
    Guest guest = guests.get(workload);
    return guest != null && guest.faults.stopFails()
        ? Optional.of("it cannot be stopped")
        : Optional.empty();
  }
}
