package io.holdfast.engine.sim;

import io.holdfast.api.ClusterStatus;
import io.holdfast.api.Fact;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostUse;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.HostCheck;
import io.holdfast.api.spi.HostPreference;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore.ChangeListener;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerCore;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.decision.DecisionLog;
import io.holdfast.engine.effect.ControllerEffects;
import io.holdfast.engine.sim.SimCall.Fate;
import io.holdfast.engine.sim.SimCall.Target;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.LongFunction;
import java.util.function.ToLongBiFunction;

/** The process of one host's controller candidate, wired as {@code HaEngine} wires it. */
final class SimController extends SimProcess<ControllerEvent, ControllerEffect> {
  private final ControllerCore core;
  private final SimAnswers answers = new SimAnswers();
  private final SimForgetting forgetting = new SimForgetting();
  private final SimHardRules rules;
  private boolean connected;

  /** What its tie-breaker has told it last. */
  /** What it asked the tie-breaker last: answers to earlier questions come late, or again. */
  private Optional<OpId> tieAsked = Optional.empty();

  private Fact tieSaid = Fact.UNKNOWN;

  static SimController of(
      SimWorld world, HostId host, SimLink link, SortedMap<HostId, List<FenceDevice>> devices) {
    SimClock clock = world.dice().clock(world.schedule());
    Optional<HostPreference> preference = world.machine(host).preference;
    ControllerConfig config =
        new ControllerConfig(
            host.value(),
            world.timings(),
            world.config().lease(),
            world.fencing(),
            world.hostChecks().stream().map(HostCheck::name).toList(),
            Optional.of(world.machine(host).tieBreaker.name()),
            preference.map(HostPreference::name));
    ControllerCore core =
        new ControllerCore(
            config, preference.<ToLongBiFunction<Workload, HostUse>>map(own -> own::cost));
    ControllerEffects effects =
        new ControllerEffects(
            host.value(),
            link.connection().membership(),
            world.recordsOf(link.connection(), world.machine(host).controllerVersion),
            devices,
            world.hostChecks(),
            Optional.of(world.machine(host).tieBreaker),
            world.timings(),
            clock::now);
    return new SimController(
        world, host, link, clock, core, effects, world.decisionLog(host, config));
  }

  private SimController(
      SimWorld world,
      HostId host,
      SimLink link,
      SimClock clock,
      ControllerCore core,
      ControllerEffects effects,
      Optional<DecisionLog> decisions) {
    super(
        world,
        host,
        host + "/ctrl",
        link,
        clock,
        new SimCore<>(
            event -> logged(core, decisions, event),
            ControllerEvent.Ticked::new,
            core::nextWakeup,
            ControllerEffects::queueOf,
            effects::timeoutOf,
            effects::perform,
            ControllerEffects::givenUp));
    this.core = core;
    rules = new SimHardRules(id -> world.checkers().joins(id) <= 2);
  }

  private static List<ControllerEffect> logged(
      ControllerCore core, Optional<DecisionLog> decisions, ControllerEvent event) {
    List<ControllerEffect> effects = core.step(event);
    decisions.ifPresent(log -> log.took(event, effects));
    return effects;
  }

  void start() {
    subscriptions.add(link.connection().membership().subscribe(new MembershipFeed()));
    for (Table table : ControllerEffects.FOLLOWED) {
      subscriptions.add(
          link.connection().stateStore().watch(table, Optional.empty(), new StoreFeed()));
    }
    feed(
        Source.MEMBERSHIP,
        now -> new ControllerEvent.ConnectionChanged(now, Membership.Connection.CONNECTED));
  }

  boolean isLeading() {
    return core.isLeading();
  }

  ClusterStatus status() {
    return core.status();
  }

  private static LongFunction<ControllerEvent> seen(Lease lease) {
    return now -> new ControllerEvent.LeaseSeen(now, lease);
  }

  @Override
  void told(ControllerEvent event) {
    boolean news = answers.areNews(event);
    forgetting.told(event, news);
    rules.told(event, news, core.isLeading());
    if (event instanceof ControllerEvent.TieBroken tie && tieAsked.equals(Optional.of(tie.op()))) {
      tieSaid = tie.answer();
    }
    if (event instanceof ControllerEvent.ConnectionChanged changed) {
      connected = changed.connection() == Membership.Connection.CONNECTED;
    }
  }

