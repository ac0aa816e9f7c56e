package io.holdfast.engine.sim;

import io.holdfast.api.Fact;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Incarnation;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore.ChangeListener;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.agent.AgentConfig;
import io.holdfast.engine.agent.AgentCore;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.effect.AgentEffects;
import io.holdfast.engine.sim.SimCall.Fate;
import io.holdfast.engine.sim.SimCall.Target;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The process of one host's agent, wired as {@code HostAgent} wires it. */
final class SimAgent extends SimProcess<AgentEvent, AgentEffect> {
  /** So many looks in a row leave no doubt. */
  private static final int SURELY = 3;

  private final SimHost machine;
  private final AgentCore core;
  private long renewedAt = Long.MIN_VALUE / 2;

  /** By its own clock, from what the service has acknowledged. */
  private long leaseValidUntil = Long.MIN_VALUE;

  private @Nullable Incarnation joinedAs;

  private final SimStartsAtOnce startsAtOnce = new SimStartsAtOnce();

  /** How often in a row it was told that a condition does not hold. */
  private final SortedMap<String, Integer> failing = new TreeMap<>();

  static SimAgent of(SimWorld world, SimHost machine, SimLink link) {
    SortedMap<String, Hypervisor> hypervisors = machine.hypervisors();
    SimClock clock = world.dice().clock(world.schedule());
    AgentCore core =
        new AgentCore(
            new AgentConfig(
                machine.id,
                world.timings(),
                world.config().lease().map(LeaseTiming::watchdogPeriod),
                machine.disk.opened(),
                machine.facts.map(HostFacts::name).stream().toList(),
                new TreeSet<>(machine.probe.kinds()),
                AgentEffects.measureLoad(hypervisors),
                machine.isAnotherAgent()));
    AgentEffects effects =
        new AgentEffects(
            machine.id,
            link.connection().membership(),
            world.recordsOf(link.connection(), machine.agentVersion),
            hypervisors,
            world.config().lease().map(lease -> machine.watchdog.reopened()),
            List.copyOf(machine.facts.stream().toList()),
            List.of(machine.probe),
            machine.disk,
            world.timings(),
            clock::now);
    return new SimAgent(world, machine, link, clock, core, effects);
  }

  private SimAgent(
      SimWorld world,
      SimHost machine,
      SimLink link,
      SimClock clock,
      AgentCore core,
      AgentEffects effects) {
    super(
        world,
        machine.id,
        machine.id + "/agent",
        link,
        clock,
        new SimCore<>(
            core::step,
            AgentEvent.Ticked::new,
            core::nextWakeup,
            AgentEffects::queueOf,
            effects::timeoutOf,
            effects::perform,
            effects::givenUp));
    this.machine = machine;
    this.core = core;
  }

  void start() {
    subscriptions.add(
        link.connection()
            .membership()
            .subscribeToConnection(
                connection ->
                    feed(
                        Source.MEMBERSHIP,
                        now -> new AgentEvent.ConnectionChanged(now, connection))));
    subscriptions.add(
        link.connection()
            .stateStore()
            .watch(Table.INTENT, Optional.of(host.value()), new IntentFeed()));
    subscriptions.add(
        machine.guests.subscribe(
            event -> feed(Source.HYPERVISOR, now -> new AgentEvent.HypervisorSaid(now, event))));
    deliver(now -> new AgentEvent.ConnectionChanged(now, Membership.Connection.CONNECTED));
  }

  /** When a renewal was last acknowledged, in the world's time. */
  long renewedAt() {
    return renewedAt;
  }

  /** Whether that is its present incarnation. */
  boolean isJoinedAs(Incarnation incarnation) {
    return core.incarnation().equals(Optional.of(incarnation));
  }

  /** Whether it takes itself for the holder of this incarnation's lease, by its own clock. */
  boolean reliesOnLeaseOf(Incarnation incarnation) {
    return core.incarnation().equals(Optional.of(incarnation)) && core.holdsLease(clock.now());
  }

  @Override
  void told(AgentEvent event) {
    startsAtOnce.told(event);
    if (event instanceof AgentEvent.FactsSeen seen) {
      seen.facts()
          .forEach(
              (name, fact) -> {
                if (fact == Fact.HOLDS) {
                  failing.remove(name);
                } else {
                  failing.merge(name, 1, Integer::sum);
                }
              });
    }
    if (event instanceof AgentEvent.JoinEnded join
        && join.outcome() instanceof Outcome.Done<Incarnation> done) {
      world.checkers().joined(host, done.value());
      // An answer may come twice, and that to an earlier question after that to a later one.
      if (joinedAs == null || done.value().compareTo(joinedAs) > 0) {
        joinedAs = done.value();
        leaseValidUntil = Long.MIN_VALUE; // none before the first renewal
      }
    }
    if (event instanceof AgentEvent.RenewEnded renewed && renewed.outcome().isDone()) {
      long until = renewed.sentAt() + world.timings().leaseValidity().toNanos();
      leaseValidUntil = Math.max(leaseValidUntil, until);
      renewedAt = world.schedule().now();
    }
  }

