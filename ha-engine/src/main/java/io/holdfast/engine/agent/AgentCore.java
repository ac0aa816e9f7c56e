package io.holdfast.engine.agent;

import io.holdfast.api.Incarnation;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import java.util.List;
import java.util.Optional;

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
  private final Intents intents;
  private final Inventory inventory;
  private final WatchdogKeeper watchdog;
  private final Facts facts;
  private final GuestProbes probes;
  private final Loads loads;
  private final Looks looks;
  private final Farewell farewell;
  private final HandsOff handsOff;
  private final OrderBook orders;
  private final Reports reports;

  /** Until then nothing is to be done about orders and reports, unless an event changes that. */
  private long calmUntil = Long.MIN_VALUE;

  private boolean closed;

  public AgentCore(AgentConfig config) {
    state = new AgentState(config);
    lease = new LeaseKeeper(state);
    epochs = new EpochKeeper(state);
    intents = new Intents(state, epochs);
    watchdog = new WatchdogKeeper(state);
    facts = new Facts(state);
    probes = new GuestProbes(state);
    loads = new Loads(state);
    inventory = new Inventory(state);
    Predecessor predecessor = new Predecessor(state, inventory);
    Departures departures = new Departures(state, inventory);
    looks = new Looks(state, inventory, predecessor, departures);
    handsOff = new HandsOff(state, inventory);
    farewell = new Farewell(state, handsOff);
    orders =
        new OrderBook(
            state, inventory, predecessor, watchdog, departures, facts, probes, farewell, handsOff);
    reports = new Reports(state);
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
      intents.run();
      looks.run();
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
      looks.want();
    }
    report();
    farewell.tell(watchdog.isReleased(), reports.hold(farewell.leaving()), orders.endless());
    boolean calm =
        state.effects.size() == before && orders.isAtRest() && farewell.leaving().isEmpty();
    calmUntil = calm ? orderWakeup() : Long.MIN_VALUE;
  }

  private long orderWakeup() {
    return Math.min(Math.min(orders.nextWakeup(), probes.nextWakeup()), reports.nextWakeup());
  }

  /** When {@link AgentEvent.Ticked} is due, in the events' time; never if it is the maximum. */
  public long nextWakeup() {
    if (closed) {
      return Long.MAX_VALUE;
    }
    long next = Math.min(lease.nextWakeup(), watchdog.nextWakeup());
    next = Math.min(next, Math.min(intents.nextWakeup(), epochs.nextWakeup()));
    next = Math.min(next, Math.min(looks.nextWakeup(), facts.nextWakeup()));
    next = Math.min(next, loads.nextWakeup());
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
        intents.read();
      }
    } else if (event instanceof AgentEvent.IntentDirtied) {
      intents.read();
    } else if (event instanceof AgentEvent.IntentRead e) {
      intents.answered(e).ifPresent(this::adopt);
    } else if (event instanceof AgentEvent.EpochPersisted e) {
      intents.persisted(e).ifPresent(this::adopt);
    } else if (event instanceof AgentEvent.InventoryRead e) {
      looks.ended(e, orders::isBusy);
    } else if (event instanceof AgentEvent.HypervisorSaid e) {
      looks.told(e.event());
    } else if (event instanceof AgentEvent.ActionEnded e) {
      if (orders.actionEnded(e)) {
        looks.want();
      }
    } else if (event instanceof AgentEvent.ReportWritten e) {
      reports.writeEnded(e);
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
      reports.incarnationBegins();
      watchdog.incarnationBegins();
      looks.incarnationBegins();
      intents.read();
    }
  }

  /** Orders end with the incarnation they were given to; workloads run on. */
  private void afterwards(boolean incarnationEnded) {
    if (incarnationEnded) {
      if (!farewell.isEnding()) {
        orders.forgetOrders(); // what is being ended is ended, whoever is still there to know
      }
      intents.forget();
      reports.incarnationEnds();
    }
  }

  private void adopt(HostIntent intent) {
    watchdog.adopt(intent.guard());
    farewell.adopt(intent.parting());
    boolean armed = handsOff.adopt(intent.disarmed());
    orders.adopt(intent, armed);
    if (armed) {
      looks.want();
    }
    looks.ask(intent.look());
  }

  // Farewell

  private void sayFarewell() {
    boolean wasEnding = farewell.isEnding();
    farewell.run(orders.isEmpty(), orders.isQuiet(), orders.longestStop());
    if (farewell.isEnding() && !wasEnding) {
      orders.work();
      looks.want();
    }
    boolean nothingRuns = farewell.isEnding() && orders.isQuiet() && inventory.all().isEmpty();
    watchdog.isNeeded(!nothingRuns);
    watchdog.run();
  }

  // Report

  private void report() {
    boolean looksFirst = reports.isFirst() && (looks.isUnderWay() || facts.areOpen());
    Incarnation incarnation = state.incarnation;
    if (!reports.mayBeWritten() || incarnation == null || looksFirst) {
      return;
    }
    reports.write(
        new HostReport(
            state.config.host(),
            incarnation,
            reports.nextSequence(),
            intents.epoch(),
            intents.generation(),
            inventory.isKnown(),
            epochs.trouble(),
            watchdog.guarded(),
            looks.answered(),
            facts.known(),
            farewell.leaving(),
            loads.told(),
            orders.assigned(),
            orders.unassigned(),
            reports.isAgain()));
  }
}
