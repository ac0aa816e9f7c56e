package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Two workloads run on a host that is lost; one of them does not fail over, and waits for that host
 * while the other has it fenced.
 */
final class BoundGuest {
  final SimWorld world = new SimWorld(SimConfig.scripted(3, 6));
  final HostId host;
  final WorkloadId bound;

  /** Whether everything came as it has to for this to show anything. */
  boolean cameAsPlanned;

  BoundGuest() {
    boolean runs =
        world.runUntil(
            () ->
                world.leader().isPresent()
                    && world.physical().hosts().stream().mapToInt(this::copies).sum() == 6,
            Duration.ofMinutes(5));
    host =
        world.physical().hosts().stream()
            .filter(id -> !world.leader().equals(Optional.of(id)) && copies(id) > 1)
            .findFirst()
            .orElse(new HostId("host2"));
    List<WorkloadId> its = List.copyOf(world.physical().copiesOn(host));
    if (!runs || its.size() < 2) {
      bound = WorkloadId.parse("vm:none");
      return;
    }
    bound = its.get(0);
    world
        .platform()
        .update(bound, w -> w.withPolicy(w.policy().toBuilder().failover(false).build()));
    world.runFor(Duration.ofSeconds(10));
    world.faults().crash(host);
    world.runFor(Duration.ofMinutes(2));
    cameAsPlanned = !world.physical().hostsRunning(its.get(1)).isEmpty();
  }

  private int copies(HostId id) {
    return world.physical().copiesOn(id).size();
  }
}
