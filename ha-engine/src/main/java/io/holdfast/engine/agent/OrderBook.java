package io.holdfast.engine.agent;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Carries the orders out: starts, restarts in place, stops. An attempt whose result is unknown is
 * made certain before another one.
 */
final class OrderBook {
  /**
   * How long what the host took along when it shut down is not started again here: the host is
   * about to be gone.
   */
  static final Duration HOST_SHUTDOWN_HOLD = Duration.ofSeconds(60);

  /** After so many attempts by force in vain it is told that the workload cannot be ended. */
  static final int ENDS_IN_VAIN = 2;

  /**
   * How long a migration is left alone that this agent did not ask for: a former agent of this host
   * did, or a person.
   */
  static final Duration FOREIGN_MIGRATION = Duration.ofMinutes(10);

  /** Ending a workload asks nothing of it: only the hypervisor can be slow. */
  static final Duration DESTROY_TIMEOUT = Duration.ofSeconds(30);

  /** The inventory is to be read once more, and has not been asked for yet. */
  private static final Optional<OpId> ASKED_FOR_LATER = Optional.of(new OpId(0, Long.MAX_VALUE));

  private static final Comparator<Order> MOST_IMPORTANT_FIRST =
      Comparator.comparing((Order o) -> o.entry.priority())
          .reversed()
          .thenComparing(o -> o.workload);

  private enum ActionKind {
    START,
    STOP,
    DESTROY,
    MIGRATE,
    CANCEL_MIGRATION
  }

  private record Action(OpId op, ActionKind kind) {}

  private final AgentState state;
  private final WatchdogKeeper watchdog;
  private final SortedMap<WorkloadId, Order> orders = new TreeMap<>();
  private final SortedMap<WorkloadId, Action> underWay = new TreeMap<>();
  private final Inventory inventory;
  private final Predecessor predecessor;
  private final Departures departures;
  private final Facts facts;
  private final Farewell farewell;
  private final GuestProbes probes;

  /** When what is uncertain and has no order is ended again. */
  private final SortedMap<WorkloadId, Long> endsAgain = new TreeMap<>();

  /** Starts under way at the same time; the rest waits its turn, in order of priority. */
  private int startsAtOnce = 1;

  private boolean inventoryWanted;

  OrderBook(
      AgentState state,
      Inventory inventory,
      Predecessor predecessor,
      WatchdogKeeper watchdog,
      Departures departures,
      Facts facts,
      GuestProbes probes,
      Farewell farewell) {
    this.probes = probes;
    this.facts = facts;
    this.farewell = farewell;
    this.state = state;
    this.inventory = inventory;
    this.predecessor = predecessor;
    this.watchdog = watchdog;
    this.departures = departures;
  }

  /** Follows a new intent. An order that is the same as before goes on as it stands. */
  void adopt(HostIntent intent) {
    startsAtOnce = intent.startsAtOnce();
    orders.keySet().stream()
        .filter(id -> !intent.entries().containsKey(id))
        .forEach(
            id -> {
              departures.forget(id);
              probes.runsNot(id);
            });
    orders.keySet().retainAll(intent.entries().keySet());
    intent
        .entries()
        .forEach(
            (id, entry) -> {
              Order before = orders.get(id);
              if (before != null && before.entry.assignment().equals(entry.assignment())) {
                before.entry = entry;
              } else {
                Order next = new Order(id, entry);
                next.mayHaveLeft = before != null && before.mayBeHere();
                if (entry.goal() == Goal.KEEP) {
                  next.toBeConfirmed = ASKED_FOR_LATER; // it may only just have arrived
                }
                orders.put(id, next);
                if (!next.mayHaveLeft) {
                  departures.forget(id);
                }
              }
            });
  }

  /** The orders were for an incarnation that has ended. */
  void forgetOrders() {
    probes.forgetAll();
    orders.clear();
  }

  /** Whether an action on it is under way. */
  boolean isBusy(WorkloadId workload) {
    return underWay.containsKey(workload);
  }

  // Actions

