package io.holdfast.engine.agent;

import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The orders of this host: takes them from its intent, has each followed up on, the most important
 * first, and says how they stand, and what runs or may run without one.
 */
final class OrderBook {
  private static final Comparator<Order> MOST_IMPORTANT_FIRST =
      Comparator.comparing((Order o) -> o.entry.priority())
          .reversed()
          .thenComparing(o -> o.workload);

  private final AgentState state;
  private final Inventory inventory;
  private final Predecessor predecessor;
  private final Departures departures;
  private final GuestProbes probes;
  private final Farewell farewell;
  private final HandsOff handsOff;
  private final Actions actions;
  private final Absence absence;
  private final MovesAway movesAway;
  private final Endings endings;
  private final FollowUp followUp;
  private final SortedMap<WorkloadId, Order> orders = new TreeMap<>();

  OrderBook(
      AgentState state,
      Inventory inventory,
      Predecessor predecessor,
      WatchdogKeeper watchdog,
      Departures departures,
      Facts facts,
      GuestProbes probes,
      Farewell farewell,
      HandsOff handsOff) {
    this.handsOff = handsOff;
    this.state = state;
    this.inventory = inventory;
    this.predecessor = predecessor;
    this.departures = departures;
    this.probes = probes;
    this.farewell = farewell;
    actions = new Actions(state);
    absence = new Absence(state, inventory, predecessor, departures);
    movesAway = new MovesAway(state, actions, predecessor, departures);
    endings = new Endings(state, actions, inventory, predecessor, departures, absence, farewell);
    Starts starts = new Starts(state, actions, inventory, predecessor, absence, facts, watchdog);
    followUp =
        new FollowUp(
            actions,
            inventory,
            departures,
            absence,
            movesAway,
            endings,
            starts,
            probes,
            farewell,
            handsOff);
  }

  /**
   * Follows a new intent. An order that is the same as before goes on as it stands.
   *
   * @param armed whether the cluster was disarmed before
   */
  void adopt(HostIntent intent, boolean armed) {
    actions.startAtOnce(intent.startsAtOnce());
    if (intent.disarmed()) {
      probes.forgetAll(); // what did not serve may be in somebody's hands since
    }
    orders.keySet().stream()
        .filter(id -> !intent.entries().containsKey(id))
        .forEach(
            id -> {
              departures.forget(id);
              probes.runsNot(id);
            });
    orders.keySet().retainAll(intent.entries().keySet());
    intent.entries().forEach((id, entry) -> adopt(id, entry, armed));
  }

  private void adopt(WorkloadId id, HostIntent.Entry entry, boolean armed) {
    Order before = orders.get(id);
    if (before != null && before.entry.assignment().equals(entry.assignment())) {
      before.entry = entry;
      before.onlyIfHere |= armed;
      return;
    }
    Order next = new Order(id, entry);
    next.mayHaveLeft = before != null && before.mayBeHere();
    if (entry.goal() == Goal.KEEP) {
      Absence.confirmLater(next); // it may only just have arrived
    }
    orders.put(id, next);
    if (!next.mayHaveLeft) {
      departures.forget(id);
    }
  }

  /** The orders were for an incarnation that has ended. */
  void forgetOrders() {
    probes.forgetAll();
    orders.clear();
  }

  /** Whether an action on it is under way. */
  boolean isBusy(WorkloadId workload) {
    return actions.isBusy(workload);
  }

  /**
   * @return whether the inventory has to be read to know what came of it
   */
  boolean actionEnded(AgentEvent.ActionEnded event) {
    return followUp.answered(event, orders.get(event.workload()));
  }

  /** Brings every order closer to its goal, the most important first. */
  void work() {
    if (!handsOff.holds()) {
      movesAway.endDoubtful();
      endings.makeCertainWithoutOrder(orders::containsKey);
    }
    orders.values().stream().sorted(MOST_IMPORTANT_FIRST).toList().forEach(followUp::look);
  }

  /** Whether an order cannot go on before the inventory is read anew; asks once. */
  boolean takeInventoryWanted() {
    return absence.takeInventoryWanted();
  }

  long nextWakeup() {
    long next = Math.min(departures.nextWakeup(), endings.nextWakeup());
    for (Order order : orders.values()) {
      boolean waits = !actions.isBusy(order.workload) && !order.isFinal();
      if (waits && order.notBefore > state.now) {
        next = Math.min(next, order.notBefore);
      }
      if (order.moveGivenUpAt > state.now) {
        next = Math.min(next, order.moveGivenUpAt);
      }
    }
    return next;
  }

  /** Whether only {@link #nextWakeup}, or something that changes, makes any work. */
  boolean isAtRest() {
    return isIdle() && orders.values().stream().allMatch(this::isAtRest);
  }

  private boolean isAtRest(Order order) {
    boolean runs = order.condition == Condition.RUNNING && !order.paused;
    return order.isFinal() || (runs && !probes.isToBeRestarted(order.workload));
  }

  // Farewell

  /** Whether nothing is ordered, and nothing is under way. */
  boolean isEmpty() {
    return orders.isEmpty() && isIdle();
  }

  private boolean isIdle() {
    return actions.isIdle() && departures.open().isEmpty();
  }

  /** The most that anything that may still have to be ended is given to shut itself down. */
  Duration longestStop() {
    return orders.values().stream()
        .filter(order -> !order.isFinal())
        .map(order -> order.entry.stopTimeout())
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  /** Whether everything is as it will be left: see {@link Farewell}. */
  boolean isQuiet() {
    if (!farewell.isEnding()) {
      return isIdle();
    }
    return isIdle()
        && inventory.isKnown()
        && !predecessor.mayStillStart()
        && inventory.isReadSince(farewell::isSince)
        && orders.values().stream().allMatch(this::isDown);
  }

  private boolean isDown(Order order) {
    boolean ended = order.isFinal() || order.condition == Condition.STOPPED;
    return ended
        && inventory.of(order.workload).isEmpty()
        && !inventory.isUncertain(order.workload);
  }

  /** What could not be ended although the host is about to go off, once all else is. */
  SortedSet<WorkloadId> endless() {
    SortedSet<WorkloadId> endless = new TreeSet<>();
    for (Order order : orders.values()) {
      if (!farewell.isEnding() || !(isDown(order) || order.condition == Condition.STOP_FAILED)) {
        return new TreeSet<>();
      }
      if (order.condition == Condition.STOP_FAILED) {
        endless.add(order.workload);
      }
    }
    return endless;
  }

  // Report

  SortedMap<WorkloadId, HostReport.Entry> assigned() {
    SortedMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    orders.forEach((id, order) -> entries.put(id, entryOf(order)));
    return entries;
  }

  private HostReport.Entry entryOf(Order order) {
    boolean runs = order.condition == Condition.RUNNING;
    HostReport.Entry entry =
        new HostReport.Entry(
            order.entry.assignment(),
            order.condition,
            order.restarts.size(),
            order.detail,
            order.ran,
            runs && probes.isReady(order.workload),
            movesAway.failed(order));
    return runs && order.paused ? entry.whilePaused() : entry;
  }

  /** What runs without an order, or may run in a moment: its order may have been withdrawn. */
  SortedSet<WorkloadId> unassigned() {
    SortedSet<WorkloadId> ids = inventory.all();
    ids.addAll(actions.workloads());
    ids.addAll(departures.open());
    ids.removeAll(orders.keySet());
    return ids;
  }
}
