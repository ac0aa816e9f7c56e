package io.holdfast.engine.agent;

import io.holdfast.api.OpId;
import io.holdfast.engine.record.HostReport.Condition;
import java.util.Optional;

/**
 * What it means that an order's workload is not listed here. never two: a former agent may have
 * begun to start it, it may have left for another host, and one look may have been at the wrong
 * moment. Until all of that is settled it is neither started, nor told to be gone.
 */
final class Absence {
  /** The inventory is to be read once more, and has not been asked for yet. */
  private static final OpId ASKED_FOR_LATER = new OpId(0, Long.MAX_VALUE);

  private final AgentState state;
  private final Inventory inventory;
  private final Predecessor predecessor;
  private final Departures departures;
  private boolean inventoryWanted;

  Absence(AgentState state, Inventory inventory, Predecessor predecessor, Departures departures) {
    this.state = state;
    this.inventory = inventory;
    this.predecessor = predecessor;
    this.departures = departures;
  }

  /**
   * Whether nothing can be done about it here: it has to be waited for, or has left, and the order
   * says so now.
   */
  boolean settles(Order order, boolean hasLeft) {
    if (predecessor.mayStillStart()) {
      order.condition = order.begun || order.ended ? Condition.UNKNOWN : Condition.PENDING;
      order.detail = Predecessor.WHY;
      order.blind = true;
      return true;
    }
    if (hasLeft) {
      order.gone(departures.howItLeft(order.workload));
    }
    return hasLeft;
  }

  /**
   * What is known from before this order was begun says nothing of it, unless it follows one under
   * which the workload was here: then it may have been given without knowing that it left.
   */
  boolean hasLeft(Order order) {
    return order.returning
        || departures.leftByOrder(order.workload)
        || ((order.begun || order.mayHaveLeft) && departures.hasLeft(order.workload));
  }

  /** never two: who moved it away by hand may move it back, and its order would hide it. */
  void followIfItComesBack(Order order) {
    boolean isHere =
        inventory.of(order.workload).isPresent() || inventory.hasAppeared(order.workload);
    boolean isBack = order.condition == Condition.GONE && isHere;
    if (inventory.isKnown()
        && (isBack || inventory.isReturning(order.workload))
        && !departures.leftByOrder(order.workload)) {
      order.returning = true;
      order.condition = Condition.UNKNOWN;
    }
  }

  /** never two: what was seen before the order came says nothing. */
  void goneUnlessItHasJustArrived(Order order) {
    if (!isUnconfirmed(order)) {
      order.gone("does not run here");
    }
  }

  // Another look

  /** An inventory that begins after now, and after its pause, has to say so too. */
  static void confirmLater(Order order) {
    order.toBeConfirmed = Optional.of(ASKED_FOR_LATER);
  }

  /** An inventory that begins after now has to say so too. */
  void confirm(Order order) {
    order.toBeConfirmed = Optional.of(new OpId(0, state.latestOp()));
  }

  /** One look may have been at the wrong moment: after the pause there is another one. */
  boolean isUnconfirmed(Order order) {
    if (order.toBeConfirmed.isEmpty()) {
      return false;
    }
    if (order.toBeConfirmed.get().equals(ASKED_FOR_LATER)) {
      if (state.now >= order.notBefore) {
        confirm(order);
        inventoryWanted = true;
      }
      return true;
    }
    if (!inventory.isReadSince(order.toBeConfirmed.get())) {
      return true;
    }
    order.toBeConfirmed = Optional.empty();
    return false;
  }

  /** Whether an order cannot go on before the inventory is read anew; asks once. */
  boolean takeInventoryWanted() {
    boolean wanted = inventoryWanted;
    inventoryWanted = false;
    return wanted;
  }
}
