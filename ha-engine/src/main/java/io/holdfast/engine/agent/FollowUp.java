package io.holdfast.engine.agent;

import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What follows for one order from what is seen of its workload, and from the answer to an action on
 * it: it tells how the order stands, and whose turn it is to bring it closer to its goal.
 */
final class FollowUp {
  private final Actions actions;
  private final Inventory inventory;
  private final Departures departures;
  private final Absence absence;
  private final MovesAway movesAway;
  private final Endings endings;
  private final Starts starts;
  private final GuestProbes probes;
  private final Farewell farewell;
  private final HandsOff handsOff;

  FollowUp(
      Actions actions,
      Inventory inventory,
      Departures departures,
      Absence absence,
      MovesAway movesAway,
      Endings endings,
      Starts starts,
      GuestProbes probes,
      Farewell farewell,
      HandsOff handsOff) {
    this.handsOff = handsOff;
    this.actions = actions;
    this.inventory = inventory;
    this.departures = departures;
    this.absence = absence;
    this.movesAway = movesAway;
    this.endings = endings;
    this.starts = starts;
    this.probes = probes;
    this.farewell = farewell;
  }

  /**
   * An action has been answered.
   *
   * @param order of its workload, null if there is none any more
   * @return whether the inventory has to be read to know what came of it
   */
  boolean answered(AgentEvent.ActionEnded event, @Nullable Order order) {
    Optional<Actions.Kind> kind = actions.ended(event);
    if (kind.isEmpty()) {
      return false;
    }
    return switch (kind.get()) {
      case START -> starts.answered(event, order);
      case STOP, DESTROY -> endings.answered(event, kind.get(), order);
      case MIGRATE, CANCEL_MIGRATION -> {
        movesAway.answered(event, kind.get(), order);
        yield true; // what was seen meanwhile was not heeded
      }
    };
  }

  /** Brings it closer to its goal. */
  void look(Order order) {
    absence.followIfItComesBack(order);
    if (actions.isMigrating(order.workload)) {
      order.condition = Condition.MIGRATING; // maybe by a former order
    }
    if (order.isFinal() || actions.isBusy(order.workload) || isOutOfSight(order)) {
      return;
    }
    if (handsOff.isToLookFirst()) {
      return; // what was seen while the cluster was disarmed may be over
    }
    RunState seen = inventory.of(order.workload).orElse(null);
    see(order, seen);
    if (departures.isOpen(order.workload) || seen == RunState.MIGRATING) {
      movesAway.follow(order, !handsOff.holds());
    } else if (seen == null && inventory.hasAppeared(order.workload)) {
      order.condition = Condition.UNKNOWN; // never two: the look that is under way may hang
      order.detail = "told to run here, and not looked at since";
    } else if (order.returning && seen != null && !hasExecuted(seen)) {
      order.condition = Condition.UNKNOWN; // the same copy, on its way, may yet fail to arrive
      order.detail = "left, and is listed again as " + seen;
    } else if (farewell.leavesAll() || handsOff.holds()) {
      leaveAsItIs(order, seen);
    } else if (farewell.goalOf(order) == Goal.STOP) {
      endings.bringDown(order, seen);
    } else if (seen == null && inventory.isUncertain(order.workload)) {
      endings.makeCertain(order);
    } else if (seen == null) {
      starts.bringUp(order);
    } else if (seen == RunState.CRASHED) {
      starts.restartCrashed(order);
    } else if (seen != RunState.RUNNING && inventory.isUncertain(order.workload)) {
      order.condition = Condition.UNKNOWN;
    } else {
      isHere(order, seen);
    }
  }

  private boolean isOutOfSight(Order order) {
    if (!inventory.isKnown()) {
      order.condition = order.begun ? Condition.UNKNOWN : Condition.PENDING;
      order.detail = "the hypervisor cannot be asked";
      order.blind = true;
    } else if (order.blind) {
      order.blind = false;
      order.detail = "";
    }
    return order.blind;
  }

  private static boolean hasExecuted(RunState seen) {
    return seen == RunState.RUNNING || seen == RunState.CRASHED;
  }

  private void see(Order order, @Nullable RunState seen) {
    // What has crashed has executed here, so it is not just arriving and may be ordered to run.
    boolean crashed = seen == RunState.CRASHED && order.entry.goal() != Goal.KEEP;
    order.paused = seen == RunState.PAUSED || crashed;
    if (seen != RunState.MIGRATING) {
      order.moveGivenUpAt = Long.MAX_VALUE;
    }
    if (seen == null || order.entry.goal() == Goal.STOP) {
      probes.runsNot(order.workload);
    }
  }

  /** Nothing is done: whoever decides again finds everything as it is. */
  private void leaveAsItIs(Order order, @Nullable RunState seen) {
    if (inventory.isUncertain(order.workload)) {
      order.condition = Condition.UNKNOWN;
    } else if (seen != null) {
      order.begun = true;
      order.ran = true;
      order.wasHere = true;
      order.condition = whenSeen(seen);
    } else if (!absence.settles(order, absence.hasLeft(order)) && order.begun) {
      order.condition = Condition.STOPPED;
    }
  }

  private static Condition whenSeen(RunState seen) {
    return seen == RunState.STOPPING ? Condition.STOPPING : Condition.RUNNING;
  }

  private void isHere(Order order, RunState seen) {
    order.begun = true;
    // never two: what stands still where it was found may be arriving, and ending it ends nothing
    order.ran |= seen == RunState.RUNNING || order.entry.goal() != Goal.KEEP;
    order.returning = false;
    order.wasHere = true;
    order.onlyIfHere = false;
    order.toBeConfirmed = Optional.empty();
    inventory.noLongerDoubtful(order.workload);
    order.condition = whenSeen(seen);
    order.detail = departures.detailOf(order.workload);
    if (seen == RunState.RUNNING) {
      probes.runs(order);
      order.detail = order.detail.isEmpty() ? probes.detailOf(order.workload) : order.detail;
      order.entry.migration().ifPresent(migration -> movesAway.begin(order, migration));
      restartIfItDoesNotServe(order, "its guest does not serve");
    } else if (order.paused) {
      probes.standsStill(order);
      restartIfItDoesNotServe(order, "it was paused, and did not serve");
    }
  }

  private void restartIfItDoesNotServe(Order order, String why) {
    if (probes.isToBeRestarted(order.workload)) {
      starts.restartUnserving(order, why);
    }
  }
}