  /**
   * @return whether the inventory has to be read to know what came of it
   */
  boolean actionEnded(AgentEvent.ActionEnded event) {
    Action action = underWay.get(event.workload());
    if (action == null || !action.op().equals(event.op())) {
      return false;
    }
    underWay.remove(event.workload());
    Order order = orders.get(event.workload());
    if (action.kind() == ActionKind.MIGRATE) {
      boolean tried = departures.answered(event.workload(), event.outcome());
      if (!tried && order != null) {
        order.notBefore = state.now + state.config.timings().renewInterval().toNanos();
      }
      return true; // what was seen meanwhile was not heeded
    }
    if (action.kind() == ActionKind.CANCEL_MIGRATION) {
      departures.cancelled(event.workload(), event.outcome().isDone());
      return true;
    }
    if (action.kind() != ActionKind.START && predecessor.mayHaveStartedSince(action.op())) {
      inventory.doubtful(event.workload());
      return true;
    }
    if (event.outcome() instanceof Outcome.Done<Ack>) {
      if (order != null) {
        order.vainEnds = 0;
        order.ran |= action.kind() == ActionKind.START;
      }
      inventory.certainly(
          event.workload(), action.kind() == ActionKind.START ? RunState.RUNNING : null);
      if (order != null && action.kind() != ActionKind.START) {
        order.ended = !departures.hasLeft(order.workload); // never two: nothing was there to end
      }
      return false;
    }
    boolean surelyNot =
        action.kind() == ActionKind.START && event.outcome() instanceof Outcome.Failed<Ack>;
    if (!surelyNot) {
      inventory.doubtful(event.workload());
    }
    if (order != null) {
      failed(order, action.kind(), event.outcome());
    }
    return true;
  }

  private void failed(Order order, ActionKind kind, Outcome<Ack> outcome) {
    if (outcome instanceof Outcome.Failed<Ack> failed) {
      if (failed.cause() == Outcome.Cause.EXPIRED && kind == ActionKind.START) {
        // It was not begun at all, so it does not count.
        order.begun = order.restarts.pollLast() != null;
        order.notBefore = state.now + state.config.timings().renewInterval().toNanos();
        return;
      }
      order.detail = kind + " failed: " + failed.detail();
    } else {
      order.detail = kind + " unknown: " + ((Outcome.Unknown<Ack>) outcome).detail();
    }
    if (kind == ActionKind.START && outcome instanceof Outcome.Failed<Ack>) {
      // never two: it may be running for another reason, having been migrated here, say.
      order.toBeConfirmed = Optional.of(new OpId(0, state.latestOp()));
    }
    order.notBefore = state.now + pauseAfter(order, kind);
    state.publish(order.trouble(host(), order.detail));
  }

  private long pauseAfter(Order order, ActionKind kind) {
    Duration least = state.config.timings().renewInterval();
    if (kind == ActionKind.START) {
      return Math.max(order.restartPause(state.now).toNanos(), least.toNanos());
    }
    long pause = order.endPause(least).toNanos();
    order.vainEnds += kind == ActionKind.DESTROY && goalOf(order) == Goal.STOP ? 1 : 0;
    return pause;
  }

  /** Brings every order closer to its goal, the most important first. */
  void work() {
    departures.toBeEnded().stream()
        .filter(id -> !underWay.containsKey(id))
        .forEach(this::endMigration);
    endsAgain.keySet().removeIf(id -> !inventory.isUncertain(id));
    if (!farewell.standsStill() || farewell.isEnding()) {
      inventory.uncertainSinceRead().stream()
          .filter(id -> !orders.containsKey(id) && !underWay.containsKey(id))
          .forEach(this::makeCertainWithoutOrder);
    }
    List<Order> sorted = new ArrayList<>(orders.values());
    sorted.sort(MOST_IMPORTANT_FIRST);
    sorted.forEach(this::look);
  }

  /**
   * never stuck: a start of unknown result outlives its order, and nobody would ever know more. One
   * that has taken effect is what runs here without an order.
   */
  private void makeCertainWithoutOrder(WorkloadId id) {
    if (inventory.of(id).isPresent()) {
      inventory.noLongerDoubtful(id);
    } else if (state.now >= endsAgain.getOrDefault(id, Long.MIN_VALUE)) {
      endsAgain.put(id, state.now + state.config.timings().silence().toNanos());
      OpId op = state.nextOp();
      underWay.put(id, new Action(op, ActionKind.DESTROY));
      state.emit(new AgentEffect.Destroy(op, id, DESTROY_TIMEOUT));
    }
  }

