package io.holdfast.engine.sim;

import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterStatus;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * People who have the cluster disarmed, wait until that is in force and every host follows, and
 * then end guests, start them again there or elsewhere, and migrate them; after that it is armed
 * again. While they are at it nobody else arms it.
 */
final class SimDisarmedWork {
  private static final long SECOND = 1_000_000_000L;

  private final SimWorld world;
  private final SplittableRandom dice;
  private final long end;

  /**
   * @param end when everything is mended, and their work is done
   */
  SimDisarmedWork(SimWorld world, SplittableRandom dice, long end) {
    this.world = world;
    this.dice = dice;
    this.end = end;
  }

  void begin() {
    if (world.platform().isHandsOn()) {
      return; // one after the other
    }
    world
        .platform()
        .disarm(Optional.of(dice.nextBoolean() ? DisarmMode.FREEZE : DisarmMode.IGNORE));
    world.platform().handsOn(true);
    await(30);
  }

  private void await(int patience) {
    if (mayWork()) {
      work(1 + dice.nextInt(4));
    } else if (patience == 0) {
      over();
    } else {
      soon(1, () -> await(patience - 1));
    }
  }

  /** The engine says that it may begin. */
  private boolean mayWork() {
    return world
        .status()
        .flatMap(ClusterStatus::disarm)
        .filter(disarm -> disarm.inForce() && disarm.waitsFor().isEmpty())
        .isPresent();
  }

  private void work(int left) {
    if (left == 0 || !mayWork()) {
      over();
      return;
    }
    List<HostId> hosts = List.copyOf(world.machines().keySet());
    HostId host = hosts.get(dice.nextInt(hosts.size()));
    List<WorkloadId> there =
        world.physical().copiesOn(host).stream().filter(world.storeChecker()::isProtected).toList();
    if (!there.isEmpty()) {
      WorkloadId one = there.get(dice.nextInt(there.size()));
      HostId other = hosts.get(dice.nextInt(hosts.size()));
      if (dice.nextInt(3) == 0) {
        world.handMoves().begin(one, other, SECOND / 10 + dice.nextLong(2 * SECOND), false);
      } else {
        world.faults().endByHand(host, one);
        boolean startsAgain = dice.nextInt(4) > 0;
        soon(1, () -> startAgain(one, startsAgain, other));
      }
    }
    soon(3, () -> work(left - 1));
  }

  /** What was ended before, where it can run, if it still runs nowhere. */
  private void startAgain(WorkloadId one, boolean wanted, HostId host) {
    boolean can =
        world.physical().isUp(host)
            && world.physical().hasStorage(host)
            && !world.physical().isCutOff(host)
            && !world.platform().isTakenOut(host);
    if (wanted && can && mayWork() && world.physical().hostsRunning(one).isEmpty()) {
      world.faults().startByHand(host, one);
    }
  }

  private void over() {
    soon(
        2 + dice.nextInt(10),
        () -> {
          world.platform().handsOn(false);
          world.platform().disarm(Optional.empty());
        });
  }

  private void soon(int seconds, Runnable action) {
    long at = world.schedule().now() + seconds * SECOND;
    if (at < end) {
      world.schedule().at(at, action);
    }
  }
}
