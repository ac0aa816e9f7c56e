package io.holdfast.engine.sim;

import io.holdfast.api.ClusterStatus;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What operators do in the middle of everything, each the way that the engine's documentation lets
 * them. Carries out one strike.
 */
final class SimPeople {
  private static final long SECOND = 1_000_000_000L;

  private final SimWorld world;
  private final SplittableRandom dice;
  private final long end;

  /**
   * @param dice of this strike
   * @param end when everything is mended
   */
  SimPeople(SimWorld world, SplittableRandom dice, long end) {
    this.world = world;
    this.dice = dice;
    this.end = end;
  }

  void strike(SimStrike.Kind kind, HostId host) {
    switch (kind) {
      case CONFIRM_DOWN -> confirmDown(host);
      case TAKE_OUT -> takeOut(host);
      case CLUSTER_POLICY -> {
        world.fault("the cluster's policy is changed");
        world.platform().updatePolicy(policy -> SimPolicies.vary(policy, dice));
      }
      case WORKLOAD_POLICY -> anotherPolicy();
      default -> throw new IllegalArgumentException("not done by people: " + kind);
    }
  }

  /** It goes down, stays so for a while, and a person who has looked says that it is. */
  private void confirmDown(HostId host) {
    if (dice.nextBoolean()) {
      world.faults().cutPower(host);
    } else {
      world.faults().crash(host);
    }
    later(1, 40, () -> confirmIfDown(host));
    later(20, 90, () -> world.faults().bringUp(host));
  }

  private void confirmIfDown(HostId host) {
    if (!world.physical().isUp(host)) {
      world
          .statusOf(host)
          .flatMap(ClusterStatus.HostInfo::incarnation)
          .ifPresent(
              incarnation -> {
                world.fault(host + " is confirmed to be down");
                world.platform().confirmDown(host, incarnation, "operator");
              });
    }
  }

  private void takeOut(HostId host) {
    if (world.platform().mayTakeOut(host)) {
      world.fault(host + " is taken out of the cluster");
      world.platform().unregister(host);
      later(3, 60, () -> world.platform().takeBack(host));
    }
  }

  private void anotherPolicy() {
    List<Workload> all = world.platform().workloads();
    if (!all.isEmpty()) {
      Workload one = all.get(dice.nextInt(all.size()));
      world.fault("the policy of " + one.id() + " is changed");
      world
          .platform()
          .update(one.id(), w -> w.withPolicy(SimPolicies.vary(one.policy(), dice.split())));
    }
  }

  private void later(int least, int most, Runnable action) {
    long at = world.schedule().now() + least * SECOND + dice.nextLong((most - least) * SECOND);
    world.schedule().at(Math.min(at, end), action);
  }
}
