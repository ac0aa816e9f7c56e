package io.holdfast.engine;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterStatus;
import io.holdfast.api.Definition;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Explanation;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostUse;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.MaintenancePlan;
import io.holdfast.api.Names;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Rule;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.FenceTopology;
import io.holdfast.api.spi.HostCheck;
import io.holdfast.api.spi.HostPreference;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.TieBreaker;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerCore;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.core.FenceSettings;
import io.holdfast.engine.effect.ControllerEffects;
import io.holdfast.engine.effect.Operator;
import io.holdfast.engine.effect.Records;
import io.holdfast.engine.effect.Topologies;
import io.holdfast.engine.placement.RuleConflicts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongBiFunction;
import java.util.function.UnaryOperator;

/**
 * A controller candidate. One of the engines of a cluster leads: it watches the hosts, fences those
 * that are lost, and tells the agents what to run. All others stand by with everything they saw.
 *
 * <p>Safe for use by several threads. {@link #close} leaves workloads alone, and gives leadership
 * up so that another engine takes it at once. The engine closes neither the membership, nor the
 * store, nor the devices it was given.
 *
 * <p>An engine that finds an invariant of its own broken raises an {@link HaEvent.Alarm}, gives
 * leadership up and decides nothing any more, for good: {@link #status} throws from then on, the
 * methods that write to the store go on working, and {@link #close} is still due.
 */
public final class HaEngine implements AutoCloseable {
  private final Membership membership;
  private final StateStore store;
  private final Operator operator;
  private final ControllerConfig config;
  private final ControllerCore core;
  private final Optional<DecisionRecorder> recorder;
  private final CoreRunner<ControllerEvent, ControllerEffect> runner;

  private HaEngine(Builder builder, Membership membership, StateStore store) {
    Settings settings = builder.settings();
    this.membership = membership;
    this.store = store;
    String candidate = builder.candidate;
    Records records = new Records(store, settings.timings().storeTimeout());
    operator = new Operator(records);
    ControllerEffects effects =
        new ControllerEffects(
            candidate,
            membership,
            records,
            builder.devices(),
            builder.hostChecks,
            builder.tieBreaker,
            settings.timings(),
            settings.clock());
    config =
        new ControllerConfig(
            candidate,
            settings.timings(),
            builder.leaseTiming(),
            builder.fencing(),
            builder.hostChecks.stream().map(HostCheck::name).toList(),
            builder.tieBreaker.map(TieBreaker::name),
            builder.preference.map(HostPreference::name));
    core =
        new ControllerCore(
            config, builder.preference.<ToLongBiFunction<Workload, HostUse>>map(own -> own::cost));
    recorder =
        builder.decisions.map(sink -> new DecisionRecorder("holdfast-" + candidate, config, sink));
    Function<ControllerEvent, List<ControllerEffect>> step = core::step;
    runner =
        new CoreRunner<>(
            "holdfast-" + candidate,
            candidate,
            settings,
            new CoreLoop.Core<>(
                recorder.map(r -> r.recording(step)).orElse(step),
                core::nextWakeup,
                ControllerEvent.Ticked::new),
            new CoreRunner.Effects<>(
                HaEngine::published,
                ControllerEffects::queueOf,
                effects::timeoutOf,
                effects::perform,
                ControllerEffects::givenUp,
                HaEngine::timed,
                // Behind a campaign that is still under way, so that it cannot be won by nobody.
                List.of(new ControllerEffect.Resign())));
  }

  /**
   * How long it takes at most from the failure of this host to the start of its workloads
   * elsewhere, for each kind of evidence, by this engine's configuration. Computed at once, from no
   * state.
   *
   * @param policy of the cluster
   */
  public RecoveryBudget recoveryBudget(
      HostId host, ClusterPolicy policy, RecoveryBudget.Situation situation) {
    return RecoveryBudget.of(config, host, policy, situation);
  }

