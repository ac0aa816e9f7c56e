package io.holdfast.engine.placement;

import io.holdfast.api.PlacementMode;

/**
 * How hosts are compared.
 *
 * @param mode what makes one the better place
 * @param capacityIsHard whether a host without room is refused; otherwise capacity only ranks
 */
public record PlacementPolicy(PlacementMode mode, boolean capacityIsHard) {
  /** By demand, and never more on a host than it can carry. */
  public static final PlacementPolicy DEFAULT = new PlacementPolicy(PlacementMode.STATIC, true);
}
