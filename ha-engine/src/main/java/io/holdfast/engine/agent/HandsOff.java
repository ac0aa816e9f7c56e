package io.holdfast.engine.agent;

import io.holdfast.api.OpId;
import java.util.Optional;

/**
 * Whether the cluster is disarmed, as far as this host was told. While it is, whatever runs here is
 * in people's hands: nothing is begun, what is under way is followed to its end, and what is seen
 * is told.
 *
 * <p>never two: when it is armed again, a workload may have been taken elsewhere by hand, and what
 * is known of it here may be older. So nothing is done before a look that begins after that.
 */
final class HandsOff {
  private final AgentState state;
  private final Inventory inventory;
  private boolean told;

  /** What was seen by an earlier operation than the one after this says nothing. */
  private Optional<OpId> lookAfter = Optional.empty();

  HandsOff(AgentState state, Inventory inventory) {
    this.state = state;
    this.inventory = inventory;
  }

  /**
   * What the present intent says; what was said last holds on where there is none.
   *
   * @return whether the cluster is armed by it, so that the inventory has to be read
   */
  boolean adopt(boolean disarmed) {
    boolean armed = told && !disarmed;
    told = disarmed;
    if (armed) {
      lookAfter = Optional.of(new OpId(0, state.latestOp()));
    }
    return armed;
  }

  /** Whether nothing is to be begun here. */
  boolean holds() {
    return told;
  }

  /** Whether what runs here has not been looked at since the cluster was armed. */
  boolean isToLookFirst() {
    lookAfter = lookAfter.filter(last -> !inventory.isReadSince(last));
    return lookAfter.isPresent();
  }
}
