package io.holdfast.engine.agent;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.StateRecord;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The host agent's pure core: {@link #step} takes one event and gives the effects that follow. One
 * thread at a time; deterministic: equal events in equal order give equal effects.
 *
 * <p>It starts a workload only while all of this holds: the controller's intent for this very
 * incarnation orders it, the intent's epoch is the highest this host has seen and is on its disk,
 * the lease is valid by this host's own clock, and the watchdog, where there is one, is armed
 * unless the intent says that it shall not be.
 */
public final class AgentCore {
  private final AgentState state;
  private final LeaseKeeper lease;
  private final EpochKeeper epochs;
  private final Inventory inventory;
  private final Predecessor predecessor;
  private final WatchdogKeeper watchdog;
  private final Facts facts;
  private final GuestProbes probes;
  private final Loads loads;
  private final Departures departures;
  private final Farewell farewell;
  private final OrderBook orders;

  private @Nullable HostIntent adopted;
  private @Nullable HostIntent waitingForDisk;
  private long intentDue = Long.MAX_VALUE;
  private long inventoryDue = Long.MAX_VALUE;
  private @Nullable OpId readingInventory;
  private boolean inventoryWanted;

  /** What intents asked for, what the inventory under way began with, and what is answered. */
  private long lookWanted;

  private long lookOfReading;
  private long looked;
  private @Nullable OpId writing;
  private @Nullable HostReport written;
  private long reportSequence;
  private long reportDue = Long.MAX_VALUE;

  /** Until then nothing is to be done about orders and reports, unless an event changes that. */
  private long calmUntil = Long.MIN_VALUE;

  private boolean closed;

  /** Whether there was an earlier incarnation since the host booted. */
  private boolean again;

  private boolean joinedOnce;

  public AgentCore(AgentConfig config) {
    state = new AgentState(config);
    again = config.again();
    lease = new LeaseKeeper(state);
    epochs = new EpochKeeper(state);
    watchdog = new WatchdogKeeper(state);
    facts = new Facts(state);
    probes = new GuestProbes(state);
    loads = new Loads(state);
    inventory = new Inventory(state);
    predecessor = new Predecessor(state, inventory);
    departures = new Departures(state, inventory);
    farewell = new Farewell(state);
    orders =
        new OrderBook(state, inventory, predecessor, watchdog, departures, facts, probes, farewell);
  }

  /**
   * Takes an event in.
   *
   * @return what is to be done, in order
   */
  public List<AgentEffect> step(AgentEvent event) {
    if (closed) {
      return List.of();
    }
    state.now = Math.max(state.now, event.now());
    boolean stirred = dispatch(event);
    if (!closed) {
      lease.run();
      stirred |= watchdog.run();
      epochs.run();
      facts.run(lease.nextRenewal());
      loads.run();
      if (state.now >= intentDue) {
        readIntent();
      }
      boolean anew = predecessor.run();
      if (anew || state.now >= inventoryDue) {
        wantInventory();
      }
      if (stirred || state.now >= calmUntil) {
        follow();
      }
    }
    if (state.effects.isEmpty()) {
      return List.of(); // as after most events
    }
    List<AgentEffect> effects = List.copyOf(state.effects);
    state.effects.clear();
    return effects;
  }

  /** Brings orders and the report up to date. Most events change nothing that they depend on. */
  private void follow() {
    int before = state.effects.size();
    orders.work();
    sayFarewell();
    if (orders.takeInventoryWanted()) {
      wantInventory();
    }
    report();
    farewell.tell(watchdog.isReleased(), isReported(), orders.endless());
    boolean calm =
        state.effects.size() == before && orders.isAtRest() && farewell.leaving().isEmpty();
    calmUntil = calm ? orderWakeup() : Long.MIN_VALUE;
  }

  private long orderWakeup() {
    return Math.min(Math.min(orders.nextWakeup(), probes.nextWakeup()), reportDue);
  }

  /** When {@link AgentEvent.Ticked} is due, in the events' time; never if it is the maximum. */
  public long nextWakeup() {
    if (closed) {
      return Long.MAX_VALUE;
    }
    long next = Math.min(lease.nextWakeup(), watchdog.nextWakeup());
    next = Math.min(next, Math.min(intentDue, epochs.nextWakeup()));
    next = Math.min(next, Math.min(inventoryDue, facts.nextWakeup()));
    next = Math.min(next, Math.min(loads.nextWakeup(), predecessor.nextWakeup()));
    return calmUntil == Long.MIN_VALUE
        ? Math.min(next, Math.min(farewell.nextWakeup(), orderWakeup()))
        : Math.min(next, calmUntil);
  }

  /** The present incarnation, empty while the host is not joined. */
  public Optional<Incarnation> incarnation() {
    return Optional.ofNullable(state.incarnation);
  }

  /**
   * Whether it relies on its lease.
   *
   * @param now in the events' time
   */
  public boolean holdsLease(long now) {
    return state.incarnation != null && now < state.leaseValidUntil;
  }

