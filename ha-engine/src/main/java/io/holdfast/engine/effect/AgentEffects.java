package io.holdfast.engine.effect;

import io.holdfast.api.Capacity;
import io.holdfast.api.Definition;
import io.holdfast.api.Fact;
import io.holdfast.api.HostId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.Timings;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.GuestProbe;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.Watchdog;
import io.holdfast.engine.agent.AgentEffect;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.record.StateRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/** Carries an agent core's effects out. Blocking; safe for use by several threads. */
public final class AgentEffects {
  private final HostId host;
  private final Membership membership;
  private final Records records;
  private final SortedMap<String, Hypervisor> hypervisors;
  private final Optional<Watchdog> watchdog;
  private final List<HostFacts> facts;
  private final List<GuestProbe> probes;
  private final EpochJournal journal;
  private final Timings timings;
  private final LongSupplier clock;

  /** What was started here before can be started again while the store does not answer. */
  private final Map<WorkloadId, Definition> definitions = new ConcurrentHashMap<>();

  /**
   * @param hypervisors by kind of workload
   * @param watchdog that of this host, if it has one
   * @param facts what can tell of this host's conditions
   * @param probes that ask guests whether they serve, each kind asked by one
   * @param clock monotonic nanoseconds, the same as the events' time
   */
  public AgentEffects(
      HostId host,
      Membership membership,
      Records records,
      SortedMap<String, Hypervisor> hypervisors,
      Optional<Watchdog> watchdog,
      List<HostFacts> facts,
      List<GuestProbe> probes,
      EpochJournal journal,
      Timings timings,
      LongSupplier clock) {
    this.host = host;
    this.membership = membership;
    this.records = records;
    this.hypervisors = new TreeMap<>(hypervisors);
    this.watchdog = watchdog;
    this.facts = List.copyOf(facts);
    this.probes = List.copyOf(probes);
    this.journal = journal;
    this.timings = timings;
    this.clock = clock;
  }

  /** Effects of one queue are carried out one after another, in order. */
  public static String queueOf(AgentEffect effect) {
    if (effect instanceof AgentEffect.Action action) {
      return "workload " + action.workload();
    }
    if (effect instanceof AgentEffect.ReadInventory) {
      return "inventory";
    }
    if (effect instanceof AgentEffect.MeasureLoads) {
      return "loads";
    }
    boolean lease =
        effect instanceof AgentEffect.Join
            || effect instanceof AgentEffect.Renew
            || effect instanceof AgentEffect.Leave;
    if (lease) {
      return "lease";
    }
    if (effect instanceof AgentEffect.WatchdogCall) {
      return "watchdog";
    }
    if (effect instanceof AgentEffect.ProbeGuest probe) {
      return "probe " + probe.workload();
    }
    if (effect instanceof AgentEffect.LookAtFacts look) {
      return "facts " + look.source();
    }
    if (effect instanceof AgentEffect.PersistEpoch) {
      return "disk"; // one that hangs must not keep the agent from reading its orders
    }
    return effect instanceof AgentEffect.WriteReport ? "report" : "intent";
  }