  /** A builder with default timings and the system's clocks. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Begins to stand by, and to lead if nobody does. Returns at once: {@link
   * HaEvent.ControllerElected} tells that it leads.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  public void start() {
    runner.start(
        subscriptions -> {
          subscriptions.add(membership.subscribe(new MembershipFeed()));
          for (Table table : ControllerEffects.FOLLOWED) {
            subscriptions.add(store.watch(table, Optional.empty(), new StoreFeed()));
          }
          runner.post(
              now -> new ControllerEvent.ConnectionChanged(now, Membership.Connection.CONNECTED));
        });
  }

  /**
   * What this engine knows now. Only the engine that leads knows hosts and workloads; of all
   * others, and before the start and after the close, the lists are empty, {@code leading} is false
   * and {@code reason} says why. Waits for the decision under way, which does no I/O: microseconds
   * as a rule, 10 seconds at most. Not to be called from a clock that was given to the builder.
   *
   * @throws IllegalStateException if there is no answer: an invariant is broken and the engine
   *     decides nothing any more, it is closed at this moment, 10 seconds have passed, or the
   *     calling thread was interrupted (which it still is then). The cause says which
   */
  public ClusterStatus status() {
    return runner
        .ask(core::status)
        .orElseGet(() -> ClusterStatus.notLeading(Optional.empty(), "not started yet, or closed"));
  }

  /**
   * Why this workload is as it is, what it waits for and what would change that. Waits as {@link
   * #status} does.
   *
   * @return empty if it is not protected, or if this engine does not lead
   * @throws IllegalStateException as {@link #status} does
   */
  public Optional<Explanation> explain(WorkloadId workload) {
    return runner.ask(() -> core.explain(workload)).flatMap(answer -> answer);
  }

  /**
   * Why this host is as it is. As {@link #explain(WorkloadId)}.
   *
   * @return empty if it is neither registered nor has ever joined, or if this engine does not lead
   * @throws IllegalStateException as {@link #status} does
   */
  public Optional<Explanation> explain(HostId host) {
    return runner.ask(() -> core.explain(host)).flatMap(answer -> answer);
  }

  /**
   * Registers a host, or replaces what is registered of it. Any engine of the cluster can, started
   * or not.
   *
   * <p>Like all methods that write: it blocks the caller for one call of the store, {@link
   * Timings#storeTimeout} at most, and throws nothing for what the store answers. The controller
   * hears of it a moment later.
   *
   * @return {@code Done} when it is stored; {@code Failed} with {@link Outcome.Cause#TOO_LARGE}
   *     when the record exceeds the store's limit; {@code Unknown} when it may have been stored:
   *     asking again does no harm
   */
  public Outcome<Ack> register(Host host) {
    return operator.register(host);
  }

  /**
   * Takes a host out of the cluster. It is given nothing new from then on, no share or majority
   * counts it, and a workload that may run anywhere does not wait for it: whoever takes it out
   * knows that nothing of that kind runs there. What is placed there stays there, and is started
   * elsewhere only with evidence, as before; use {@link #setMaintenance} first to empty it. It is
   * in the status until it is silent and nothing is placed there. Any engine can; blocks as {@link
   * #register} does.
   *
   * @return {@code Done} when it is not registered any more, also if it never was; {@code Unknown}
   *     when it may be registered still: asking again does no harm
   */
  public Outcome<Ack> unregister(HostId host) {
    return operator.unregister(host);
  }

  /**
   * Protects a workload, or replaces its policy and its definition, both at once or neither. Any
   * engine can; blocks and answers as {@link #register} does.
   *
   * <p>An {@link Workload.Origin#EXISTING} workload (the default) starts only when every registered
   * host has said that it does not run there, or is known to be off; a lost host that it waits for
   * is fenced.
   *
   * @return as for {@link #register}; {@code TOO_LARGE} may be due to the definition
   * @throws InvalidConfigException if the reason of its lock is not one line of 1 to 200 characters
   */
  public Outcome<Ack> protect(Workload workload, Definition definition) {
    return operator.protect(workload, definition);
  }

  /**
   * As {@link #protect(Workload, Definition)}, and asks at once for it to be placed on this host,
   * as {@link #move} does. Blocks for two calls of the store at most.
   *
   * @param first where it is started if that is possible, or moved to if it runs
   */
  public Outcome<Ack> protect(Workload workload, Definition definition, HostId first) {
    return operator.protect(workload, definition, first);
  }

  /**
   * Ends the protection of a workload. It is left as it is, running or not: whoever protects it
   * again says {@link Workload.Origin#EXISTING}, unless it was deleted meanwhile. Any engine can;
   * blocks as {@link #register} does.
   *
   * @return {@code Done} when it is not protected any more, also if it never was; {@code Unknown}
   *     when it may be protected still: asking again does no harm
   */
  public Outcome<Ack> unprotect(WorkloadId workload) {
    return operator.unprotect(workload);
  }

