package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A random world in which people also move guests by hand while the hypervisor of their host cannot
 * be asked. With dice of its own: it is otherwise what it is in {@link RandomWorldsTest}.
 */
final class UnseenMoves {
  private static final long SECOND = 1_000_000_000L;

  private final SimWorld world;
  private final SplittableRandom dice;
  private int moved;

  UnseenMoves(long seed) {
    SimConfig config = SimConfig.random(seed);
    world = new SimWorld(config);
    dice = new SplittableRandom(31 * seed + 11);
    for (int left = 1 + dice.nextInt(6); left > 0; left--) {
      world.schedule().in(dice.nextLong(config.chaos().toNanos()), this::strike);
    }
  }

  SimResult run() {
    return world.run();
  }

  /** How many were moved. */
  int moved() {
    return moved;
  }

  private void strike() {
    List<HostId> hosts = List.copyOf(world.machines().keySet());
    HostId source = hosts.get(dice.nextInt(hosts.size()));
    for (int tries = 0; tries < 20 && world.physical().copiesOn(source).isEmpty(); tries++) {
      source = hosts.get(dice.nextInt(hosts.size()));
    }
    HostId target = hosts.get(dice.nextInt(hosts.size()));
    disconnect(source, target, new SplittableRandom(dice.nextLong()));
  }

  private void disconnect(HostId source, HostId target, SplittableRandom luck) {
    world.faults().hypervisorDown(source);
    long until = luck.nextInt(4) == 0 ? 0 : luck.nextLong(5 * SECOND);
    long away = luck.nextInt(3) == 0 ? 0 : luck.nextLong(10 * SECOND);
    world
        .schedule()
        .in(
            until,
            () -> {
              move(source, target, luck);
              world.schedule().in(away, () -> world.faults().hypervisorUp(source));
            });
  }

  private void move(HostId source, HostId target, SplittableRandom luck) {
    List<WorkloadId> there = List.copyOf(world.physical().copiesOn(source));
    if (!there.isEmpty()) {
      WorkloadId one = there.get(luck.nextInt(there.size()));
      moved += world.handMoves().moveUnseen(one, target) ? 1 : 0;
    }
  }

  /** Plays many: the first seed, and how many. One alone is told in full. */
  public static void main(String[] args) {
    long first = Long.parseLong(args[0]);
    long count = Long.parseLong(args[1]);
    int failed = 0;
    int moves = 0;
    for (long seed = first; seed < first + count; seed++) {
      UnseenMoves one = new UnseenMoves(seed);
      SimResult result = one.run();
      moves += one.moved();
      if (!result.isClean()) {
        failed++;
        SimResult.Violation violation = result.violations().get(0);
        System.out.println("FAILED seed " + seed + " " + violation.at() + " " + violation.what());
        if (count == 1) {
          System.out.println(violation.describe());
        }
      }
    }
    System.out.printf("%d seeds, %d failed, %d guests moved unseen%n", count, failed, moves);
  }
}