  /**
   * @return whether anything may have changed that orders or the report depend on
   */
  private boolean dispatch(AgentEvent event) {
    if (event instanceof AgentEvent.RenewEnded e) {
      return renewEnded(e);
    } else if (event instanceof AgentEvent.FactsSeen e) {
      return facts.looked(e);
    } else if (event instanceof AgentEvent.LoadsMeasured e) {
      return loads.measured(e);
    } else if (event instanceof AgentEvent.Ticked) {
      return false;
    } else if (event instanceof AgentEvent.JoinEnded e) {
      joinEnded(e);
    } else if (event instanceof AgentEvent.ConnectionChanged e) {
      afterwards(lease.connectionChanged(e.connection()));
      if (e.connection() == Connection.CONNECTED) {
        readIntent();
      }
    } else if (event instanceof AgentEvent.IntentDirtied) {
      readIntent();
    } else if (event instanceof AgentEvent.IntentRead e) {
      intentRead(e);
    } else if (event instanceof AgentEvent.EpochPersisted e) {
      epochPersisted(e);
    } else if (event instanceof AgentEvent.InventoryRead e) {
      inventoryRead(e);
    } else if (event instanceof AgentEvent.HypervisorSaid e) {
      hypervisorSaid(e.event());
    } else if (event instanceof AgentEvent.ActionEnded e) {
      if (orders.actionEnded(e)) {
        wantInventory();
      }
    } else if (event instanceof AgentEvent.ReportWritten e) {
      reportWritten(e);
    } else if (event instanceof AgentEvent.WatchdogOpened e) {
      watchdog.openEnded(e);
    } else if (event instanceof AgentEvent.WatchdogReleased e) {
      watchdog.releaseEnded(e);
    } else if (event instanceof AgentEvent.WatchdogNotFed e) {
      watchdog.feedFailed(e);
    } else if (event instanceof AgentEvent.DepartureAnnounced e) {
      farewell.announce(e.departure(), e.patience());
    } else if (event instanceof AgentEvent.GuestProbed e) {
      probes.answered(e);
    } else if (event instanceof AgentEvent.CloseRequested) {
      lease.leave();
      closed = true;
    } else {
      throw new IllegalStateException("not handled: " + event);
    }
    return true;
  }

  // Membership

  private boolean renewEnded(AgentEvent.RenewEnded event) {
    boolean couldStart = state.mayStart();
    afterwards(lease.renewEnded(event));
    if (event.outcome().isDone()) {
      watchdog.renewed();
    }
    return !(couldStart && state.mayStart());
  }

  private void joinEnded(AgentEvent.JoinEnded event) {
    if (lease.joinEnded(event)) {
      again |= joinedOnce;
      joinedOnce = true;
      reportSequence = 0;
      written = null;
      // A look of the former incarnation, also one under way, answers nobody's question.
      lookWanted = 0;
      lookOfReading = 0;
      looked = 0;
      watchdog.incarnationBegins();
      wantInventory();
      readIntent();
    }
  }

  /** Orders end with the incarnation they were given to; workloads run on. */
  private void afterwards(boolean incarnationEnded) {
    if (incarnationEnded) {
      if (!farewell.isEnding()) {
        orders.forgetOrders(); // what is being ended is ended, whoever is still there to know
      }
      adopted = null;
      waitingForDisk = null;
      writing = null;
    }
  }

  // Intent

  /** Now, and again every so often: being told of changes is the rule, not a promise. */
  private void readIntent() {
    intentDue = Long.MAX_VALUE;
    if (state.incarnation != null) {
      intentDue = state.now + state.config.timings().resyncInterval().toNanos();
      state.emit(new AgentEffect.ReadIntent());
    }
  }

  private void intentRead(AgentEvent.IntentRead event) {
    if (!(event.outcome() instanceof Outcome.Done<Optional<StateRecord>> done)) {
      if (state.incarnation != null) {
        intentDue = state.now + state.config.timings().renewInterval().toNanos();
      }
      return;
    }
    if (done.value().isEmpty()) {
      return;
    }
    StateRecord record = done.value().get();
    if (record instanceof HostIntent intent) {
      consider(intent);
    } else if (record instanceof StateRecord.Unreadable unreadable) {
      refuse("the intent cannot be read: " + unreadable.reason());
    }
  }

  private void consider(HostIntent intent) {
    if (!intent.incarnation().equals(state.incarnation)) {
      return; // for a former incarnation: void
    }
    if (intent.epoch().compareTo(state.highestEpoch) < 0) {
      refuse("epoch " + intent.epoch() + " is older than " + state.highestEpoch);
      return;
    }
    HostIntent before = adopted;
    boolean newer = before == null || isNewer(intent, before);
    if (!newer) {
      return;
    }
    if (intent.epoch().compareTo(state.highestEpoch) > 0) {
      waitingForDisk = intent;
      epochs.persist(intent.epoch());
    } else {
      adopt(intent);
    }
  }

