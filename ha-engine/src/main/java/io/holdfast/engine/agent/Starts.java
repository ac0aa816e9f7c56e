package io.holdfast.engine.agent;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Starts what is to run here, and starts it anew in its place when it has stopped by itself, has
 * crashed or does not serve: with growing pauses, and as often as its policy allows. Then it is
 * given up, and for the controller to place elsewhere.
 */
final class Starts {
  /**
   * How long what the host took along when it shut down is not started again here: the host is
   * about to be gone.
   */
  static final Duration HOST_SHUTDOWN_HOLD = Duration.ofSeconds(60);

  private final AgentState state;
  private final Actions actions;
  private final Inventory inventory;
  private final Predecessor predecessor;
  private final Absence absence;
  private final Facts facts;
  private final WatchdogKeeper watchdog;

  Starts(
      AgentState state,
      Actions actions,
      Inventory inventory,
      Predecessor predecessor,
      Absence absence,
      Facts facts,
      WatchdogKeeper watchdog) {
    this.state = state;
    this.actions = actions;
    this.inventory = inventory;
    this.predecessor = predecessor;
    this.absence = absence;
    this.facts = facts;
    this.watchdog = watchdog;
  }

  /** It is not here, and nothing is known that may make it begin by itself. */
  void bringUp(Order order) {
    boolean startsAnyway = predecessor.mayStillStart() && isToBeStarted(order);
    if (!startsAnyway && absence.settles(order, absence.hasLeft(order))) {
      return;
    }
    if (order.entry.goal() == Goal.KEEP || order.onlyIfHere) {
      absence.goneUnlessItHasJustArrived(order);
      return;
    }
    if (order.begun && order.wasHere) { // also if it could not be asked about since
      order.wasHere = false;
      stoppedByItself(order);
      if (order.isFinal()) {
        return;
      }
    }
    if (absence.isUnconfirmed(order)) {
      return;
    }
    if (order.begun && !order.mayRestart(state.now)) {
      order.condition = Condition.GIVEN_UP;
      state.publish(order.trouble(state.config.host(), "given up: " + order.detail));
      return;
    }
    order.condition = order.begun ? Condition.STOPPED : Condition.PENDING;
    Optional<String> against =
        order.entry.locked()
            ? Optional.of("locked: not started before it is unlocked")
            : facts.whyNot(order.entry.conditions());
    if (against.isPresent()) {
      order.detail = against.get();
    } else if (state.now >= order.notBefore && mayStart() && !actions.areTooManyStarts()) {
      start(order);
    }
  }

  /** Whether all that can become of it here is that it is started, by whomever. */
  private boolean isToBeStarted(Order order) {
    boolean shutDown =
        order.entry.onGuestShutdown() == OnGuestShutdown.HONOR
            && inventory.whyStopped(order.workload) == StopReason.GUEST_SHUTDOWN;
    return order.entry.goal() == Goal.RUN
        && !absence.hasLeft(order)
        && !(order.begun && (shutDown || !order.mayRestart(state.now)));
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
      Absence.confirmLater(order);
    }
  }

  private boolean mayStart() {
    return state.mayStart() && watchdog.mayStart();
  }

  private void start(Order order) {
    if (order.begun && !order.isFree) {
      order.restarts.addLast(state.now);
    }
    order.isFree = false;
    order.begun = true;
    order.wasHere = false;
    order.ended = false;
    order.condition = Condition.STARTING;
    inventory.started(order.workload);
    state.publish(new HaEvent.StartIssued(order.workload, state.config.host()));
    actions.start(order);
  }

  /**
   * It has been answered.
   *
   * @return whether the inventory has to be read to know what came of it
   */
  boolean answered(AgentEvent.ActionEnded event, @Nullable Order order) {
    if (event.outcome() instanceof Outcome.Done<Ack>) {
      if (order != null) {
        order.vainEnds = 0;
        order.ran = true;
        order.wasHere = true;
      }
      inventory.certainly(event.workload(), RunState.RUNNING);
      return false;
    }
    if (event.outcome() instanceof Outcome.Unknown<Ack>) {
      inventory.doubtful(event.workload());
    }
    if (order != null) {
      failed(order, event.outcome());
    }
    return true;
  }

  private void failed(Order order, Outcome<Ack> outcome) {
    long soonest = state.now + state.config.timings().renewInterval().toNanos();
    if (outcome instanceof Outcome.Failed<Ack> failed) {
      if (failed.cause() == Outcome.Cause.EXPIRED) {
        // It was not begun at all, so it does not count.
        order.begun = order.restarts.pollLast() != null;
        order.notBefore = soonest;
        return;
      }
      // never two: it may be running for another reason, having been migrated here, say.
      absence.confirm(order);
    }
    order.detail = Actions.Kind.START.describe(outcome);
    order.notBefore = Math.max(state.now + order.restartPause(state.now).toNanos(), soonest);
    state.publish(order.trouble(state.config.host(), order.detail));
  }

  // Anew, what is still here

  /** Its guest has panicked, and it is kept: it is ended as any crash is, then started anew. */
  void restartCrashed(Order order) {
    order.begun = true;
    order.ran = true;
    order.wasHere = true;
    order.returning = false;
    order.condition = Condition.RUNNING;
    order.detail = "its guest has crashed";
    if (mayBeStartedAnew(order)) {
      restart(order, "its guest had crashed");
    }
  }

  /** As a crash would be, and only while it may be started again at once. */
  void restartUnserving(Order order, String why) {
    boolean may =
        !actions.isBusy(order.workload)
            && order.entry.migration().isEmpty()
            && mayBeStartedAnew(order);
    if (may && order.mayRestart(state.now)) {
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
    order.wasHere = false;
    order.condition = Condition.STOPPING;
    order.detail = "restarted, " + why;
    order.notBefore = state.now + order.restartPause(state.now).toNanos();
    state.publish(order.trouble(state.config.host(), order.detail));
    actions.destroy(order.workload);
  }
}
