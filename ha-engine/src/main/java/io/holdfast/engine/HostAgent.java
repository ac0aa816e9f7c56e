package io.holdfast.engine;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HaListener;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Timings;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.Subscription;
import io.holdfast.engine.agent.AgentConfig;
import io.holdfast.engine.agent.AgentCore;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.effect.AgentEffects;
import io.holdfast.engine.effect.EpochFile;
import io.holdfast.engine.effect.Records;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent of one host: keeps the host's lease, runs what the controller's intent says, restarts
 * in place what crashes, and reports.
 *
 * <p>Safe for use by several threads. {@link #close} leaves the cluster and leaves workloads alone;
 * a host whose agent stays away is silent, and is fenced for it if workloads depend on it. The
 * agent closes none of the SPIs it was given.
 */
public final class HostAgent implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HostAgent.class);

  private final Builder settings;
  private final HostId host;
  private final Membership membership;
  private final StateStore store;
  private final EpochFile journal;
  private final AgentEffects effects;
  private final AgentCore core;
  private final Threads threads;
  private final CoreLoop<AgentEvent, AgentEffect> loop;
  private final List<Subscription> subscriptions = new ArrayList<>();
  private boolean started;
  private boolean closed;

  private HostAgent(
      Builder settings, HostId host, Membership membership, StateStore store, EpochFile journal) {
    this.settings = settings;
    this.host = host;
    this.membership = membership;
    this.store = store;
    this.journal = journal;
    effects =
        new AgentEffects(
            host,
            membership,
            new Records(store, settings.timings.storeTimeout()),
            settings.hypervisors,
            journal,
            settings.timings,
            settings.clock);
    core = new AgentCore(new AgentConfig(host, settings.timings, journal.highest()));
    String name = "holdfast-agent-" + host;
    threads = new Threads(name, settings.executor, settings.listeners);
    loop =
        new CoreLoop<>(
            name,
            new CoreLoop.Core<>() {
              @Override
              public List<AgentEffect> step(AgentEvent event) {
                return core.step(event);
              }

              @Override
              public long nextWakeup() {
                return core.nextWakeup();
              }

              @Override
              public AgentEvent tick(long now) {
                return new AgentEvent.Ticked(now);
              }
            },
            settings.clock,
            this::carryOut,
            this::broken);
  }

  /** A builder with default timings and the system's clocks. */
  public static Builder builder() {
    return new Builder();
  }

  /** Joins the cluster and begins to follow the controller. */
  public synchronized void start() {
    if (started || closed) {
      throw new IllegalStateException(closed ? "closed" : "started already");
    }
    started = true;
    loop.start();
    subscriptions.add(
        membership.subscribeToConnection(
            connection -> loop.post(now -> new AgentEvent.ConnectionChanged(now, connection))));
    subscriptions.add(store.watch(Table.INTENT, Optional.of(host.value()), new IntentFeed()));
    for (Hypervisor hypervisor : settings.hypervisors.values()) {
      subscriptions.add(
          hypervisor.subscribe(
              event -> loop.post(now -> new AgentEvent.HypervisorSaid(now, event))));
    }
    loop.post(now -> new AgentEvent.ConnectionChanged(now, Membership.Connection.CONNECTED));
  }

  /** The present incarnation of this host, empty while it is not joined. */
  public Optional<Incarnation> incarnation() {
    synchronized (this) {
      if (!started || closed) {
        return Optional.empty();
      }
    }
    try {
      return loop.ask(core::incarnation).get(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the agent does not decide any more", e);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    if (started) {
      subscriptions.forEach(Subscription::close);
      loop.post(AgentEvent.CloseRequested::new);
      loop.stop();
      threads.queues.drainAll(settings.timings.storeTimeout().multipliedBy(3));
    }
    threads.shutdown();
    try {
      journal.close();
    } catch (IOException e) {
      log.warn("the state directory's lock could not be released", e);
    }
  }

  private void carryOut(List<AgentEffect> wanted, long tookNanos) {
    Instant at = settings.wallClock.instant();
    for (AgentEffect effect : wanted) {
      if (effect instanceof AgentEffect.Publish publish) {
        threads.publish(at, publish.event());
      } else {
        submit(effect);
      }
    }
  }

  private void submit(AgentEffect effect) {
    threads.queues.submit(
        AgentEffects.queueOf(effect),
        effects.timeoutOf(effect),
        () -> {
          var answer = effects.perform(effect);
          return () -> answer.ifPresent(loop::post);
        },
        why -> effects.givenUp(effect, why).ifPresent(loop::post));
  }

  private void broken(Throwable e) {
    threads.publish(
        settings.wallClock.instant(),
        new HaEvent.Alarm(host.value(), "the agent stops deciding, a broken invariant: " + e));
  }

  private final class IntentFeed implements StateStore.ChangeListener {
    @Override
    public void onDirty(Key key) {
      loop.post(AgentEvent.IntentDirtied::new);
    }

    @Override
    public void onResync() {
      loop.post(AgentEvent.IntentDirtied::new);
    }
  }

  /** What an agent is made of. Not safe for use by several threads. */
  public static final class Builder {
    private Optional<HostId> host = Optional.empty();
    private Optional<Membership> membership = Optional.empty();
    private Optional<StateStore> store = Optional.empty();
    private Optional<Path> stateDirectory = Optional.empty();
    private Timings timings = Timings.DEFAULT;
    private final SortedMap<String, Hypervisor> hypervisors = new TreeMap<>();
    private final List<HaListener> listeners = new ArrayList<>();
    private Optional<Executor> executor = Optional.empty();
    private LongSupplier clock = System::nanoTime;
    private InstantSource wallClock = InstantSource.system();

    private Builder() {}

    /** The host this agent stands for. */
    public Builder host(HostId value) {
      host = Optional.of(value);
      return this;
    }

    public Builder membership(Membership value) {
      membership = Optional.of(value);
      return this;
    }

    public Builder store(StateStore value) {
      store = Optional.of(value);
      return this;
    }

    /**
     * Where the highest epoch is kept; on the host's own disk, so that a controller deposed long
     * ago is refused after a reboot too. Locked while the agent exists.
     */
    public Builder stateDirectory(Path value) {
      stateDirectory = Optional.of(value);
      return this;
    }

    /** Runs the workloads of its kinds here; one hypervisor per kind. */
    public Builder hypervisor(Hypervisor value) {
      for (String kind : value.kinds()) {
        if (hypervisors.put(kind, value) != null) {
          throw new InvalidConfigException(
              "agent.hypervisor", "two for kind " + kind, "one hypervisor per kind");
        }
      }
      return this;
    }

    /** The same for all engines and agents of a cluster. */
    public Builder timings(Timings value) {
      timings = value;
      return this;
    }

    public Builder listener(HaListener listener) {
      listeners.add(listener);
      return this;
    }

    /** Runs blocking calls; must not run them on the calling thread. Default: own threads. */
    public Builder executor(Executor value) {
      executor = Optional.of(value);
      return this;
    }

    /**
     * Replaces the clocks.
     *
     * @param monotonicNanos never goes back
     * @param wall for the times that listeners are told
     */
    public Builder clock(LongSupplier monotonicNanos, InstantSource wall) {
      clock = monotonicNanos;
      wallClock = wall;
      return this;
    }

    /**
     * Makes the agent; it does nothing before {@link HostAgent#start}.
     *
     * @throws InvalidConfigException naming what is missing or not allowed
     * @throws IOException if the state directory cannot be used
     */
    public HostAgent build() throws IOException {
      HostId id = host.orElseThrow(() -> missing("agent.host", "the host's name"));
      Membership members =
          membership.orElseThrow(() -> missing("agent.membership", "a Membership"));
      StateStore records = store.orElseThrow(() -> missing("agent.store", "a StateStore"));
      Path directory =
          stateDirectory.orElseThrow(() -> missing("agent.stateDirectory", "a directory"));
      if (hypervisors.isEmpty()) {
        throw missing("agent.hypervisor", "at least one Hypervisor");
      }
      return new HostAgent(this, id, members, records, new EpochFile(directory));
    }

    private static InvalidConfigException missing(String field, String allowed) {
      return new InvalidConfigException(field, "nothing", allowed);
    }
  }
}
