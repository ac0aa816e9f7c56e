package io.holdfast.testkit;

import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.PlanOptions;

/**
 * What one plan is made for. It prints itself as the file of a cluster that {@code hactl plan}
 * reads, so that a failing one can be tried out.
 */
public record PlacementCase(ClusterSnapshot cluster, PlanOptions options) {
  @Override
  public String toString() {
    return ClusterText.of(cluster, options);
  }
}