  /** How long the effect may take before its outcome counts as unknown. */
  public Duration timeoutOf(AgentEffect effect) {
    if (effect instanceof AgentEffect.Start e) {
      return e.timeout().plus(timings.storeTimeout());
    }
    if (effect instanceof AgentEffect.Action action) {
      return action.timeout();
    }
    if (effect instanceof AgentEffect.ProbeGuest probe) {
      return probe.timeout();
    }
    if (effect instanceof AgentEffect.Renew) {
      // One lost renewal must not cost the host: there is time for others before it counts as lost.
      return min(timings.storeTimeout(), timings.renewInterval());
    }
    if (effect instanceof AgentEffect.WatchdogCall) {
      return timings.renewInterval(); // it is a local device, and the host's life hangs on it
    }
    return timings.storeTimeout();
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /**
   * Carries one effect out.
   *
   * @return the event that answers it, once the time is known; empty if it has no answer
   */
  public Optional<LongFunction<AgentEvent>> perform(AgentEffect effect) {
    Duration timeout = timings.storeTimeout();
    if (effect instanceof AgentEffect.Join e) {
      var outcome = membership.join(host, timeout);
      return answer(now -> new AgentEvent.JoinEnded(now, e.op(), outcome));
    }
    if (effect instanceof AgentEffect.Renew e) {
      // The lease counts from before the renewal is sent: only that is known to be early enough.
      long sentAt = clock.getAsLong();
      var outcome = membership.renew(host, e.incarnation(), e.sequence(), timeoutOf(e));
      return answer(now -> new AgentEvent.RenewEnded(now, e.op(), sentAt, outcome));
    }
    if (effect instanceof AgentEffect.Leave e) {
      membership.leave(host, e.incarnation(), timeout);
      return Optional.empty();
    }
    if (effect instanceof AgentEffect.ReadIntent) {
      var outcome = records.read(new Key(Table.INTENT, host.value()));
      return answer(now -> new AgentEvent.IntentRead(now, outcome));
    }
    if (effect instanceof AgentEffect.PersistEpoch e) {
      return persist(e);
    }
    if (effect instanceof AgentEffect.ReadInventory e) {
      var outcome = inventory(timeout);
      return answer(now -> new AgentEvent.InventoryRead(now, e.op(), outcome));
    }
    if (effect instanceof AgentEffect.MeasureLoads e) {
      var outcome = loads(timeout);
      return answer(now -> new AgentEvent.LoadsMeasured(now, e.op(), outcome));
    }
    if (effect instanceof AgentEffect.WriteReport e) {
      // What is not placed here any more is not started again without being read first.
      definitions.keySet().retainAll(e.report().assigned().keySet());
      var outcome = records.write(Optional.empty(), List.of(e.report()), List.of());
      return answer(now -> new AgentEvent.ReportWritten(now, e.op(), outcome));
    }
    if (effect instanceof AgentEffect.WatchdogCall e) {
      return guard(e);
    }
    if (effect instanceof AgentEffect.ProbeGuest e) {
      Fact said = probeOf(e.workload()).ask(e.workload(), e.timeout());
      return answer(now -> new AgentEvent.GuestProbed(now, e.op(), e.workload(), said));
    }
    if (effect instanceof AgentEffect.LookAtFacts e) {
      SortedMap<String, Fact> seen = new TreeMap<>(sourceOf(e).look(timeout));
      return answer(now -> new AgentEvent.FactsSeen(now, e.op(), e.source(), seen));
    }
    if (effect instanceof AgentEffect.Action e) {
      var outcome = act(e);
      return answer(now -> new AgentEvent.ActionEnded(now, e.op(), e.workload(), outcome));
    }
    throw new IllegalArgumentException("not an effect to carry out: " + effect);
  }

  private GuestProbe probeOf(WorkloadId workload) {
    return probes.stream()
        .filter(p -> p.kinds().contains(workload.kind()))
        .findFirst()
        .orElseThrow();
  }

  private HostFacts sourceOf(AgentEffect.LookAtFacts look) {
    for (HostFacts source : facts) {
      if (source.name().equals(look.source())) {
        return source;
      }
    }
    throw new IllegalArgumentException("no source of facts " + look.source());
  }

  private Optional<LongFunction<AgentEvent>> guard(AgentEffect.WatchdogCall call) {
    Watchdog device = watchdog.orElseThrow();
    Duration timeout = timeoutOf(call);
    if (call instanceof AgentEffect.OpenWatchdog e) {
      Outcome<Duration> outcome =
          clock.getAsLong() < e.notAfter()
              ? device.open(e.period(), timeout)
              : Outcome.failed(Cause.EXPIRED, "the lease ran out before it could be armed");
      return answer(now -> new AgentEvent.WatchdogOpened(now, e.op(), outcome));
    }
    if (call instanceof AgentEffect.FeedWatchdog e) {
      // never two: checked immediately before the act, for the thread may have waited long.
      if (clock.getAsLong() >= e.notAfter()) {
        return Optional.empty();
      }
      Outcome<Ack> outcome = device.feed(timeout);
      return outcome.isDone()
          ? Optional.empty()
          : answer(now -> new AgentEvent.WatchdogNotFed(now, outcome.toString()));
    }
    AgentEffect.ReleaseWatchdog release = (AgentEffect.ReleaseWatchdog) call;
    Outcome<Ack> outcome = device.release(timeout);
    return answer(now -> new AgentEvent.WatchdogReleased(now, release.op(), outcome));
  }

  private Outcome<Ack> act(AgentEffect.Action action) {
    if (action instanceof AgentEffect.Start start) {
      return start(start);
    }
    if (action instanceof AgentEffect.Migrate migrate) {
      return migrate(migrate);
    }
    Hypervisor hypervisor = hypervisorOf(action.workload());
    if (action instanceof AgentEffect.Stop) {
      return hypervisor.stop(action.workload(), action.timeout());
    }
    return action instanceof AgentEffect.Destroy
        ? hypervisor.destroy(action.workload(), action.timeout())
        : hypervisor.cancelMigration(action.workload(), action.timeout());
  }

  private Outcome<Ack> migrate(AgentEffect.Migrate migrate) {
    Hypervisor hypervisor = hypervisorOf(migrate.workload());
    // never two: checked immediately before the act, as for a start.
    if (clock.getAsLong() >= migrate.notAfter()) {
      return Outcome.failed(Cause.EXPIRED, "the lease ran out before it could be migrated");
    }
    return hypervisor.migrate(migrate.workload(), migrate.target(), migrate.timeout());
  }

  private Optional<LongFunction<AgentEvent>> persist(AgentEffect.PersistEpoch persist) {
    Outcome<Ack> outcome;
    try {
      journal.persist(persist.epoch());
      outcome = Outcome.ok();
    } catch (IOException e) {
      // Some of these say no more than the name of the file.
      outcome = Outcome.unknown(e.getClass().getSimpleName() + ": " + e.getMessage());
    }
    Outcome<Ack> known = outcome;
    return answer(now -> new AgentEvent.EpochPersisted(now, persist.epoch(), known));
  }

  /** Each hypervisor once, whatever number of kinds it runs. */
  public static List<Hypervisor> distinct(SortedMap<String, Hypervisor> byKind) {
    Set<Hypervisor> met = Collections.newSetFromMap(new IdentityHashMap<>());
    return byKind.values().stream().filter(met::add).toList();
  }

  /** Whether any of these tells what workloads really use. */
  public static boolean measureLoad(SortedMap<String, Hypervisor> byKind) {
    return byKind.values().stream()
        .anyMatch(h -> h.capabilities().contains(Hypervisor.Capability.MEASURED_LOAD));
  }

  /** All or nothing; they share the time, so each is given what those before it have left. */
  private Outcome<SortedMap<WorkloadId, RunState>> inventory(Duration timeout) {
    SortedMap<WorkloadId, RunState> all = new TreeMap<>();
    long begun = clock.getAsLong();
    for (Hypervisor hypervisor : distinct(hypervisors)) {
      Duration left = timeout.minusNanos(clock.getAsLong() - begun);
      if (left.isNegative() || left.isZero()) {
        return Outcome.unknown(
            "no time was left to ask the hypervisor of " + String.join(", ", hypervisor.kinds()));
      }
      Outcome<SortedMap<WorkloadId, RunState>> one = hypervisor.inventory(left);
      if (!(one instanceof Outcome.Done<SortedMap<WorkloadId, RunState>> done)) {
        return one;
      }
      all.putAll(done.value());
    }
    return Outcome.done(all);
  }

  /** Of those that can tell. */
  private Outcome<SortedMap<WorkloadId, Capacity>> loads(Duration timeout) {
    SortedMap<WorkloadId, Capacity> all = new TreeMap<>();
    List<Hypervisor> measuring =
        distinct(hypervisors).stream()
            .filter(h -> h.capabilities().contains(Hypervisor.Capability.MEASURED_LOAD))
            .toList();
    for (Hypervisor hypervisor : measuring) {
      Outcome<SortedMap<WorkloadId, Capacity>> one =
          hypervisor.loads(timeout.dividedBy(measuring.size()));
      if (!(one instanceof Outcome.Done<SortedMap<WorkloadId, Capacity>> done)) {
        return one;
      }
      all.putAll(done.value());
    }
    return Outcome.done(all);
  }

  private Outcome<Ack> start(AgentEffect.Start start) {
    Hypervisor hypervisor = hypervisors.get(start.workload().kind());
    if (hypervisor == null) {
      return Outcome.failed(
          Cause.INVALID,
          "no hypervisor for kind %s here, only %s"
              .formatted(start.workload().kind(), hypervisors.keySet()));
    }
    Outcome<Optional<StateRecord>> read =
        records.read(new Key(Table.DEFINITION, start.workload().toString()));
    if (read instanceof Outcome.Done<Optional<StateRecord>> done) {
      if (done.value().isEmpty()) {
        return Outcome.failed(Cause.INVALID, "it has no definition");
      }
      StateRecord record = done.value().get();
      if (record instanceof StateRecord.WorkloadDefinition definition) {
        definitions.put(start.workload(), definition.definition());
      } else if (record instanceof StateRecord.Unreadable unreadable) {
        return Outcome.failed(
            Cause.INVALID, "its definition cannot be read: " + unreadable.reason());
      }
    }
    Definition definition = definitions.get(start.workload());
    if (definition == null) {
      return Outcome.failed(Cause.EXPIRED, "its definition cannot be read now");
    }
    // never two: checked immediately before the act, for the thread may have waited long.
    if (clock.getAsLong() >= start.notAfter()) {
      return Outcome.failed(Cause.EXPIRED, "the lease ran out before it could be started");
    }
    return hypervisor.start(start.workload(), definition, start.timeout());
  }

  private Hypervisor hypervisorOf(WorkloadId workload) {
    Hypervisor hypervisor = hypervisors.get(workload.kind());
    if (hypervisor == null) {
      throw new IllegalStateException("no hypervisor for kind " + workload.kind());
    }
    return hypervisor;
  }

  /**
   * What the core is told when an effect is given up: the call did not return in time, or its
   * driver broke its contract. Unknown, always.
   */
  public Optional<LongFunction<AgentEvent>> givenUp(AgentEffect effect, String why) {
    if (effect instanceof AgentEffect.Join e) {
      return answer(now -> new AgentEvent.JoinEnded(now, e.op(), Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.Renew e) {
      return answer(now -> new AgentEvent.RenewEnded(now, e.op(), now, Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.ReadIntent) {
      return answer(now -> new AgentEvent.IntentRead(now, Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.PersistEpoch e) {
      return answer(now -> new AgentEvent.EpochPersisted(now, e.epoch(), Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.ReadInventory e) {
      return answer(now -> new AgentEvent.InventoryRead(now, e.op(), Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.MeasureLoads e) {
      return answer(now -> new AgentEvent.LoadsMeasured(now, e.op(), Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.WriteReport e) {
      return answer(now -> new AgentEvent.ReportWritten(now, e.op(), Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.OpenWatchdog e) {
      return answer(now -> new AgentEvent.WatchdogOpened(now, e.op(), Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.ReleaseWatchdog e) {
      return answer(now -> new AgentEvent.WatchdogReleased(now, e.op(), Outcome.unknown(why)));
    }
    if (effect instanceof AgentEffect.FeedWatchdog) {
      return answer(now -> new AgentEvent.WatchdogNotFed(now, why));
    }
    if (effect instanceof AgentEffect.ProbeGuest e) {
      return answer(now -> new AgentEvent.GuestProbed(now, e.op(), e.workload(), Fact.UNKNOWN));
    }
    if (effect instanceof AgentEffect.LookAtFacts e) {
      return answer(now -> new AgentEvent.FactsSeen(now, e.op(), e.source(), new TreeMap<>()));
    }
    if (effect instanceof AgentEffect.Action e) {
      return answer(
          now -> new AgentEvent.ActionEnded(now, e.op(), e.workload(), Outcome.unknown(why)));
    }
    return Optional.empty();
  }

  private static Optional<LongFunction<AgentEvent>> answer(LongFunction<AgentEvent> event) {
    return Optional.of(event);
  }
}
