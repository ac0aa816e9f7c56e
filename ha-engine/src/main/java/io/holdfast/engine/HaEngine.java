package io.holdfast.engine;

import io.holdfast.api.ClusterStatus;
import io.holdfast.api.Definition;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HaListener;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.FenceDevice;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.Subscription;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerCore;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.effect.ControllerEffects;
import io.holdfast.engine.effect.Records;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
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

/**
 * A controller candidate. One of the engines of a cluster leads: it watches the hosts, fences those
 * that are lost, and tells the agents what to run. All others stand by with everything they saw.
 *
 * <p>Safe for use by several threads. {@link #close} leaves workloads alone, and gives leadership
 * up so that another engine takes it at once. The engine closes neither the membership, nor the
 * store, nor the devices it was given.
 */
public final class HaEngine implements AutoCloseable {
  private static final Duration STATUS_PATIENCE = Duration.ofSeconds(10);

  private final Builder settings;
  private final Membership membership;
  private final StateStore store;
  private final Records records;
  private final ControllerEffects effects;
  private final ControllerCore core;
  private final Threads threads;
  private final CoreLoop<ControllerEvent, ControllerEffect> loop;
  private final List<Subscription> subscriptions = new ArrayList<>();
  private boolean started;
  private boolean closed;

  private HaEngine(Builder settings, Membership membership, StateStore store) {
    this.settings = settings;
    this.membership = membership;
    this.store = store;
    records = new Records(store, settings.timings.storeTimeout());
    effects =
        new ControllerEffects(
            settings.candidate,
            membership,
            records,
            settings.devices,
            settings.timings,
            settings.clock);
    core =
        new ControllerCore(
            new ControllerConfig(settings.candidate, settings.timings, namesOf(settings.devices)));
    String name = "holdfast-" + settings.candidate;
    threads = new Threads(name, settings.executor, settings.listeners);
    loop =
        new CoreLoop<>(
            name,
            new CoreLoop.Core<>() {
              @Override
              public List<ControllerEffect> step(ControllerEvent event) {
                return core.step(event);
              }

              @Override
              public long nextWakeup() {
                return core.nextWakeup();
              }

              @Override
              public ControllerEvent tick(long now) {
                return new ControllerEvent.Ticked(now);
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

  /** Begins to stand by, and to lead if nobody does. */
  public synchronized void start() {
    if (started || closed) {
      throw new IllegalStateException(closed ? "closed" : "started already");
    }
    started = true;
    loop.start();
    subscriptions.add(membership.subscribe(new MembershipFeed()));
    for (Table table : List.of(Table.HOST, Table.WORKLOAD, Table.REPORT)) {
      subscriptions.add(store.watch(table, Optional.empty(), new StoreFeed()));
    }
    loop.post(now -> new ControllerEvent.ConnectionChanged(now, Membership.Connection.CONNECTED));
  }

  /** What this engine knows now; only the controller knows hosts and workloads. */
  public ClusterStatus status() {
    synchronized (this) {
      if (!started || closed) {
        return new ClusterStatus(false, Epoch.NONE, List.of(), List.of());
      }
    }
    try {
      return loop.ask(core::status).get(STATUS_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the engine does not decide any more", e);
    }
  }

  /** Registers a host, or replaces what is registered of it. Any engine of the cluster can. */
  public Outcome<Ack> register(Host host) {
    return records.put(new StateRecord.HostConfig(host));
  }

  /** Protects a workload, or replaces its policy and its definition. Any engine can. */
  public Outcome<Ack> protect(Workload workload, Definition definition) {
    return records.put(
        new StateRecord.WorkloadDefinition(workload.id(), definition),
        new StateRecord.WorkloadConfig(workload));
  }

  /** Ends the protection of a workload. It is left as it is, running or not. Any engine can. */
  public Outcome<Ack> unprotect(WorkloadId workload) {
    return records.delete(
        new Key(Table.WORKLOAD, workload.toString()),
        new Key(Table.DEFINITION, workload.toString()));
  }

  /** Changes what is wanted of a protected workload. Any engine can. */
  public Outcome<Ack> setDesired(WorkloadId workload, DesiredState desired) {
    return records.updateWorkload(workload, w -> w.withDesired(desired));
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      if (!started) {
        threads.shutdown();
        return;
      }
    }
    subscriptions.forEach(Subscription::close);
    loop.post(ControllerEvent.CloseRequested::new);
    loop.stop();
    threads.queues.drainAll(settings.timings.storeTimeout().multipliedBy(3));
    threads.shutdown();
  }

  private void carryOut(List<ControllerEffect> wanted, long tookNanos) {
    Instant at = settings.wallClock.instant();
    List<WorkloadId> starts = new ArrayList<>();
    for (ControllerEffect effect : wanted) {
      if (effect instanceof ControllerEffect.Publish publish) {
        threads.publish(at, publish.event());
        if (publish.event() instanceof HaEvent.WorkloadStatusChanged changed
            && changed.to() == WorkloadStatus.STARTING
            && changed.from() != WorkloadStatus.STARTING) {
          starts.add(changed.workload());
        }
      } else {
        submit(effect);
      }
    }
    if (!starts.isEmpty()) {
      threads.publish(at, new HaEvent.DecisionTimed(starts, Duration.ofNanos(tookNanos)));
    }
  }

  private void submit(ControllerEffect effect) {
    threads.queues.submit(
        ControllerEffects.queueOf(effect),
        effects.timeoutOf(effect),
        () -> {
          var answer = effects.perform(effect);
          return () -> answer.ifPresent(loop::post);
        },
        why -> ControllerEffects.givenUp(effect, why).ifPresent(loop::post));
  }

  private void broken(Throwable e) {
    threads.publish(
        settings.wallClock.instant(),
        new HaEvent.Alarm(settings.candidate, "stops deciding, a broken invariant: " + e));
    // Behind a campaign that is still under way, so that it cannot be won by nobody.
    submit(new ControllerEffect.Resign());
  }

  private final class MembershipFeed implements Membership.Listener {
    @Override
    public void onLease(Membership.Lease lease) {
      loop.post(now -> new ControllerEvent.LeaseSeen(now, lease));
    }

    @Override
    public void onControllerChanged() {
      loop.post(ControllerEvent.PlaceChanged::new);
    }

    @Override
    public void onConnection(Membership.Connection connection) {
      loop.post(now -> new ControllerEvent.ConnectionChanged(now, connection));
    }
  }

  private final class StoreFeed implements StateStore.ChangeListener {
    @Override
    public void onDirty(Key key) {
      loop.post(now -> new ControllerEvent.Dirtied(now, key));
    }

    @Override
    public void onResync() {
      loop.post(ControllerEvent.ResyncNeeded::new);
    }
  }

  private static SortedMap<HostId, List<String>> namesOf(
      SortedMap<HostId, List<FenceDevice>> devices) {
    SortedMap<HostId, List<String>> names = new TreeMap<>();
    devices.forEach((host, list) -> names.put(host, list.stream().map(FenceDevice::name).toList()));
    return names;
  }

  /** What an engine is made of. Not safe for use by several threads. */
  public static final class Builder {
    private String candidate = "";
    private Optional<Membership> membership = Optional.empty();
    private Optional<StateStore> store = Optional.empty();
    private Timings timings = Timings.DEFAULT;
    private final SortedMap<HostId, List<FenceDevice>> devices = new TreeMap<>();
    private final List<HaListener> listeners = new ArrayList<>();
    private Optional<Executor> executor = Optional.empty();
    private LongSupplier clock = System::nanoTime;
    private InstantSource wallClock = InstantSource.system();

    private Builder() {}

    /**
     * Names this engine.
     *
     * @param name unique among the engines of the cluster; where the engine lives on one of the
     *     cluster's hosts, that host's name, so that others take over when the host falls silent
     */
    public Builder candidate(String name) {
      candidate = name;
      return this;
    }

    public Builder membership(Membership value) {
      membership = Optional.of(value);
      return this;
    }

    /** A store that does not check the epoch within its transactions is refused. */
    public Builder store(StateStore value) {
      store = Optional.of(value);
      return this;
    }

    /** The same for all engines and agents of a cluster. */
    public Builder timings(Timings value) {
      timings = value;
      return this;
    }

    /** The devices that can cut this host's power, in the order in which they are tried. */
    public Builder fenceDevices(HostId host, List<FenceDevice> inOrder) {
      devices.put(host, List.copyOf(inOrder));
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
     * Makes the engine; it does nothing before {@link HaEngine#start}.
     *
     * @throws InvalidConfigException naming what is missing or not allowed
     */
    public HaEngine build() {
      StateStore guarded =
          store.orElseThrow(
              () -> new InvalidConfigException("engine.store", "nothing", "a StateStore"));
      if (!guarded.guardsEpoch()) {
        throw new InvalidConfigException(
            "engine.store",
            "a store that does not check the epoch with its writes",
            "one whose guardsEpoch() is true");
      }
      Membership members =
          membership.orElseThrow(
              () -> new InvalidConfigException("engine.membership", "nothing", "a Membership"));
      return new HaEngine(this, members, guarded);
    }
  }
}