  /**
   * Changes what is wanted of a protected workload, and nothing else of it. Any engine can; blocks
   * for two calls of the store, twice {@link Timings#storeTimeout} at most.
   *
   * @return {@code Done} when it is stored; {@code Failed} with {@link Outcome.Cause#NOT_FOUND} if
   *     it is not protected, {@link Outcome.Cause#CONFLICT} if somebody else changed it at the same
   *     time, {@link Outcome.Cause#INVALID} if its record cannot be read; {@code Unknown} when it
   *     may have been stored: asking again does no harm
   */
  public Outcome<Ack> setDesired(WorkloadId workload, DesiredState desired) {
    return operator.updateWorkload(workload, w -> w.withDesired(desired));
  }

  /**
   * Locks a protected workload, or unlocks it: see {@link Workload#lock}. Answers as {@link
   * #setDesired} does.
   *
   * @throws InvalidConfigException if the reason is not one line of 1 to 200 characters
   */
  public Outcome<Ack> setLock(WorkloadId workload, Optional<String> reason) {
    return operator.setLock(workload, reason);
  }

  /**
   * Stops a protected workload, and wants it stopped from now on. Answers as {@link #setDesired}
   * does, after three calls of the store at most.
   *
   * @param timeout how long it is given to shut itself down this time; zero: it is destroyed at
   *     once
   */
  public Outcome<Ack> stop(WorkloadId workload, Duration timeout) {
    return operator.stop(workload, timeout);
  }

  /**
   * Asks for a workload to be moved to a host, live where its policy and hypervisor allow it; its
   * strict partners go along. One that is not running is only placed there: one that is to run is
   * started there, and one that has failed is tried there first when it is tried again. What is
   * asked for later replaces it.
   *
   * <p>The controller answers every request once. It does it; or it refuses it, with {@link
   * io.holdfast.api.HaEvent.MoveRefused} and the reason, which stays in the workload's status until
   * it is moved, another move is asked for, or another controller leads: when the target may not
   * take it, when it or a partner is locked or paused, when it is wanted {@link
   * DesiredState#IGNORED}, and, of one that has a host, while the cluster is disarmed. Or the
   * request waits, which the status says, and the explanation for what: for its host to be heard,
   * for what is being done with it to end, for a partner that is just being started, or for its
   * turn.
   *
   * <p>Answers as {@link #setDesired} does, after three calls of the store at most.
   */
  public Outcome<Ack> move(WorkloadId workload, HostId target) {
    return operator.request(workload, new WorkloadRequest.Action.Move(target));
  }

  /** As {@link #move}, but stopped on its present host and started on the target. */
  public Outcome<Ack> relocate(WorkloadId workload, HostId target) {
    return operator.request(workload, new WorkloadRequest.Action.Relocate(target));
  }

  /**
   * Forgets that a workload has failed, or that its user has shut it down, so that it is tried
   * again, and which hosts gave it up; one that runs goes on as it is. Answers as {@link
   * #setDesired} does, after three calls of the store at most.
   */
  public Outcome<Ack> cleanup(WorkloadId workload) {
    return operator.request(workload, new WorkloadRequest.Action.Cleanup());
  }

  /**
   * Wants a host empty, or not any more. While it is wanted so, what runs there is moved away,
   * nothing new is placed there, and the host counts as in {@link
   * io.holdfast.api.HostState#MAINTENANCE} while it is heard. Answers as {@link #register} does,
   * and with {@link Outcome.Cause#CONFLICT} if somebody else wrote at the same time.
   */
  public Outcome<Ack> setMaintenance(HostId host, boolean wanted) {
    return operator.setMaintenance(host, wanted);
  }

  /**
   * What {@link #setMaintenance} would do with this host now: what would go where and why, what
   * could not, and which way it would go back. Nothing is changed by the question. Waits as {@link
   * #status} does.
   *
   * @return empty if the host is neither registered nor has ever joined, or if this engine does not
   *     lead
   * @throws IllegalStateException as {@link #status} does
   */
  public Optional<MaintenancePlan> maintenancePlan(HostId host) {
    return runner.ask(() -> core.maintenancePlan(host)).flatMap(plan -> plan);
  }

