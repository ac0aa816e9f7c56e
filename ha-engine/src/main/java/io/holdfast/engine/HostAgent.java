package io.holdfast.engine;

import io.holdfast.api.Departure;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Names;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.GuestProbe;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.Watchdog;
import io.holdfast.engine.agent.AgentConfig;
import io.holdfast.engine.agent.AgentCore;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.effect.AgentEffects;
import io.holdfast.engine.effect.BootMark;
import io.holdfast.engine.effect.EpochFile;
import io.holdfast.engine.effect.Records;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent of one host: keeps the host's lease, runs what the controller's intent says, restarts
 * in place what crashes, and reports.
 *
 * <p>Safe for use by several threads. {@link #close} leaves the cluster and leaves workloads alone;
 * a host whose agent stays away is silent, and is fenced for it if workloads depend on it. The
 * agent closes none of the SPIs it was given.
 *
 * <p>An agent that finds an invariant of its own broken raises an {@link HaEvent.Alarm} and decides
 * nothing any more, for good: workloads stay as they are, the lease runs out, {@link #incarnation}
 * throws from then on, and {@link #close} is still due.
 */
public final class HostAgent implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HostAgent.class);

  private final HostId host;
  private final Membership membership;
  private final StateStore store;
  private final List<Hypervisor> hypervisors;
  private final EpochFile journal;
  private final AgentCore core;
  private final CoreRunner<AgentEvent, AgentEffect> runner;

  /** What whoever announced a departure waits for. */
  private CompletableFuture<Outcome<Ack>> ready = new CompletableFuture<>();

  private HostAgent(
      Builder builder,
      HostId host,
      Membership membership,
      StateStore store,
      EpochFile journal,
      boolean again) {
    Settings settings = builder.settings();
    this.host = host;
    this.membership = membership;
    this.store = store;
    this.journal = journal;
    hypervisors = AgentEffects.distinct(builder.hypervisors);
    AgentEffects effects =
        new AgentEffects(
            host,
            membership,
            new Records(store, settings.timings().storeTimeout()),
            builder.hypervisors,
            builder.watchdog,
            builder.facts,
            builder.probes,
            journal,
            settings.timings(),
            settings.clock());
    core =
        new AgentCore(
            new AgentConfig(
                host,
                settings.timings(),
                builder
                    .watchdog
                    .flatMap(w -> builder.leaseTiming())
                    .map(LeaseTiming::watchdogPeriod),
                journal.highest(),
                builder.facts.stream().map(HostFacts::name).toList(),
                builder.probedKinds(),
                AgentEffects.measureLoad(builder.hypervisors),
                again));
    runner =
        new CoreRunner<>(
            "holdfast-agent-" + host,
            host.value(),
            settings,
            new CoreLoop.Core<>(core::step, core::nextWakeup, AgentEvent.Ticked::new),
            new CoreRunner.Effects<>(
                this::published,
                AgentEffects::queueOf,
                effects::timeoutOf,
                effects::perform,
                effects::givenUp,
                (events, took) -> Optional.empty(),
                List.of()));
  }

  /** A builder with default timings and the system's clocks. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Joins the cluster and begins to follow the controller. Returns at once: {@link
   * HaEvent.HostJoined} tells that it has joined, and it goes on trying until it has.
   *
   * @throws IllegalStateException if it was started or closed before
   */
  public void start() {
    runner.start(
        subscriptions -> {
          subscriptions.add(
              membership.subscribeToConnection(
                  connection ->
                      runner.post(now -> new AgentEvent.ConnectionChanged(now, connection))));
          subscriptions.add(store.watch(Table.INTENT, Optional.of(host.value()), new IntentFeed()));
          for (Hypervisor hypervisor : hypervisors) {
            subscriptions.add(
                hypervisor.subscribe(
                    event -> runner.post(now -> new AgentEvent.HypervisorSaid(now, event))));
          }
          runner.post(
              now -> new AgentEvent.ConnectionChanged(now, Membership.Connection.CONNECTED));
        });
  }

  /**
   * The present incarnation of this host; empty while it is not joined, before the start and after
   * the close. Waits for the decision under way, which does no I/O: microseconds as a rule, 10
   * seconds at most.
   *
   * @throws IllegalStateException if there is no answer: an invariant is broken and the agent
   *     decides nothing any more, it is closed at this moment, 10 seconds have passed, or the
   *     calling thread was interrupted (which it still is then). The cause says which
   */
  public Optional<Incarnation> incarnation() {
    return runner.ask(core::incarnation).flatMap(incarnation -> incarnation);
  }

  /**
   * Says that this host, or only its agent, is about to be away as planned, and waits until it may
   * go: for the hook that an operating system calls before it stops services. What becomes of the
   * workloads is the cluster's {@link io.holdfast.api.ClusterPolicy.ShutdownPolicy}; they are moved
   * away first, or ended here in an orderly way by this agent, also while no controller answers.
   * When it may go, the watchdog is disarmed. Then {@link #close} the agent: an announced departure
   * cannot be called off, and this agent starts nothing any more; another one that is made after it
   * takes everything up again.
   *
   * <p>While the policy is to move workloads away, that is tried until what is left of the patience
   * is what an orderly stop of what is still there may take: its largest {@link
   * io.holdfast.api.WorkloadPolicy#stopTimeout}, and half a minute and a little to end it by force
   * and to say so. Then it is ended here and started elsewhere. A migration that is under way by
   * then is not broken off.
   *
   * @param patience how long this host waits at most before it goes, more than zero: this call
   *     waits no longer. Given anew with each call
   * @return {@code Done} when it may go; {@code Failed} when it may as well go, but something could
   *     not be ended (then the watchdog stays armed, and resets the host), or the cluster could not
   *     be told; {@code Unknown} when the patience has run out, or the agent is not started or is
   *     closed
   * @throws InterruptedException if the calling thread was interrupted; the departure is announced
   * @throws InvalidConfigException if the patience is not more than zero
   */
  public Outcome<Ack> announce(Departure departure, Duration patience) throws InterruptedException {
    if (patience.isNegative() || patience.isZero()) {
      throw new InvalidConfigException("agent.patience", patience, "more than zero");
    }
    if (runner.ask(core::incarnation).isEmpty()) {
      return Outcome.unknown("the agent is not started, or closed");
    }
    Future<Outcome<Ack>> answer = awaitReady();
    try {
      runner.post(now -> new AgentEvent.DepartureAnnounced(now, departure, patience));
      return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return Outcome.unknown("not ready within " + patience);
    } catch (ExecutionException e) {
      throw new IllegalStateException("is never completed with an exception", e);
    }
  }

  private synchronized Future<Outcome<Ack>> awaitReady() {
    if (ready.isDone()) {
      ready = new CompletableFuture<>();
    }
    return ready;
  }

  private synchronized void isReady(Outcome<Ack> outcome) {
    ready.complete(outcome);
  }

  private static Outcome<Ack> answerOf(HaEvent.DepartureReady event) {
    return event
        .trouble()
        .<Outcome<Ack>>map(why -> Outcome.failed(Outcome.Cause.ERROR, why))
        .orElseGet(Outcome::ok);
  }

  /**
   * Leaves the cluster and unlocks the state directory. Workloads are left alone. Waits, one after
   * another, for the SPIs to end their feeds; for the decision under way, 10 seconds at most; for
   * the calls under way, three times {@link io.holdfast.api.Timings#storeTimeout} at most; and for
   * a listener that has not returned, 5 seconds at most. What is not back by then goes on without
   * being heard. A second call does nothing. Throws nothing, also when a feed does; not to be
   * called from a listener.
   */
  @Override
  public void close() {
    if (!runner.close(AgentEvent.CloseRequested::new)) {
      return;
    }
    isReady(Outcome.unknown("the agent is closed"));
    try {
      journal.close();
    } catch (IOException e) {
      log.warn("the state directory's lock could not be released", e);
    }
  }

  private Optional<HaEvent> published(AgentEffect effect) {
    if (effect instanceof AgentEffect.Publish publish
        && publish.event() instanceof HaEvent.DepartureReady event) {
      isReady(answerOf(event));
    }
    return effect instanceof AgentEffect.Publish publish
        ? Optional.of(publish.event())
        : Optional.empty();
  }

  private final class IntentFeed implements StateStore.ChangeListener {
    @Override
    public void onDirty(Key key) {
      runner.post(AgentEvent.IntentDirtied::new);
    }

    @Override
    public void onResync() {
      runner.post(AgentEvent.IntentDirtied::new);
    }
  }

  /** What an agent is made of. Not safe for use by several threads. */
  public static final class Builder extends CommonBuilder<Builder> {
    private Optional<HostId> host = Optional.empty();
    private Optional<Path> stateDirectory = Optional.empty();
    private final SortedMap<String, Hypervisor> hypervisors = new TreeMap<>();
    private Optional<Watchdog> watchdog = Optional.empty();
    private final List<HostFacts> facts = new ArrayList<>();
    private final List<GuestProbe> probes = new ArrayList<>();

    private Builder() {
      super("agent");
    }

    @Override
    Builder self() {
      return this;
    }

    /** The host this agent stands for, by the name it is registered with. Required; no default. */
    public Builder host(HostId value) {
      host = Optional.of(value);
      return this;
    }

    /**
     * Where the highest epoch is kept; on the host's own disk, so that a controller deposed long
     * ago is refused after a reboot too. Required; no default. Made if it is missing, and locked
     * while the agent exists: one directory for each agent. When it cannot be written later on, the
     * agent follows no new controller, says why in its report and in {@link HaEvent.IntentRefused},
     * and tries again.
     */
    public Builder stateDirectory(Path value) {
      stateDirectory = Optional.of(value);
      return this;
    }

    /**
     * Adds a hypervisor, which runs the workloads of its kinds here. At least one is required; no
     * default. It is used by several threads and never closed here.
     *
     * @throws InvalidConfigException if one was given for one of its kinds; that one stays
     */
    public Builder hypervisor(Hypervisor value) {
      for (String kind : value.kinds()) {
        if (hypervisors.containsKey(kind)) {
          throw new InvalidConfigException(
              "agent.hypervisor", "two for kind " + kind, "one hypervisor per kind");
        }
      }
      value.kinds().forEach(kind -> hypervisors.put(kind, value));
      return this;
    }

    /**
     * This host's watchdog. Default: none. Needs {@link #leaseTiming}, which says with what period
     * it is armed. It is armed before anything is started here, and fed only while the host's lease
     * is valid: an agent that is stopped, killed or cut off from the coordination service for
     * longer than that has its host reset, and so has one that is closed while workloads are placed
     * here. Used by one thread at a time; never closed here.
     */
    public Builder watchdog(Watchdog value) {
      watchdog = Optional.of(value);
      return this;
    }

    /**
     * Adds something that can tell of this host's conditions, such as a heartbeat on its storage;
     * may be called several times. Default: none, and then no condition is known here. Used by one
     * thread at a time; never closed here.
     *
     * @throws InvalidConfigException if its name, or one of its conditions, is not allowed or was
     *     given before
     */
    public Builder facts(HostFacts value) {
      Names.check("agent.facts", value.name());
      for (String condition : value.conditions()) {
        Names.checkCondition("agent.facts." + value.name(), condition);
      }
      for (HostFacts before : facts) {
        boolean shared = before.conditions().stream().anyMatch(value.conditions()::contains);
        if (shared || before.name().equals(value.name())) {
          throw new InvalidConfigException(
              "agent.facts",
              before.name() + " and " + value.name(),
              "names that differ, and conditions of which each is told by one");
        }
      }
      facts.add(value);
      return this;
    }

    /**
     * Adds something that asks the workloads of its kinds whether they serve, where their policies
     * say how. Default: none, and then what runs is ready. Used by several threads; never closed
     * here.
     *
     * @throws InvalidConfigException if one was given for one of its kinds; that one stays
     */
    public Builder guestProbe(GuestProbe value) {
      for (String kind : value.kinds()) {
        if (probedKinds().contains(kind)) {
          throw new InvalidConfigException(
              "agent.guestProbe", "two for kind " + kind, "one probe per kind");
        }
      }
      probes.add(value);
      return this;
    }

    private SortedSet<String> probedKinds() {
      SortedSet<String> kinds = new TreeSet<>();
      probes.forEach(probe -> kinds.addAll(probe.kinds()));
      return kinds;
    }

    /**
     * Makes the agent; it does nothing before {@link HostAgent#start}. Later changes of this
     * builder do not reach it. Locks the state directory: {@link HostAgent#close} is due even
     * without a start.
     *
     * @throws InvalidConfigException naming what is missing or not allowed; also if another agent
     *     holds the state directory
     * @throws IOException if the state directory cannot be used
     */
    public HostAgent build() throws IOException {
      requireConsistent();
      HostId id = host.orElseThrow(() -> missing("host", "the host's name"));
      Membership members = requireMembership();
      StateStore records = requireStore();
      Path directory = stateDirectory.orElseThrow(() -> missing("stateDirectory", "a directory"));
      if (hypervisors.isEmpty()) {
        throw missing("hypervisor", "at least one Hypervisor");
      }
      if (watchdog.isPresent() && leaseTiming().isEmpty()) {
        throw missing("leaseTiming", "one, because there is a watchdog to be armed");
      }
      EpochFile journal = new EpochFile(directory);
      boolean again = true;
      try {
        again = BootMark.isAgain(directory, BootMark.ofThisBoot(), journal.highest());
      } catch (IOException e) {
        journal.close();
        throw e;
      }
      return new HostAgent(this, id, members, records, journal, again);
    }
  }
}
