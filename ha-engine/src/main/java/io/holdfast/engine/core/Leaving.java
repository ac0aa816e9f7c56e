package io.holdfast.engine.core;

import io.holdfast.api.HostState;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.api.WorkloadPolicy.OnStorageLoss;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.util.Optional;

/**
 * Why a workload is to leave its host, whatever rules prefer.
 *
 * @param stoppedFirst it is not moved while it runs
 * @param evenIfUnmovable it goes for its own sake, not for others'
 */
record Leaving(String why, boolean stoppedFirst, boolean evenIfUnmovable) {

  static Optional<Leaving> of(HostEntry host, Workload spec, WorkloadFacts facts) {
    boolean lost =
        host.state == HostState.STORAGE_LOST
            && spec.policy().failover()
            && spec.policy().onStorageLoss() == OnStorageLoss.RELOCATE;
    if (lost) {
      return Optional.of(new Leaving(host.id + " has lost its storage", true, true));
    }
    if (host.isToBeLeft()) {
      return Optional.of(new Leaving(host.id + " " + host.whyToBeLeft(), false, false));
    }
    return isWaitingToStart(facts)
        ? HostConditions.missing(host, spec)
            .map(
                name ->
                    new Leaving("condition " + name + " does not hold on " + host.id, true, true))
        : Optional.empty();
  }

  /** Whether it is moved without being stopped, for this reason or for none of these. */
  static boolean isLive(Workload spec, Optional<Leaving> leaving) {
    return spec.policy().migration() == Migration.LIVE
        && leaving.filter(Leaving::stoppedFirst).isEmpty();
  }

  /** Whether its host would have to start it, so that its conditions count. */
  static boolean isWaitingToStart(WorkloadFacts facts) {
    Condition condition = facts.entry().condition();
    return facts.goal() == Goal.RUN
        && (condition == Condition.PENDING || condition == Condition.STOPPED);
  }
}
