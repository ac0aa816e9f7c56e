package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The agent of a host dies right after it has asked its hypervisor to start a workload, and another
 * controller takes over in that moment. The host's next agent finds nothing running; the start is
 * carried out only after that, still under the lease of the agent that asked for it. An operator
 * wants that host empty, so that nobody would start it there again.
 */
final class LateStart {
  static final WorkloadId WORKLOAD = WorkloadId.parse("vm:900");

  final SimWorld world = new SimWorld(SimConfig.scripted(3, 3));

  /** Whether everything came as it has to for this to show anything. */
  boolean cameAsPlanned = true;

  LateStart() {
    require(() -> world.leader().isPresent() && copies() == 3);
    world.runFor(Duration.ofSeconds(5));
    world
        .platform()
        .protect(
            Workload.of(WORKLOAD.toString(), Priority.MEDIUM, Capacity.of(1, 1))
                .withOrigin(Workload.Origin.NEW));
    require(() -> host().isPresent());
    cameAsPlanned &= world.physical().hostsRunning(WORKLOAD).isEmpty();
    host().ifPresent(this::play);
  }

  private void play(HostId host) {
    Duration asked = world.now();
    world.faults().killAgent(host);
    world.leader().ifPresent(world.faults()::expireController);
    world.platform().maintenance(host, true);
    world.faults().startAgent(host);
    Duration validity = world.timings().leaseValidity();
    world.runFor(asked.plus(validity.multipliedBy(9).dividedBy(10)).minus(world.now()));
    world.machine(host).hypervisor.startUnasked(WORKLOAD);
    require(() -> copies() == 4);
    require(() -> world.physical().copiesOn(host).isEmpty());
    world.runFor(Duration.ofMinutes(1));
    cameAsPlanned &= copies() == 4;
  }

  /** Where it is asked for first. */
  private Optional<HostId> host() {
    return world.told().stream()
        .map(SimWorld.Told::event)
        .filter(HaEvent.StartIssued.class::isInstance)
        .map(HaEvent.StartIssued.class::cast)
        .filter(issued -> issued.workload().equals(WORKLOAD))
        .map(HaEvent.StartIssued::host)
        .findFirst();
  }

  private long copies() {
    return world.physical().hosts().stream()
        .mapToLong(id -> world.physical().copiesOn(id).size())
        .sum();
  }

  private void require(BooleanSupplier condition) {
    cameAsPlanned &= world.runUntil(condition, Duration.ofMinutes(5));
  }
}
