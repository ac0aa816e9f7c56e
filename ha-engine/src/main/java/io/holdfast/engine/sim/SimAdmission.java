package io.holdfast.engine.sim;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.AdmissionPolicy.Action;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterStatus.WorkloadInfo;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadStatus;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Worlds in which first starts are refused while failures would not be survived. What has run is
 * never kept back by that; and whoever was refused starts once less is asked for.
 */
final class SimAdmission {
  private static final String REFUSED = "not admitted";

  private final SimWorld world;

  SimAdmission(SimWorld world) {
    this.world = world;
  }

  /** In every eighth world. */
  static ClusterPolicy vary(ClusterPolicy policy, long seed) {
    SplittableRandom dice = new SplittableRandom(67 * seed + 41);
    if (dice.nextInt(8) > 0) {
      return policy;
    }
    Rule.Level level = dice.nextBoolean() ? Rule.Level.HOST : Rule.Level.domain(1);
    return policy.toBuilder()
        .admission(new AdmissionPolicy(Action.REFUSE, 1 + dice.nextInt(2), level))
        .build();
  }

  static Optional<String> told(HaEvent event) {
    return event instanceof HaEvent.WorkloadStatusChanged changed
            && changed.to() == WorkloadStatus.RECOVERING
            && changed.reason().startsWith(REFUSED)
        ? Optional.of("it has run, and is refused: " + event)
        : Optional.empty();
  }

  /** Who looks after the cluster asks for less when that keeps something from starting. */
  void askForLess() {
    boolean refuses =
        world.platform().workloads().stream()
            .flatMap(workload -> world.statusOf(workload.id()).stream())
            .map(WorkloadInfo::reason)
            .anyMatch(reason -> reason.startsWith(REFUSED));
    if (refuses) {
      world
          .platform()
          .updatePolicy(
              policy -> policy.toBuilder().admission(policy.admission().with(Action.WARN)).build());
    }
  }
}
