package io.holdfast.engine.agent;

import io.holdfast.api.OpId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * When the inventory is read: when anything may have changed, and again every so often. One look at
 * a time; whoever wants one while another is under way gets one that begins after it.
 */
final class Looks {
  private final AgentState state;
  private final Inventory inventory;
  private final Predecessor predecessor;
  private final Departures departures;
  private long due = Long.MAX_VALUE;
  private @Nullable OpId underWay;
  private boolean wantedAgain;

  /** What intents asked for, what the look under way began with, and what is answered. */
  private long asked;

  private long askedByNow;
  private long answered;

  Looks(AgentState state, Inventory inventory, Predecessor predecessor, Departures departures) {
    this.state = state;
    this.inventory = inventory;
    this.predecessor = predecessor;
    this.departures = departures;
  }

  /** A look of the former incarnation, also one under way, answers nobody's question. */
  void incarnationBegins() {
    asked = 0;
    askedByNow = 0;
    answered = 0;
    want();
  }

  /** The controller asks for a look, by a number that grows. */
  void ask(long number) {
    if (number > asked) {
      asked = number;
      want();
    }
  }

  /** The last question of the controller that is answered by what is known now, 0 if none is. */
  long answered() {
    return answered;
  }

  boolean isUnderWay() {
    return underWay != null;
  }

  void run() {
    boolean anew = predecessor.run();
    if (anew || state.now >= due) {
      want();
    }
  }

  long nextWakeup() {
    return Math.min(due, predecessor.nextWakeup());
  }

  /** What runs here is to be known as it is from now on. */
  void want() {
    due = state.now + state.config.timings().resyncInterval().toNanos();
    if (underWay != null) {
      wantedAgain = true;
      return;
    }
    wantedAgain = false;
    OpId op = state.nextOp();
    underWay = op;
    askedByNow = asked;
    state.emit(new AgentEffect.ReadInventory(op));
  }

  /**
   * Takes what was seen in.
   *
   * @param isBusy workloads with an action under way: what is seen of them says nothing
   */
  void ended(AgentEvent.InventoryRead event, Predicate<WorkloadId> isBusy) {
    if (!event.op().equals(underWay)) {
      return;
    }
    underWay = null;
    inventory.read(event.op(), event.outcome(), isBusy);
    wantedAgain |= predecessor.run();
    if (inventory.isKnown() && !predecessor.mayStillStart()) {
      answered = Math.max(answered, askedByNow);
    }
    departures.inventory(event.op(), event.outcome());
    if (wantedAgain) {
      want();
    } else if (!inventory.isKnown() || departures.isWorthLooking()) {
      due = state.now + state.config.timings().renewInterval().toNanos();
    }
  }

  /** The hypervisor tells of a change; what it has become is seen by a look. */
  void told(HypervisorEvent event) {
    if (event instanceof HypervisorEvent.Disconnected) {
      inventory.disconnected();
      return;
    }
    if (event instanceof HypervisorEvent.Reconnected) {
      inventory.reconnected();
    } else if (event instanceof HypervisorEvent.Stopped stopped) {
      inventory.stopped(stopped.workload(), stopped.reason());
    } else if (event instanceof HypervisorEvent.Started started) {
      inventory.appeared(started.workload());
    }
    want();
  }
}
