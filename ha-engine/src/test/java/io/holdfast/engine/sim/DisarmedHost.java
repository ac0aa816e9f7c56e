package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.engine.sim.PhysicalWorld.AfterWatchdog;
import io.holdfast.engine.sim.SimConfig.FenceKit;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * A host that was told to disarm its watchdog, has done so, and could not say so: the last that was
 * heard of it is that it is guarded. No device can fence it.
 */
final class DisarmedHost {
  final SimWorld world =
      new SimWorld(
          SimConfig.scripted(4, 1)
              .withWatchdogs(SimConfig.LEASE, AfterWatchdog.STAY_OFF, FenceKit.NONE));

  final HostId host;

  /** Whether everything came as it has to for this to show anything. */
  boolean cameAsPlanned = true;

  DisarmedHost() {
    require(() -> world.leader().isPresent() && copies() == 1);
    host =
        world.physical().hosts().stream()
            .filter(id -> world.physical().copiesOn(id).isEmpty())
            .filter(id -> !world.leader().equals(Optional.of(id)))
            .findFirst()
            .orElseThrow();
    require(this::isArmed);
    world.runFor(Duration.ofSeconds(1));
    world.machine(host).answerStore(true, false);
    require(() -> !isArmed());
  }

  private boolean isArmed() {
    return world.machine(host).watchdog.isArmed();
  }

  private long copies() {
    return world.physical().hosts().stream()
        .mapToLong(id -> world.physical().copiesOn(id).size())
        .sum();
  }

  private void require(BooleanSupplier condition) {
    cameAsPlanned &= world.runUntil(condition, Duration.ofMinutes(5));
  }

  /** It is lost, and a workload waits that may be running on it. */
  void isLost() {
    world.faults().partition(host);
    world.platform().protect(workload(900));
    world.runFor(Duration.ofMinutes(2));
  }

  /** It begins workloads again, cannot arm its watchdog, and is lost before it has said so. */
  void isGivenWorkAndLost() {
    world.faults().watchdog(host, InMemoryWatchdog.Fault.MISSING);
    for (int i = 0; i < 8; i++) {
      world.platform().protect(workload(900 + i).withOrigin(Workload.Origin.NEW));
    }
    require(() -> !world.physical().copiesOn(host).isEmpty());
    world.faults().partition(host);
    world.runFor(Duration.ofMinutes(2));
  }

  private static Workload workload(int number) {
    return Workload.of("vm:" + number, Priority.MEDIUM, Capacity.of(1, 1));
  }
}
