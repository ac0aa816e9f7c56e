package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * A workload arrives at the target of its move while neither end can say so: its owner's reports
 * are lost, and the agent of the target has died. The move is withdrawn for that, and then the
 * owner dies.
 */
final class UntoldMove {
  final SimWorld world = new SimWorld(SimConfig.scripted(5, 3));

  /** Whether everything came as it has to for this to show anything. */
  boolean cameAsPlanned = true;

  UntoldMove() {
    require(() -> world.leader().isPresent() && copies() == 3);
    world.runFor(Duration.ofSeconds(5));
    Optional<HostId> owner = follower(id -> !world.physical().copiesOn(id).isEmpty());
    Optional<HostId> target = follower(id -> world.physical().copiesOn(id).isEmpty());
    cameAsPlanned &= owner.isPresent() && target.isPresent();
    if (cameAsPlanned) {
      play(
          world.physical().copiesOn(owner.orElseThrow()).first(),
          owner.orElseThrow(),
          target.orElseThrow());
    }
  }

  private void play(WorkloadId workload, HostId owner, HostId target) {
    world.machine(owner).answerStore(true, false);
    world.platform().move(workload, target, true);
    require(() -> world.physical().migratingTo(workload, owner).isPresent());
    world.faults().killAgent(target);
    require(() -> world.physical().copiesOn(target).contains(workload));
    world.runFor(Duration.ofSeconds(5));
    world.faults().cutPower(owner);
    world.runFor(Duration.ofMinutes(1));
    world.faults().startAgent(target);
    world.faults().bringUp(owner);
    world.machine(owner).answerStore(true, true);
    require(() -> copies() == 3);
  }

  private Optional<HostId> follower(Predicate<HostId> that) {
    return world.physical().hosts().stream()
        .filter(id -> !world.leader().equals(Optional.of(id)))
        .filter(that)
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