  private static boolean isNewer(HostIntent intent, HostIntent before) {
    int byEpoch = intent.epoch().compareTo(before.epoch());
    return byEpoch > 0 || (byEpoch == 0 && intent.generation() > before.generation());
  }

  private void epochPersisted(AgentEvent.EpochPersisted event) {
    epochs.persisted(event);
    HostIntent intent = waitingForDisk;
    if (intent != null && intent.epoch().compareTo(state.highestEpoch) <= 0) {
      waitingForDisk = null;
      consider(intent);
    }
  }

  private void adopt(HostIntent intent) {
    adopted = intent;
    watchdog.adopt(intent.guard());
    farewell.adopt(intent.parting());
    orders.adopt(intent);
    if (intent.look() > lookWanted) {
      lookWanted = intent.look();
      wantInventory();
    }
  }

  private void refuse(String reason) {
    state.publish(new HaEvent.IntentRefused(state.config.host(), reason));
  }

  // Farewell

  private void sayFarewell() {
    boolean wasEnding = farewell.isEnding();
    farewell.run(orders.isEmpty(), orders.isQuiet(), orders.longestStop());
    if (farewell.isEnding() && !wasEnding) {
      orders.work();
      wantInventory();
    }
    boolean nothingRuns = farewell.isEnding() && orders.isQuiet() && inventory.all().isEmpty();
    watchdog.isNeeded(!nothingRuns);
    watchdog.run();
  }

  /** Whether the store holds what would be said now. */
  private boolean isReported() {
    return written != null && writing == null && written.leaving().equals(farewell.leaving());
  }

  // Hypervisor

  private void wantInventory() {
    inventoryDue = state.now + state.config.timings().resyncInterval().toNanos();
    if (readingInventory != null) {
      inventoryWanted = true;
      return;
    }
    inventoryWanted = false;
    OpId op = state.nextOp();
    readingInventory = op;
    lookOfReading = lookWanted;
    state.emit(new AgentEffect.ReadInventory(op));
  }

  private void inventoryRead(AgentEvent.InventoryRead event) {
    if (!event.op().equals(readingInventory)) {
      return;
    }
    readingInventory = null;
    inventory.read(event.op(), event.outcome(), orders::isBusy);
    inventoryWanted |= predecessor.run();
    if (inventory.isKnown() && !predecessor.mayStillStart()) {
      looked = Math.max(looked, lookOfReading);
    }
    departures.inventory(event.op(), event.outcome());
    if (inventoryWanted) {
      wantInventory();
    } else if (!inventory.isKnown() || departures.isWorthLooking()) {
      inventoryDue = state.now + state.config.timings().renewInterval().toNanos();
    }
  }

  private void hypervisorSaid(HypervisorEvent event) {
    if (event instanceof HypervisorEvent.Stopped stopped) {
      inventory.stopped(stopped.workload(), stopped.reason());
      wantInventory();
    } else if (event instanceof HypervisorEvent.Started started) {
      inventory.appeared(started.workload());
      wantInventory();
    } else if (event instanceof HypervisorEvent.Disconnected) {
      inventory.disconnected();
    } else {
      wantInventory();
    }
  }

  // Report

  /** Writes a report when it would say something new; one at a time. */
  private void report() {
    if (state.now >= reportDue) {
      reportDue = Long.MAX_VALUE; // not pausing any more; whatever else it waits for is an event
    }
    Incarnation incarnation = state.incarnation;
    if (incarnation == null || writing != null || isLookingFirst()) {
      return;
    }
    HostReport next =
        new HostReport(
            state.config.host(),
            incarnation,
            reportSequence + 1,
            adopted == null ? Epoch.NONE : adopted.epoch(),
            adopted == null ? 0 : adopted.generation(),
            inventory.isKnown(),
            epochs.trouble(),
            watchdog.guarded(),
            looked,
            facts.known(),
            farewell.leaving(),
            loads.told(),
            orders.assigned(),
            orders.unassigned(),
            again);
    boolean pausing = reportDue != Long.MAX_VALUE;
    if (pausing || saysTheSame(next, written)) {
      return;
    }
    reportSequence++;
    written = next;
    OpId op = state.nextOp();
    writing = op;
    state.emit(new AgentEffect.WriteReport(op, next));
  }

  private boolean isLookingFirst() {
    return written == null && (readingInventory != null || facts.areOpen());
  }

  private static boolean saysTheSame(HostReport next, @Nullable HostReport before) {
    return before != null && next.equals(before.withSequence(next.sequence()));
  }

  private void reportWritten(AgentEvent.ReportWritten event) {
    if (!event.op().equals(writing)) {
      return;
    }
    writing = null;
    if (!(event.outcome() instanceof Outcome.Done<Ack>)) {
      written = null; // unknown is not failure, but saying it again does no harm
      reportDue = state.now + state.config.timings().renewInterval().toNanos();
    }
  }
}
