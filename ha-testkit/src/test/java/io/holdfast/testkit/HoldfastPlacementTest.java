package io.holdfast.testkit;

import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanOptions;

/** Holdfast's own planner. */
class HoldfastPlacementTest extends PlacementProperties {
  @Override
  protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
    return Placement.plan(cluster, options, System::nanoTime);
  }
}