  @Override
  Target targetOf(ControllerEffect effect) {
    return effect instanceof AskDevice ? Target.DEVICE : Target.STORE;
  }

  @Override
  boolean isUnknown(ControllerEvent answer) {
    return (answer instanceof ControllerEvent.CampaignEnded c
            && c.outcome() instanceof Outcome.Unknown)
        || (answer instanceof ControllerEvent.StateRead s && s.outcome() instanceof Outcome.Unknown)
        || (answer instanceof ControllerEvent.RecordRead r
            && r.outcome() instanceof Outcome.Unknown)
        || (answer instanceof ControllerEvent.CommitEnded e
            && e.outcome() instanceof Outcome.Unknown)
        || (answer instanceof ControllerEvent.LeasesRead a
            && a.outcome() instanceof Outcome.Unknown)
        || (answer instanceof ControllerEvent.LeaseChecked l
            && l.outcome() instanceof Outcome.Unknown)
        || (answer instanceof ControllerEvent.DeviceAnswered d
            && d.outcome() instanceof FenceOutcome.TimedOut);
  }

  @Override
  Optional<HaEvent> published(ControllerEffect effect) {
    return effect instanceof ControllerEffect.Publish publish
        ? Optional.of(publish.event())
        : Optional.empty();
  }

  @Override
  void beforePerform(ControllerEffect effect, Fate fate) {
    if (effect instanceof AskDevice ask
        && clock.now() < ask.notAfter()
        && ask.operation() == ControllerEffect.DeviceOperation.OFF) {
      world.checkers().powerOffSent(ask, fate == Fate.HUNG);
    }
    if (effect instanceof AskDevice ask && ask.operation() == ControllerEffect.DeviceOperation.ON) {
      world.checkers().powerOnSent(ask);
    }
  }

  @Override
  long begin(ControllerEffect effect) {
    return effect instanceof ControllerEffect.AskTieBreaker
        ? world.machine(host).tieBreaker.delay().toNanos()
        : 0;
  }

  @Override
  void check(List<ControllerEffect> issued) {
    // What a controller does is checked where it takes effect: at the store and at the devices. The
    // store's checker needs to know what it was told before.
    answers.issued(issued);
    List<WorkloadId> forgotten = forgetting.issued(issued);
    rules.issued(issued).forEach(world::violated);
    world.fenceGuards().issued(name(), issued);
    for (ControllerEffect effect : issued) {
      if (effect instanceof ControllerEffect.AskTieBreaker ask) {
        tieAsked = Optional.of(ask.op());
      }
      if (effect instanceof ControllerEffect.Commit commit) {
        world.storeChecker().mayBeForgotten(commit.epoch(), forgotten);
      }
      boolean off =
          effect instanceof AskDevice ask
              && ask.operation() == ControllerEffect.DeviceOperation.OFF;
      if (off && world.platform().needsTieBreaker() && tieSaid != Fact.HOLDS) {
        world.violated(name() + " fences, and the tie-breaker is not on its side: " + effect);
      }
      if (!connected && isAnAct(effect)) {
        world.violated(name() + " acts without the coordination service: " + effect);
      }
    }
  }

  /** What a controller that may be the one that is cut off does not begin. */
  private static boolean isAnAct(ControllerEffect effect) {
    return effect instanceof ControllerEffect.Commit
        || (effect instanceof AskDevice ask
            && ask.operation() == ControllerEffect.DeviceOperation.OFF);
  }

  private final class MembershipFeed implements Membership.Listener {
    @Override
    public void onLease(Lease lease) {
      feed(Source.MEMBERSHIP, seen(lease));
    }

    @Override
    public void onControllerChanged() {
      feed(Source.MEMBERSHIP, ControllerEvent.PlaceChanged::new);
    }

    @Override
    public void onConnection(Membership.Connection connection) {
      feed(Source.MEMBERSHIP, now -> new ControllerEvent.ConnectionChanged(now, connection));
    }
  }

  private final class StoreFeed implements ChangeListener {
    @Override
    public void onDirty(Key key) {
      feed(Source.STORE, now -> new ControllerEvent.Dirtied(now, key));
    }

    @Override
    public void onResync() {
      feed(Source.STORE, ControllerEvent.ResyncNeeded::new);
    }
  }
}