  /**
   * The cluster as it is now, for the pure functions of {@link io.holdfast.engine.planning}. In it
   * are registered hosts and protected workloads, each where it runs or is about to come, in the
   * dimensions in which a host is limited; the weight of each is 1. Nothing is changed by the
   * question. Waits as {@link #status} does.
   *
   * @return empty if this engine does not lead
   * @throws InvalidConfigException if capacities or demands add up to more than the planner counts
   *     with, naming them
   * @throws IllegalStateException as {@link #status} does
   */
  public Optional<ClusterSnapshot> snapshot() {
    return runner.ask(core::snapshot).flatMap(answer -> answer).map(Supplier::get);
  }

  /**
   * A person's word that a host is down: evidence about this incarnation and every earlier one.
   * <b>A wrong word can make workloads run twice.</b> It counts once the host is lost, or fenced by
   * other means and silent since, which may be right away or later; never of a host that is heard,
   * nor of a later incarnation. So it also ends the wait for a host that is fenced and that has to
   * be read as off once more, because a live move to it was not settled. Answers as {@link
   * #setMaintenance} does.
   *
   * @param incarnation the incarnation that was seen down, from the host's status
   * @param who the person, for the record
   * @throws InvalidConfigException if {@code who} is not one line of 1 to 200 characters
   */
  public Outcome<Ack> confirmDown(HostId host, Incarnation incarnation, String who) {
    return operator.confirmDown(host, incarnation, who);
  }

  /** Sets what the cluster does where there is a choice. Answers as {@link #register} does. */
  public Outcome<Ack> setPolicy(ClusterPolicy policy) {
    return operator.setPolicy(policy);
  }

  /**
   * Changes the policy that is stored, or the default where none is, if nobody else does at the
   * same time. Answers as {@link #setMaintenance} does.
   *
   * @param change from the policy that is there to the one that shall be; called at most once, on
   *     the calling thread
   * @throws InvalidConfigException what it throws is passed on, and then nothing is written
   */
  public Outcome<Ack> updatePolicy(UnaryOperator<ClusterPolicy> change) {
    return operator.updatePolicy(change);
  }

  /**
   * What the cluster does where there is a choice, as it is stored: {@link ClusterPolicy#DEFAULT}
   * where nothing was set.
   *
   * <p>Like all methods that read the store: any engine of the cluster can, started or not; it
   * blocks the caller for one call of the store, {@link Timings#storeTimeout} at most, and throws
   * nothing for what the store answers.
   *
   * @return {@code Failed} with {@link Outcome.Cause#INVALID} if a record cannot be read, as when a
   *     later version wrote it; {@code Unknown} if the store did not answer
   */
  public Outcome<ClusterPolicy> policy() {
    return operator.policy();
  }

  /** The placement rules in force, in the order of their names. Answers as {@link #policy} does. */
  public Outcome<List<Rule>> rules() {
    return operator.rules();
  }

  /** The registered hosts, in the order of their names. Answers as {@link #policy} does. */
  public Outcome<List<Host>> hosts() {
    return operator.hosts();
  }

  /**
   * A protected workload as its owner wants it, and with what is wanted of it now. Answers as
   * {@link #policy} does, and with {@link Outcome.Cause#NOT_FOUND} if it is not protected.
   */
  public Outcome<Workload> workload(WorkloadId workload) {
    return operator.workload(workload);
  }

  /**
   * Disarms the cluster, or arms it again (empty); the rest of its policy stays. While it is
   * disarmed nothing is fenced, recovered, started, stopped or moved, by agents neither, and the
   * hosts' watchdogs are released. What is under way is ended first, each for a while; {@link
   * ClusterStatus#disarm} says what that is, and when work by hand may begin. Armed again, what was
   * moved by hand stays where it is found. Answers as {@link #setMaintenance} does.
   */
  public Outcome<Ack> setDisarmed(Optional<ClusterPolicy.DisarmMode> mode) {
    return operator.updatePolicy(policy -> policy.toBuilder().disarmed(mode).build());
  }

  /**
   * Adds a placement rule, or replaces the one of this name. Answers as {@link #register} does, and
   * {@code Failed} with {@link Outcome.Cause#INVALID}, naming the smallest set of rules that
   * contradict each other, if it could never hold together with those that are in force.
   */
  public Outcome<Ack> putRule(Rule rule) {
    return operator.putRule(rule);
  }

  /**
   * Rules that cannot hold now, such as one that spreads more workloads than there are hosts, the
   * worst first: each with the smallest set that is in conflict. Reads the store.
   */
  public Outcome<List<RuleConflicts.Conflict>> ruleConflicts() {
    return operator.ruleConflicts();
  }

