package io.holdfast.testkit;

import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanOptions;
import net.jqwik.api.Arbitrary;

/** Holdfast's own planner where moves and evictions cost something. */
class HoldfastPricedPlacementTest extends PlacementProperties {
  @Override
  protected Plan plan(ClusterSnapshot cluster, PlanOptions options) {
    return Placement.plan(cluster, options, System::nanoTime);
  }

  @Override
  protected Arbitrary<PlanOptions> options() {
    return Clusters.pricedOptions();
  }
}