  long nextWakeup() {
    long next = departures.nextWakeup();
    for (long at : endsAgain.values()) {
      next = at > state.now ? Math.min(next, at) : next;
    }
    for (Order order : orders.values()) {
      boolean waits = !underWay.containsKey(order.workload) && !order.isFinal();
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

  private void look(Order order) {
    Action action = underWay.get(order.workload);
    followIfItComesBack(order);
    if (order.isFinal() || action != null) {
      if (action != null && action.kind() == ActionKind.MIGRATE) {
        order.condition = Condition.MIGRATING; // maybe by a former order
      }
      return;
    }
    if (!inventory.isKnown()) {
      order.condition = order.begun ? Condition.UNKNOWN : Condition.PENDING;
      order.detail = "the hypervisor cannot be asked";
      order.blind = true;
      return;
    }
    if (order.blind) {
      order.blind = false;
      order.detail = "";
    }
    RunState runs = inventory.of(order.workload).orElse(null);
    // What has crashed has executed here, so it is not just arriving and may be ordered to run.
    boolean crashed = runs == RunState.CRASHED && order.entry.goal() != Goal.KEEP;
    order.paused = runs == RunState.PAUSED || crashed;
    if (runs != RunState.MIGRATING) {
      order.moveGivenUpAt = Long.MAX_VALUE;
    }
    if (runs == null || order.entry.goal() == Goal.STOP) {
      probes.runsNot(order.workload);
    }
    if (departures.isOpen(order.workload) || runs == RunState.MIGRATING) {
      // never two: it may be running elsewhere in a moment, or already.
      order.begun = true;
      order.condition = Condition.MIGRATING;
      order.detail = departures.detailOf(order.workload);
      if (!departures.isOpen(order.workload)) {
        endIfEndless(order);
      }
      return;
    }
    if (runs == null && inventory.hasAppeared(order.workload)) {
      order.condition = Condition.UNKNOWN; // never two: the look that is under way may hang
      order.detail = "told to run here, and not looked at since";
      return;
    }
    boolean hasExecuted = runs == RunState.RUNNING || runs == RunState.CRASHED;
    if (order.returning && runs != null && !hasExecuted) {
      order.condition = Condition.UNKNOWN; // the same copy, on its way, may yet fail to arrive
      order.detail = "left, and is listed again as " + runs;
    } else if (farewell.standsStill() && !farewell.isEnding()) {
      leaveAsItIs(order, runs);
    } else if (goalOf(order) == Goal.STOP) {
      bringDown(order, runs != null);
    } else if (runs == null) {
      bringUp(order);
    } else if (runs == RunState.CRASHED) {
      endCrashed(order);
    } else if (inventory.isUncertain(order.workload) && runs != RunState.RUNNING) {
      order.condition = Condition.UNKNOWN;
    } else {
      order.begun = true;
      // never two: what stands still where it was found may be arriving, and ending it ends nothing
      order.ran |= runs == RunState.RUNNING || order.entry.goal() != Goal.KEEP;
      order.returning = false;
      order.ranLast = false;
      order.toBeConfirmed = Optional.empty();
      inventory.noLongerDoubtful(order.workload);
      order.condition = runs == RunState.STOPPING ? Condition.STOPPING : Condition.RUNNING;
      order.detail = departures.detailOf(order.workload);
      if (runs == RunState.RUNNING) {
        probes.runs(order);
        order.detail = order.detail.isEmpty() ? probes.detailOf(order.workload) : order.detail;
        order.entry.migration().ifPresent(migration -> moveAway(order, migration));
        restartIfItDoesNotServe(order, "its guest does not serve");
      } else if (order.paused) {
        probes.standsStill(order);
        restartIfItDoesNotServe(order, "it was paused, and did not serve");
      }
    }
  }

  /** Its guest has panicked, and it is kept: it is ended as any crash is, then started anew. */
  private void endCrashed(Order order) {
    order.begun = true;
    order.ran = true;
    order.returning = false;
    order.condition = Condition.RUNNING;
    order.detail = "its guest has crashed";
    if (mayBeStartedAnew(order)) {
      restart(order, "its guest had crashed");
    }
  }

  /** A host that is about to go off ends what it runs, whatever it was ordered. */
  private Goal goalOf(Order order) {
    return farewell.isEnding() ? Goal.STOP : order.entry.goal();
  }

  /** Only the agent is about to go: whoever comes after it finds everything as it is. */
  private void leaveAsItIs(Order order, @Nullable RunState runs) {
    if (inventory.isUncertain(order.workload)) {
      order.condition = Condition.UNKNOWN;
    } else if (runs != null) {
      order.begun = true;
      order.ran = true;
      order.condition = runs == RunState.STOPPING ? Condition.STOPPING : Condition.RUNNING;
    } else if (predecessor.mayStillStart()) {
      waitForPredecessor(order);
    } else if (hasLeft(order)) {
      gone(order, "migrated away"); // never two: whoever comes back does not start it again
    } else if (order.begun) {
      order.condition = Condition.STOPPED;
    }
  }

  /** As a crash would be, and only while it may be started again at once. */
  private void restartIfItDoesNotServe(Order order, String why) {
    boolean may =
        !underWay.containsKey(order.workload)
            && order.entry.migration().isEmpty()
            && mayBeStartedAnew(order);
    if (may && probes.isToBeRestarted(order.workload) && order.mayRestart(state.now)) {
      restart(order, why);
    }
  }

  /** Whether it could be started here as soon as it is ended. */
  private boolean mayBeStartedAnew(Order order) {
    return order.entry.goal() == Goal.RUN
        && !order.entry.locked()
        && state.now >= order.notBefore
        && mayStart()
        && facts.whyNot(order.entry.conditions()).isEmpty();
  }

  private void restart(Order order, String why) {
    OpId op = state.nextOp();
    begin(order, op, ActionKind.DESTROY, Condition.STOPPING);
    order.detail = "restarted, " + why;
    order.notBefore = state.now + order.restartPause(state.now).toNanos();
    state.publish(order.trouble(host(), order.detail));
    state.emit(new AgentEffect.Destroy(op, order.workload, DESTROY_TIMEOUT));
  }

  /** Only by the order in force and a valid lease, as a start is. */
  private void moveAway(Order order, HostIntent.Migration migration) {
    if (departures.mayTry(order.workload, migration.move())
        && state.mayStart()
        && state.now >= order.notBefore) {
      if (predecessor.mayStillStart()) { // never two: it would begin here again what has left
        order.detail = Predecessor.WHY;
        return;
      }
      OpId op = state.nextOp();
      begin(order, op, ActionKind.MIGRATE, Condition.MIGRATING);
      departures.begun(order.workload, migration.move());
      state.emit(
          new AgentEffect.Migrate(
              op, order.workload, migration.target(), migration.timeout(), state.leaseValidUntil));
    }
  }

  /** never stuck: whoever asked for it has gone, and its deadline with it. */
  private void endIfEndless(Order order) {
    Duration patience =
        order.entry.migration().map(HostIntent.Migration::timeout).orElse(FOREIGN_MIGRATION);
    boolean isDue = state.now >= order.moveGivenUpAt;
    if (isDue || order.moveGivenUpAt == Long.MAX_VALUE) {
      order.moveGivenUpAt = state.now + patience.toNanos();
    }
    if (isDue) {
      state.publish(order.trouble(host(), "a migration that nobody waits for is given up"));
      endMigration(order.workload);
    }
  }

  private void endMigration(WorkloadId workload) {
    OpId op = state.nextOp();
    underWay.put(workload, new Action(op, ActionKind.CANCEL_MIGRATION));
    state.emit(
        new AgentEffect.CancelMigration(op, workload, state.config.timings().storeTimeout()));
  }

  /**
   * What is known from before this order was begun says nothing of it, unless it follows one under
   * which the workload was here: then it may have been given without knowing that it left.
   */
  private boolean hasLeft(Order order) {
    return order.returning
        || departures.leftByOrder(order.workload)
        || ((order.begun || order.mayHaveLeft) && departures.hasLeft(order.workload));
  }

  /** never two: who moved it away by hand may move it back, and its order would hide it. */
  private void followIfItComesBack(Order order) {
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

  private static void gone(Order order, String detail) {
    order.condition = Condition.GONE;
    order.detail = detail;
  }

  /**
   * never two: not running is not enough, for a start of a former order, or of a former agent, may
   * still be on its way. So it is ended once even where it does not run: asked first, by force when
   * that is not known to have worked.
   */
  private void bringDown(Order order, boolean runs) {
    boolean unsure = inventory.isUncertain(order.workload);
    if (!runs && !unsure && predecessor.mayStillStart()) {
      waitForPredecessor(order);
      return;
    }
    boolean left =
        departures.leftByOrder(order.workload)
            || (!order.ended && departures.hasLeft(order.workload));
    if (!runs && !unsure && left) {
      gone(order, "migrated away");
      return;
    }
    boolean wasOnlyToBeKept = order.entry.goal() == Goal.KEEP && !order.ran;
    if (!runs && !unsure && wasOnlyToBeKept) {
      goneUnlessItHasJustArrived(order);
    } else if (!runs && !unsure && order.ended) {
      boolean byOrder = order.entry.goal() == Goal.STOP;
      order.condition = byOrder ? Condition.STOPPED : Condition.GIVEN_UP;
      order.detail = byOrder ? "" : "ended: the host is about to go off";
    } else if (order.vainEnds >= ENDS_IN_VAIN && state.now < order.notBefore) {
      order.condition = Condition.STOP_FAILED;
    } else if (state.now >= order.notBefore) {
      OpId op = state.nextOp();
      boolean crashed = inventory.of(order.workload).filter(RunState.CRASHED::equals).isPresent();
      boolean ask = runs && !unsure && !crashed && !order.entry.stopTimeout().isZero();
      ActionKind kind = ask ? ActionKind.STOP : ActionKind.DESTROY;
      boolean inVain = order.vainEnds >= ENDS_IN_VAIN;
      begin(order, op, kind, inVain ? Condition.STOP_FAILED : Condition.STOPPING);
      state.emit(
          kind == ActionKind.STOP
              ? new AgentEffect.Stop(op, order.workload, order.entry.stopTimeout())
              : new AgentEffect.Destroy(op, order.workload, DESTROY_TIMEOUT));
    }
  }

  /** never two: what was seen before the order came says nothing. */
  private void goneUnlessItHasJustArrived(Order order) {
    if (order.toBeConfirmed.isEmpty() || !isUnconfirmed(order)) {
      gone(order, "does not run here");
    }
  }

  private void bringUp(Order order) {
    if (inventory.isUncertain(order.workload)) {
      makeCertain(order);
      return;
    }
    if (predecessor.mayStillStart() && !isToBeStarted(order)) {
      waitForPredecessor(order);
      return;
    }
    if (hasLeft(order)) {
      gone(order, "migrated away");
      return;
    }
    if (order.entry.goal() == Goal.KEEP) {
      goneUnlessItHasJustArrived(order);
      return;
    }
    if (order.begun && (order.condition == Condition.RUNNING || order.ranLast)) {
      order.ranLast = false;
      stoppedByItself(order);
      if (order.isFinal()) {
        return;
      }
    }
    if (order.toBeConfirmed.isPresent() && isUnconfirmed(order)) {
      return;
    }
    if (order.begun && !order.mayRestart(state.now)) {
      order.condition = Condition.GIVEN_UP;
      state.publish(order.trouble(host(), "given up: " + order.detail));
      return;
    }
    order.condition = order.begun ? Condition.STOPPED : Condition.PENDING;
    if (order.entry.locked()) {
      order.detail = "locked: not started before it is unlocked";
      return;
    }
    Optional<String> unmet = facts.whyNot(order.entry.conditions());
    if (unmet.isPresent()) {
      order.detail = unmet.get();
      return;
    }
    if (state.now < order.notBefore || !mayStart() || tooManyStarts()) {
      return;
    }
    if (order.begun && !order.isFree) {
      order.restarts.addLast(state.now);
    }
    order.isFree = false;
    OpId op = state.nextOp();
    begin(order, op, ActionKind.START, Condition.STARTING);
    order.begun = true;
    order.ended = false;
    inventory.started(order.workload);
    state.publish(new HaEvent.StartIssued(order.workload, host()));
    state.emit(
        new AgentEffect.Start(
            op, order.workload, order.entry.startTimeout(), state.leaseValidUntil));
  }

  /** Whether all that can become of it here is that it is started, by whomever. */
  private boolean isToBeStarted(Order order) {
    boolean shutDown =
        order.entry.onGuestShutdown() == OnGuestShutdown.HONOR
            && inventory.whyStopped(order.workload) == StopReason.GUEST_SHUTDOWN;
    return order.entry.goal() == Goal.RUN
        && !hasLeft(order)
        && !(order.begun && (shutDown || !order.mayRestart(state.now)));
  }

  private static void waitForPredecessor(Order order) {
    order.ranLast |= order.condition == Condition.RUNNING;
    order.condition = order.begun || order.ended ? Condition.UNKNOWN : Condition.PENDING;
    order.detail = Predecessor.WHY;
    order.blind = true;
  }

  private void stoppedByItself(Order order) {
    StopReason reason = inventory.whyStopped(order.workload);
    order.detail = "stopped (" + reason + ")";
    order.condition = Condition.STOPPED;
    if (reason == StopReason.GUEST_SHUTDOWN
        && order.entry.onGuestShutdown() == OnGuestShutdown.HONOR) {
      order.condition = Condition.SHUT_DOWN;
      order.detail = "shut down from inside";
      return;
    }
    order.notBefore = state.now + order.restartPause(state.now).toNanos();
    if (reason == StopReason.HOST_SHUTDOWN) {
      order.isFree = true;
      order.notBefore = state.now + HOST_SHUTDOWN_HOLD.toNanos();
    } else if (!inventory.isExplained(order.workload)) {
      order.toBeConfirmed = ASKED_FOR_LATER;
    }
  }

  /** One look may have been at the wrong moment: after the pause there is another one. */
  private boolean isUnconfirmed(Order order) {
    OpId asked = order.toBeConfirmed.orElseThrow();
    if (asked.equals(ASKED_FOR_LATER.orElseThrow())) {
      if (state.now < order.notBefore) {
        return true;
      }
      order.toBeConfirmed = Optional.of(new OpId(0, state.latestOp()));
      inventoryWanted = true;
      return true;
    }
    if (!inventory.isReadSince(asked)) {
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

  /** A start of unknown result is ended before the next one, so that it cannot come late. */
  private void makeCertain(Order order) {
    order.condition = Condition.UNKNOWN;
    if (state.now >= order.notBefore) {
      OpId op = state.nextOp();
      underWay.put(order.workload, new Action(op, ActionKind.DESTROY));
      state.emit(new AgentEffect.Destroy(op, order.workload, DESTROY_TIMEOUT));
    }
  }

  private boolean mayStart() {
    return state.mayStart() && watchdog.mayStart();
  }

  private boolean tooManyStarts() {
    return underWay.values().stream().filter(a -> a.kind() == ActionKind.START).count()
        >= startsAtOnce;
  }

  private void begin(Order order, OpId op, ActionKind kind, Condition condition) {
    underWay.put(order.workload, new Action(op, kind));
    order.condition = condition;
  }

  // Farewell

  /** Whether nothing is ordered, and nothing is under way. */
  boolean isEmpty() {
    return orders.isEmpty() && isIdle();
  }

  private boolean isIdle() {
    return underWay.isEmpty() && departures.open().isEmpty();
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

  /** Also the one that was never tried, because the workload had left in another way. */
  private Optional<OpId> moveFailed(Order order) {
    return order
        .entry
        .migration()
        .map(HostIntent.Migration::move)
        .filter(move -> order.condition == Condition.GONE)
        .filter(move -> departures.mayTry(order.workload, move))
        .or(() -> departures.failed(order.workload));
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
            moveFailed(order));
    return runs && order.paused ? entry.whilePaused() : entry;
  }

  /** What runs without an order, or may run in a moment: its order may have been withdrawn. */
  SortedSet<WorkloadId> unassigned() {
    SortedSet<WorkloadId> ids = inventory.all();
    ids.addAll(underWay.keySet());
    ids.addAll(departures.open());
    ids.removeAll(orders.keySet());
    return ids;
  }

  private HostId host() {
    return state.config.host();
  }
}