  /** Removes a placement rule, if there is one of this name. Answers as {@link #register} does. */
  public Outcome<Ack> removeRule(String id) {
    return operator.removeRule(id);
  }

  /**
   * Stops deciding and gives leadership up. Workloads are left alone. Waits, one after another, for
   * the SPIs to end their feeds; for the decision under way, 10 seconds at most; for the calls
   * under way, three times {@link Timings#storeTimeout} at most; and for a listener that has not
   * returned, 5 seconds at most. What is not back by then goes on without being heard. A second
   * call does nothing. Throws nothing, also when a feed does; not to be called from a listener.
   */
  @Override
  public void close() {
    runner.close(ControllerEvent.CloseRequested::new);
    recorder.ifPresent(DecisionRecorder::close);
  }

  private static Optional<HaEvent> published(ControllerEffect effect) {
    return effect instanceof ControllerEffect.Publish publish
        ? Optional.of(publish.event())
        : Optional.empty();
  }

  private static Optional<HaEvent> timed(List<HaEvent> events, Duration took) {
    List<WorkloadId> starts = new ArrayList<>();
    for (HaEvent event : events) {
      if (event instanceof HaEvent.WorkloadStatusChanged changed
          && changed.to() == WorkloadStatus.STARTING
          && changed.from() != WorkloadStatus.STARTING) {
        starts.add(changed.workload());
      }
    }
    return starts.isEmpty()
        ? Optional.empty()
        : Optional.of(new HaEvent.DecisionTimed(starts, took));
  }

  private final class MembershipFeed implements Membership.Listener {
    @Override
    public void onLease(Membership.Lease lease) {
      runner.post(now -> new ControllerEvent.LeaseSeen(now, lease));
    }

    @Override
    public void onControllerChanged() {
      runner.post(ControllerEvent.PlaceChanged::new);
    }

    @Override
    public void onConnection(Membership.Connection connection) {
      runner.post(now -> new ControllerEvent.ConnectionChanged(now, connection));
    }
  }

  private final class StoreFeed implements StateStore.ChangeListener {
    @Override
    public void onDirty(Key key) {
      runner.post(now -> new ControllerEvent.Dirtied(now, key));
    }

    @Override
    public void onResync() {
      runner.post(ControllerEvent.ResyncNeeded::new);
    }
  }

  /** What an engine is made of. Not safe for use by several threads. */
  public static final class Builder extends CommonBuilder<Builder> {
    private static final Duration ONE_DAY = Duration.ofHours(24);
    private String candidate = "";
    private final SortedMap<HostId, FenceTopology> topologies = new TreeMap<>();
    private final List<HostCheck> hostChecks = new ArrayList<>();
    private Optional<TieBreaker> tieBreaker = Optional.empty();
    private Optional<HostPreference> preference = Optional.empty();
    private Duration testInterval = FenceSettings.TEST_INTERVAL;
    private Duration raceDelay = Duration.ZERO;
    private Optional<Consumer<String>> decisions = Optional.empty();