  @Override
  Target targetOf(AgentEffect effect) {
    if (effect instanceof AgentEffect.PersistEpoch) {
      return Target.DISK;
    }
    if (effect instanceof AgentEffect.WatchdogCall) {
      return Target.WATCHDOG;
    }
    if (effect instanceof AgentEffect.LookAtFacts || effect instanceof AgentEffect.ProbeGuest) {
      return Target.FACTS;
    }
    return effect instanceof AgentEffect.Action
            || effect instanceof AgentEffect.ReadInventory
            || effect instanceof AgentEffect.MeasureLoads
        ? Target.HYPERVISOR
        : Target.STORE;
  }

  @Override
  boolean isUnknown(AgentEvent answer) {
    return (answer instanceof AgentEvent.JoinEnded e && e.outcome() instanceof Outcome.Unknown)
        || (answer instanceof AgentEvent.RenewEnded r && r.outcome() instanceof Outcome.Unknown)
        || (answer instanceof AgentEvent.IntentRead i && i.outcome() instanceof Outcome.Unknown)
        || (answer instanceof AgentEvent.ReportWritten w && w.outcome() instanceof Outcome.Unknown)
        || (answer instanceof AgentEvent.ActionEnded a && a.outcome() instanceof Outcome.Unknown);
  }

  @Override
  Optional<HaEvent> published(AgentEffect effect) {
    return effect instanceof AgentEffect.Publish publish
        ? Optional.of(publish.event())
        : Optional.empty();
  }

  @Override
  void beforePerform(AgentEffect effect, Fate fate) {
    if (effect instanceof AgentEffect.Action action) {
      world.checkers().actedOn(action.workload(), host);
    }
    if (effect instanceof AgentEffect.ReleaseWatchdog) {
      world.checkers().watchdogReleased(host);
    }
  }

  @Override
  long begin(AgentEffect effect) {
    return effect instanceof AgentEffect.Migrate migrate
            && clock.now() < migrate.notAfter()
            && machine.migratesLive(migrate.workload())
            && machine.hypervisor.beginMigration(migrate.workload(), migrate.target())
        ? world.dice().migrationTime(migrate.timeout().toNanos())
        : 0;
  }

  @Override
  Optional<AgentEffect> stillUnderWay(AgentEffect effect) {
    return effect instanceof AgentEffect.Migrate m
        ? world
            .physical()
            .migratingTo(m.workload(), host)
            .filter(m.target()::equals)
            .map(
                to ->
                    new AgentEffect.Migrate(m.op(), m.workload(), to, m.timeout(), Long.MAX_VALUE))
        : Optional.of(effect);
  }

  @Override
  void endUnattended(AgentEffect effect) {
    if (effect instanceof AgentEffect.Migrate migrate) {
      world.physical().completeMigration(migrate.workload());
    }
  }

  /**
   * Nothing is started without a lease. Starts that are issued together are issued in the order of
   * their priorities.
   */
  @Override
  void check(List<AgentEffect> issued) {
    world.handsOff().decided(this, host, issued);
    startsAtOnce.issued(issued).ifPresent(world::violated);
    Priority last = new Priority(Integer.MAX_VALUE);
    for (AgentEffect effect : issued) {
      if (effect instanceof AgentEffect.Start start) {
        if (clock.now() >= leaseValidUntil) {
          world.violated(start + " was issued without a lease");
        }
        Priority priority = world.platform().priorityOf(start.workload());
        if (priority.compareTo(last) > 0) {
          world.violated(start + " was issued after a start of lower priority " + last);
        }
        last = priority;
        world.platform().conditionsOf(start.workload()).stream()
            .filter(name -> failing.getOrDefault(name, 0) > SURELY)
            .forEach(name -> world.violated(start + " was issued, and " + name + " does not hold"));
      }
    }
  }

  private final class IntentFeed implements ChangeListener {
    @Override
    public void onDirty(Key key) {
      feed(Source.STORE, AgentEvent.IntentDirtied::new);
    }

    @Override
    public void onResync() {
      feed(Source.STORE, AgentEvent.IntentDirtied::new);
    }
  }
}
