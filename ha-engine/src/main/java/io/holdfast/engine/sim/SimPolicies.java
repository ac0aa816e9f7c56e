package io.holdfast.engine.sim;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.api.WorkloadPolicy.OnIsolation;
import io.holdfast.api.WorkloadPolicy.OnStorageLoss;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * Policies as they are seldom set. All may be, but one: where a silent host is assumed to be down
 * after a while, two copies are accepted.
 */
final class SimPolicies {
  private SimPolicies() {}

  /** This, with other values where the engine has a choice. */
  static WorkloadPolicy vary(WorkloadPolicy policy, SplittableRandom dice) {
    return policy.toBuilder()
        .onIsolation(dice.nextInt(3) == 0 ? OnIsolation.FENCE : OnIsolation.LEAVE)
        .onStorageLoss(dice.nextBoolean() ? OnStorageLoss.RELOCATE : OnStorageLoss.LEAVE)
        .failback(dice.nextInt(3) > 0)
        .movable(dice.nextInt(5) > 0)
        .migration(dice.nextInt(5) == 0 ? Migration.COLD : policy.migration())
        .stopTimeout(dice.nextInt(5) == 0 ? Duration.ZERO : policy.stopTimeout())
        .build();
  }

  /** This, with another answer to how long it stays where it is, whatever is lost or preferred. */
  static WorkloadPolicy varyStay(WorkloadPolicy policy, SplittableRandom dice) {
    boolean longer = dice.nextInt(4) == 0;
    Duration after = longer ? Duration.ofSeconds(1 + dice.nextInt(60)) : Duration.ZERO;
    return policy.toBuilder().failbackAfter(after).failover(dice.nextInt(8) > 0).build();
  }

  /** As above; how hosts are ranked stays where what runs there is measured. */
  static ClusterPolicy vary(ClusterPolicy policy, SplittableRandom dice) {
    PlacementMode mode =
        policy.placement() == PlacementMode.DYNAMIC
            ? PlacementMode.DYNAMIC
            : dice.nextBoolean() ? PlacementMode.STATIC : PlacementMode.BASIC;
    return policy.toBuilder()
        .placement(mode)
        .hardCapacity(dice.nextInt(4) > 0)
        .rebalanceOnStart(dice.nextInt(3) == 0)
        .startsPerHost(1 + dice.nextInt(4))
        .startsInCluster(1 + dice.nextInt(6))
        .movesInCluster(1 + dice.nextInt(4))
        .movesPerHost(1 + dice.nextInt(3))
        .fencedShare(1 + dice.nextInt(100))
        .powerOnAfterFence(dice.nextBoolean())
        .isolationLimit(Duration.ofSeconds(dice.nextInt(4) * 10L))
        .build();
  }
}