    private Builder() {
      super("engine");
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Names this engine. Required; no default.
     *
     * @param name unique among the engines of the cluster, 1 to 64 letters, digits, '.', '_' or
     *     '-', the first a letter or digit; where the engine lives on one of the cluster's hosts,
     *     that host's name, so that others take over when the host falls silent
     */
    public Builder candidate(String name) {
      candidate = name;
      return this;
    }

    /**
     * The devices that can cut this host's power, in the order in which they are tried, with names
     * that differ. Replaces what was given for the host before. Default: none, and then a lost host
     * gives no evidence and its workloads stay down. The same for all engines of a cluster.
     */
    public Builder fenceDevices(HostId host, List<FenceDevice> inOrder) {
      return fenceTopology(host, FenceTopology.inOrder(inOrder));
    }

    /**
     * As {@link #fenceDevices}, for a host with several levels of devices: those of one level are
     * asked at the same time and must all confirm, and the next level follows when one does not.
     * Replaces what was given for the host before.
     */
    public Builder fenceTopology(HostId host, FenceTopology topology) {
      topologies.put(host, topology);
      return this;
    }

    /**
     * Writes down everything that this engine's core is told and a fingerprint of what it decides:
     * {@link DecisionReplay} runs it again, on any machine, and proves that the same is decided.
     * With a {@link #hostPreference} it can only be run with the same one. Default: none.
     *
     * <p>It holds names of hosts and workloads, policies and what drivers answer, but no definition
     * of a workload. It can only be replayed from its first line on, so whoever bounds it keeps the
     * beginning; a new engine begins a new log.
     *
     * @param sink takes each line, without its line break, in order on a thread of the engine's
     *     own; it may block, and when 10,000 steps wait for it, or it throws, the log ends. {@link
     *     HaEngine#close} waits 5 seconds for it at most
     */
    public Builder decisionLog(Consumer<String> sink) {
      decisions = Optional.of(sink);
      return this;
    }

    /**
     * Adds another channel on which a silent host is asked whether it is alive; may be called
     * several times. Default: none, and then a silent host is lost after the tolerated silence. One
     * that is alive on any channel is {@link io.holdfast.api.HostState#ISOLATED} and left running
     * for {@link ClusterPolicy#isolationLimit}; one that is silent on all of them is lost sooner.
     * The same for all engines of a cluster; used by several threads, and never closed here.
     *
     * @throws InvalidConfigException if its name is not allowed, or was given before
     */
    public Builder hostCheck(HostCheck check) {
      Names.check("engine.hostCheck", check.name());
      if (hostChecks.stream().anyMatch(before -> before.name().equals(check.name()))) {
        throw new InvalidConfigException(
            "engine.hostCheck", "two of the name " + check.name(), "names that differ");
      }
      hostChecks.add(check);
      return this;
    }

    /**
     * What has to be on this engine's side before it has a host fenced, where {@link
     * ClusterPolicy#quorum} says so. Default: none, and then nobody is fenced under that policy.
     * Every engine of a cluster has its own. Used by one thread at a time; never closed here.
     *
     * @throws InvalidConfigException if its name is not allowed
     */
    public Builder tieBreaker(TieBreaker value) {
      Names.check("engine.tieBreaker", value.name());
      tieBreaker = Optional.of(value);
      return this;
    }

    /**
     * Compares hosts for a workload, where {@link ClusterPolicy#placement} would, and replaces what
     * was given before. Default: none. The same for all engines of a cluster: it is not in the
     * store, so that what another one prefers counts as soon as its engine leads. Called by the
     * thread that decides.
     *
     * @throws InvalidConfigException if its name is not allowed
     */
    public Builder hostPreference(HostPreference value) {
      Names.check("engine.hostPreference", value.name());
      preference = Optional.of(value);
      return this;
    }

    /**
     * How often each fence device is asked for the power state, to find out before it is needed
     * that it would not work: {@link HaEvent.FenceDeviceTested} tells. Default: 10 minutes.
     *
     * @param interval 1 second to 24 hours
     */
    public Builder fenceDeviceTests(Duration interval) {
      testInterval = within("fenceDeviceTests", interval, Duration.ofSeconds(1), ONE_DAY);
      return this;
    }

    /**
     * In a cluster of two hosts: how long the one with the more important workloads is spared when
     * it is lost, so that of two that accuse each other at the same time it survives. Default: not
     * at all.
     *
     * @param delay 0 to 24 hours
     */
    public Builder fenceRaceDelay(Duration delay) {
      raceDelay = within("fenceRaceDelay", delay, Duration.ZERO, ONE_DAY);
      return this;
    }

    private static Duration within(String field, Duration value, Duration least, Duration most) {
      if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
        throw new InvalidConfigException("engine." + field, value, least + " to " + most);
      }
      return value;
    }

    private SortedMap<HostId, List<FenceDevice>> devices() {
      SortedMap<HostId, List<FenceDevice>> devices = new TreeMap<>();
      topologies.forEach((host, topology) -> devices.put(host, topology.devices()));
      return devices;
    }

    private FenceSettings fencing() {
      return Topologies.settings(topologies, settings().timings(), testInterval, raceDelay);
    }

    /**
     * Makes the engine; it does nothing before {@link HaEngine#start}. Later changes of this
     * builder do not reach it.
     *
     * @throws InvalidConfigException naming what is missing or not allowed
     */
    public HaEngine build() {
      requireConsistent();
      StateStore guarded = requireStore();
      if (!guarded.guardsEpoch()) {
        throw new InvalidConfigException(
            "engine.store",
            "a store that does not check the epoch with its writes",
            "one whose guardsEpoch() is true");
      }
      return new HaEngine(this, requireMembership(), guarded);
    }
  }
}
