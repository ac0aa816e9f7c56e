package io.holdfast.engine.agent;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Ends what is not to run here: asked first, by force when that is not known to have worked. So is
 * ended what a start of unknown result may have come to, with an order or without one.
 */
final class Endings {
  /** After so many attempts by force in vain it is told that the workload cannot be ended. */
  static final int IN_VAIN = 2;

  private final AgentState state;
  private final Actions actions;
  private final Inventory inventory;
  private final Predecessor predecessor;
  private final Departures departures;
  private final Absence absence;
  private final Farewell farewell;

  /** When what is uncertain and has no order is ended again. */
  private final SortedMap<WorkloadId, Long> endsAgain = new TreeMap<>();

  Endings(
      AgentState state,
      Actions actions,
      Inventory inventory,
      Predecessor predecessor,
      Departures departures,
      Absence absence,
      Farewell farewell) {
    this.state = state;
    this.actions = actions;
    this.inventory = inventory;
    this.predecessor = predecessor;
    this.departures = departures;
    this.absence = absence;
    this.farewell = farewell;
  }

  /**
   * never two: not running is not enough, for a start of a former order, or of a former agent, may
   * still be on its way. So it is ended once even where it does not run.
   *
   * @param seen as it is listed, null if it is not
   */
  void bringDown(Order order, @Nullable RunState seen) {
    boolean unsure = inventory.isUncertain(order.workload);
    if (seen == null && !unsure && isOver(order)) {
      return;
    }
    boolean isDue = state.now >= order.notBefore;
    if (order.vainEnds >= IN_VAIN) {
      order.condition = Condition.STOP_FAILED;
    } else if (isDue) {
      order.condition = Condition.STOPPING;
    }
    if (!isDue) {
      return;
    }
    boolean answers = seen != null && seen != RunState.CRASHED && !unsure;
    if (answers && !order.entry.stopTimeout().isZero()) {
      actions.stop(order);
    } else {
      actions.destroy(order.workload);
    }
  }

  /** Of what is not here: whether it need not be ended, or cannot be now. */
  private boolean isOver(Order order) {
    boolean hasLeft =
        departures.leftByOrder(order.workload)
            || (!order.ended && departures.hasLeft(order.workload));
    if (absence.settles(order, hasLeft)) {
      return true;
    }
    if (order.entry.goal() == Goal.KEEP && !order.ran) {
      absence.goneUnlessItHasJustArrived(order);
      return true;
    }
    if (order.ended) {
      boolean byOrder = order.entry.goal() == Goal.STOP;
      order.condition = byOrder ? Condition.STOPPED : Condition.GIVEN_UP;
      order.detail = byOrder ? "" : "ended: the host is about to go off";
    }
    return order.ended;
  }

  /** A start of unknown result is ended before the next one, so that it cannot come late. */
  void makeCertain(Order order) {
    order.condition = Condition.UNKNOWN;
    if (state.now >= order.notBefore) {
      actions.destroy(order.workload);
    }
  }

  /**
   * never stuck: a start of unknown result outlives its order, and nobody would ever know more. One
   * that has taken effect is what runs here without an order.
   */
  void makeCertainWithoutOrder(Predicate<WorkloadId> isOrdered) {
    endsAgain.keySet().removeIf(id -> !inventory.isUncertain(id));
    if (farewell.leavesAll()) {
      return;
    }
    for (WorkloadId id : inventory.uncertainSinceRead()) {
      if (isOrdered.test(id) || actions.isBusy(id)) {
        continue;
      }
      if (inventory.of(id).isPresent()) {
        inventory.noLongerDoubtful(id);
      } else if (state.now >= endsAgain.getOrDefault(id, Long.MIN_VALUE)) {
        endsAgain.put(id, state.now + state.config.timings().silence().toNanos());
        actions.destroy(id);
      }
    }
  }

  /** When something without an order is due after now. */
  long nextWakeup() {
    return endsAgain.values().stream()
        .filter(at -> at > state.now)
        .mapToLong(at -> at)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /**
   * It has been answered.
   *
   * @return whether the inventory has to be read to know what came of it
   */
  boolean answered(AgentEvent.ActionEnded event, Actions.Kind kind, @Nullable Order order) {
    if (predecessor.mayHaveStartedSince(event.op())) {
      inventory.doubtful(event.workload());
      return true;
    }
    if (event.outcome() instanceof Outcome.Done<Ack>) {
      inventory.certainly(event.workload(), null);
      if (order != null) {
        order.vainEnds = 0;
        order.ended = !departures.hasLeft(order.workload); // never two: nothing was there to end
      }
      return false;
    }
    inventory.doubtful(event.workload());
    if (order != null) {
      failed(order, kind, event.outcome());
    }
    return true;
  }

  private void failed(Order order, Actions.Kind kind, Outcome<Ack> outcome) {
    Duration pause = order.endPause(state.config.timings().renewInterval());
    boolean isInVain = kind == Actions.Kind.DESTROY && farewell.goalOf(order) == Goal.STOP;
    order.vainEnds += isInVain ? 1 : 0;
    order.detail = kind.describe(outcome);
    order.notBefore = state.now + pause.toNanos();
    state.publish(order.trouble(state.config.host(), order.detail));
  }
}
