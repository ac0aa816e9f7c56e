package io.holdfast.engine.core;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.engine.planning.AdmissionState;
import io.holdfast.engine.planning.ClusterSnapshot;
import java.util.Optional;

/** Of which size clusters are looked at for the failures that they survive. */
final class AdmissionLimits {
  /**
   * Larger clusters are not looked at here: beginning with them would hold up all other decisions.
   */
  private static final int MOST_HOSTS = 1_000;

  private static final int MOST_WORKLOADS = 50_000;

  /** Beginning with larger ones takes some tenths of a second. */
  private static final int MANY_HOSTS = 300;

  private static final int MANY_WORKLOADS = 15_000;

  /** Of larger ones it is not told how many failures they survive. */
  private static final int MOST_COUNTED = 5_000;

  private final ControllerState state;

  AdmissionLimits(ControllerState state) {
    this.state = state;
  }

  /** Whether it is not looked at. */
  boolean isTooLarge() {
    return hosts() > MOST_HOSTS || workloads() > MOST_WORKLOADS;
  }

  /** Whether it is looked at, and that may hold up other decisions for longer than is good. */
  boolean isLarge() {
    return !isTooLarge() && (hosts() > MANY_HOSTS || workloads() > MANY_WORKLOADS);
  }

  /** Whether it is told how many failures it survives. */
  boolean isCounted() {
    return hosts() <= MANY_HOSTS && workloads() <= MOST_COUNTED;
  }

  private int hosts() {
    return state.registered.size();
  }

  private int workloads() {
    return state.workloads.size();
  }

  /** Why a cluster of this size is not looked at; empty if it is. */
  Optional<String> whyNot() {
    return isTooLarge()
        ? Optional.of(
            "more than %d hosts or %d workloads are not looked at"
                .formatted(MOST_HOSTS, MOST_WORKLOADS))
        : Optional.empty();
  }

  /** Why so many failures of this cluster are not looked at; empty if they are. */
  Optional<String> whyNot(ClusterSnapshot cluster, AdmissionPolicy policy) {
    int size = cluster.workloads().size();
    boolean kept = AdmissionState.canKeep(cluster.hosts(), size, policy.failures(), policy.level());
    return isLarge() && !kept
        ? Optional.of(
            "with more than %d hosts or %d workloads there are too many such failures"
                .formatted(MANY_HOSTS, MANY_WORKLOADS))
        : Optional.empty();
  }
}
