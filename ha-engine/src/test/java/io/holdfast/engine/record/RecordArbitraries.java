package io.holdfast.engine.record;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Definition;
import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Priority;
import io.holdfast.api.ProbePolicy;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.HostConfig;
import io.holdfast.engine.record.StateRecord.RuleConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.StateRecord.WorkloadDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Any valid record of every kind, edge cases and all of Unicode included. */
final class RecordArbitraries {
  private static final Arbitrary<String> NAMES =
      Arbitraries.strings()
          .withCharRange('a', 'z')
          .withCharRange('A', 'Z')
          .numeric()
          .ofMinLength(1)
          .ofMaxLength(20)
          .flatMap(
              head ->
                  Arbitraries.strings()
                      .withChars("._-aZ9")
                      .ofMaxLength(20)
                      .map(tail -> head + tail));

  private record Limits(int atOnce, Optional<HostIntent.Parting> parting) {}

  private record Health(
      boolean inventoryKnown,
      Optional<String> trouble,
      Optional<HostReport.Guarded> guarded,
      long looked,
      Map<String, Boolean> facts,
      Optional<HostReport.Notice> leaving,
      Optional<Map<WorkloadId, Capacity>> loads) {}

  /** Well-formed text: what UTF-8 can carry. */
  private static final Arbitrary<String> TEXTS =
      Arbitraries.strings()
          .all()
          .ofMaxLength(40)
          .filter(text -> text.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF));

  private static final Arbitrary<HostId> HOSTS = NAMES.map(HostId::new);
  private static final Arbitrary<WorkloadId> WORKLOADS =
      Combinators.combine(NAMES, NAMES).as(WorkloadId::new);
  private static final Arbitrary<Incarnation> INCARNATIONS =
      Arbitraries.longs().between(1, Long.MAX_VALUE).map(Incarnation::new);
  private static final Arbitrary<Epoch> EPOCHS =
      Arbitraries.longs().between(0, Long.MAX_VALUE).map(Epoch::new);
  private static final Arbitrary<OpId> OPS =
      Combinators.combine(
              Arbitraries.longs().greaterOrEqual(0), Arbitraries.longs().greaterOrEqual(0))
          .as(OpId::new);
  private static final Arbitrary<Priority> PRIORITIES = Arbitraries.integers().map(Priority::new);
  private static final Arbitrary<Duration> TIMEOUTS =
      Arbitraries.longs().between(1, Duration.ofDays(1).toNanos()).map(Duration::ofNanos);
  private static final Arbitrary<Placement.Goal> GOALS = Arbitraries.of(Placement.Goal.class);

  private RecordArbitraries() {}

  static Arbitrary<StateRecord> any() {
    return Arbitraries.oneOf(
        hosts(),
        workloads(),
        definitions(),
        placements(),
        intents(),
        reports(),
        fences(),
        returns(),
        clusters(),
        rules(),
        directives(),
        requests());
  }

  private static Arbitrary<Capacity> capacities() {
    return Arbitraries.maps(NAMES, Arbitraries.longs().between(0, 1_000_000_000_000_000L))
        .ofMaxSize(4)
        .map(Capacity::of);
  }

  private static Arbitrary<RestartPolicy> restarts() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 1000),
            Arbitraries.longs().between(0, 3600).map(Duration::ofSeconds),
            Arbitraries.longs().between(3600, 86400).map(Duration::ofSeconds),
            TIMEOUTS,
            Arbitraries.integers().between(0, 1000),
            TIMEOUTS)
        .as(RestartPolicy::new);
  }

  private static Arbitrary<StateRecord> hosts() {
    return Combinators.combine(
            HOSTS,
            capacities(),
            NAMES.list().ofMaxSize(3),
            Arbitraries.maps(TEXTS, TEXTS).ofMaxSize(3),
            NAMES.set().ofMaxSize(3),
            Arbitraries.integers().between(0, Host.MOST_OVERCOMMIT))
        .as(
            (id, capacity, domain, labels, kinds, percent) ->
                new HostConfig(
                    new Host(
                        id,
                        capacity,
                        domain,
                        new TreeMap<>(labels),
                        new TreeSet<>(kinds),
                        overcommit(capacity, percent))));
  }

  private static SortedMap<String, Integer> overcommit(Capacity capacity, int percent) {
    SortedMap<String, Integer> all = new TreeMap<>();
    capacity.amounts().entrySet().stream()
        .filter(limit -> percent > 0 && limit.getValue() <= Long.MAX_VALUE / Host.MOST_OVERCOMMIT)
        .forEach(limit -> all.put(limit.getKey(), percent));
    return all;
  }

  private static Arbitrary<StateRecord> workloads() {
    return Combinators.combine(
            WORKLOADS,
            PRIORITIES,
            capacities(),
            Arbitraries.of(DesiredState.class),
            Arbitraries.of(Workload.Origin.class),
            policies(),
            TEXTS.optional())
        .as(Workload::new)
        .map(WorkloadConfig::new);
  }

  private static Arbitrary<WorkloadPolicy> policies() {
    Arbitrary<WorkloadPolicy.Builder> switches =
        Combinators.combine(
                Arbitraries.of(WorkloadPolicy.Migration.class),
                Arbitraries.of(true, false),
                Arbitraries.of(WorkloadPolicy.OnGuestShutdown.class),
                Arbitraries.of(WorkloadPolicy.OnIsolation.class),
                Arbitraries.of(WorkloadPolicy.OnStorageLoss.class),
                Arbitraries.of(true, false))
            .as(
                (migration, failback, onShutdown, onIsolation, onLoss, movable) ->
                    WorkloadPolicy.DEFAULT.toBuilder()
                        .migration(migration)
                        .failback(failback)
                        .failover(failback || movable)
                        .onGuestShutdown(onShutdown)
                        .onIsolation(onIsolation)
                        .onStorageLoss(onLoss)
                        .movable(movable));
    return Combinators.combine(
            switches,
            restarts(),
            TIMEOUTS.list().ofSize(4),
            WORKLOADS.set().ofMaxSize(3),
            NAMES.set().ofMaxSize(3),
            Arbitraries.maps(TEXTS, TEXTS).ofMaxSize(3))
        .as(
            (policy, restart, timeouts, dependsOn, conditions, requires) ->
                policy
                    .restart(restart)
                    .startTimeout(timeouts.get(0))
                    .stopTimeout(timeouts.get(1))
                    .migrateTimeout(timeouts.get(2))
                    .failbackAfter(timeouts.get(3))
                    .dependsOn(new TreeSet<>(dependsOn))
                    .conditions(new TreeSet<>(conditions))
                    .probe(
                        conditions.isEmpty()
                            ? Optional.empty()
                            : Optional.of(ProbePolicy.READINESS))
                    .requires(new TreeMap<>(requires))
                    .build());
  }

  private static Arbitrary<StateRecord> clusters() {
    return Combinators.combine(
            Arbitraries.of(ClusterPolicy.ShutdownPolicy.class),
            Arbitraries.of(PlacementMode.class),
            Arbitraries.of(true, false),
            Arbitraries.integers().between(1, 100),
            TIMEOUTS.filter(t -> t.toMillis() >= 50).optional(),
            Arbitraries.of(ClusterPolicy.DisarmMode.class).optional())
        .as(
            (shutdown, placement, flag, number, assume, disarmed) ->
                new ClusterConfig(
                    ClusterPolicy.DEFAULT.toBuilder()
                        .shutdown(shutdown)
                        .placement(placement)
                        .hardCapacity(flag)
                        .rebalanceOnStart(!flag)
                        .autoRebalance(flag)
                        .startsPerHost(number)
                        .startsInCluster(number)
                        .movesInCluster(number)
                        .fencedShare(number)
                        .powerOnAfterFence(flag)
                        .assumeDownAfter(assume)
                        .isolationLimit(Duration.ofSeconds(number))
                        .quorum(
                            flag ? ClusterPolicy.Quorum.TIE_BREAKER : ClusterPolicy.Quorum.STORE)
                        .admission(
                            new AdmissionPolicy(
                                flag ? AdmissionPolicy.Action.REFUSE : AdmissionPolicy.Action.WARN,
                                number,
                                new Rule.Level(number % 3 - 1)))
                        .disarmed(disarmed)
                        .build()));
  }

  private static Arbitrary<StateRecord> rules() {
    Arbitrary<SortedSet<WorkloadId>> members =
        WORKLOADS.set().ofMinSize(2).ofMaxSize(4).map(TreeSet::new);
    Arbitrary<Rule> affinities =
        Combinators.combine(
                NAMES,
                members,
                Arbitraries.maps(HOSTS, Arbitraries.integers().between(0, 1000))
                    .ofMinSize(1)
                    .ofMaxSize(3),
                Arbitraries.of(true, false))
            .as(
                (id, workloads, hosts, strict) ->
                    new Rule.HostAffinity(id, workloads, new TreeMap<>(hosts), strict));
    Arbitrary<Rule> relations =
        Combinators.combine(
                NAMES,
                members,
                Arbitraries.of(Rule.Kind.class),
                Arbitraries.integers().between(-1, 63).map(Rule.Level::new),
                Arbitraries.of(true, false))
            .as(Rule.WorkloadAffinity::new);
    return Arbitraries.oneOf(affinities, relations).map(RuleConfig::new);
  }

  private static Arbitrary<StateRecord> directives() {
    return Combinators.combine(
            HOSTS,
            Arbitraries.of(true, false),
            Combinators.combine(INCARNATIONS, TEXTS).as(HostDirective.Confirmation::new).optional())
        .as(HostDirective::new);
  }

  private static Arbitrary<StateRecord> returns() {
    Arbitrary<HostReturns.Return> once =
        Combinators.combine(INCARNATIONS, TIMEOUTS).as(HostReturns.Return::new);
    return Combinators.combine(HOSTS, INCARNATIONS, once.list().ofMaxSize(4)).as(HostReturns::new);
  }

  private static Arbitrary<StateRecord> requests() {
    Arbitrary<WorkloadRequest.Action> actions =
        Arbitraries.oneOf(
            HOSTS.map(WorkloadRequest.Action.Move::new),
            HOSTS.map(WorkloadRequest.Action.Relocate::new),
            TIMEOUTS.map(WorkloadRequest.Action.Stop::new),
            Arbitraries.just(new WorkloadRequest.Action.Cleanup()));
    return Combinators.combine(WORKLOADS, Arbitraries.longs().greaterOrEqual(1), actions)
        .as(WorkloadRequest::new);
  }

  private static Arbitrary<StateRecord> definitions() {
    return Combinators.combine(WORKLOADS, TEXTS.filter(text -> !text.isBlank()))
        .as((workload, text) -> new WorkloadDefinition(workload, new Definition(text)));
  }

  private static Arbitrary<Placement.Trials> trials() {
    Arbitrary<Placement.GaveUp> gaveUp =
        Combinators.combine(Arbitraries.of(true, false), TIMEOUTS).as(Placement.GaveUp::new);
    return Combinators.combine(
            Arbitraries.integers().between(0, 1000),
            Arbitraries.maps(HOSTS, gaveUp).ofMaxSize(3),
            TEXTS.optional(),
            Arbitraries.integers().between(0, 1000))
        .as(
            (relocations, hosts, failed, moves) ->
                new Placement.Trials(relocations, new TreeMap<>(hosts), failed, moves));
  }

  private static Arbitrary<StateRecord> placements() {
    Arbitrary<Placement.Owner> owners =
        Combinators.combine(HOSTS, INCARNATIONS, OPS, GOALS).as(Placement.Owner::new);
    return Combinators.combine(
            WORKLOADS,
            owners.optional(),
            trials(),
            moves().optional(),
            Combinators.combine(HOSTS.optional(), HOSTS.optional()).as(Hosts::new),
            Arbitraries.longs().greaterOrEqual(0),
            Arbitraries.of(true, false),
            TEXTS.optional())
        .as(
            (workload, owner, trials, move, hosts, handled, flag, lock) ->
                new Placement(
                    workload,
                    owner,
                    trials,
                    move,
                    hosts.home(),
                    hosts.wayBack(),
                    handled,
                    flag,
                    !flag,
                    lock,
                    handled % 2 == 1));
  }

  private record Hosts(Optional<HostId> home, Optional<HostId> wayBack) {}

  private static Arbitrary<Placement.Move> moves() {
    return Combinators.combine(OPS, HOSTS, HOSTS, Arbitraries.of(Placement.Move.Phase.class), TEXTS)
        .as(Placement.Move::new);
  }

  private static Arbitrary<StateRecord> intents() {
    Arbitrary<HostIntent.Entry> entries =
        Combinators.combine(
                OPS,
                GOALS,
                PRIORITIES,
                restarts(),
                TIMEOUTS.list().ofSize(2),
                Arbitraries.of(WorkloadPolicy.OnGuestShutdown.class),
                Arbitraries.of(true, false),
                Combinators.combine(OPS, HOSTS, TIMEOUTS).as(HostIntent.Migration::new).optional())
            .as(
                (op, goal, priority, restart, timeouts, onShutdown, locked, migration) ->
                    new HostIntent.Entry(
                        op,
                        goal,
                        priority,
                        restart,
                        timeouts.get(0),
                        timeouts.get(1),
                        onShutdown,
                        locked,
                        new TreeSet<>(locked ? List.of("storage", "a:b/c") : List.of()),
                        locked ? Optional.of(ProbePolicy.READINESS) : Optional.empty(),
                        migration));
    return Combinators.combine(
            HOSTS,
            INCARNATIONS,
            EPOCHS,
            Arbitraries.longs().greaterOrEqual(0),
            Combinators.combine(
                    Arbitraries.of(HostIntent.GuardOrder.class),
                    Arbitraries.longs().greaterOrEqual(0))
                .as(HostIntent.Guard::new),
            Arbitraries.longs().greaterOrEqual(0),
            Combinators.combine(
                    Arbitraries.integers().between(1, 1000),
                    Arbitraries.of(HostIntent.Parting.class).optional())
                .as(Limits::new),
            Arbitraries.maps(WORKLOADS, entries).ofMaxSize(3))
        .as(
            (host, incarnation, epoch, generation, guard, look, limits, all) ->
                new HostIntent(
                    host,
                    incarnation,
                    epoch,
                    generation,
                    guard,
                    look,
                    limits.atOnce(),
                    limits.parting(),
                    look % 2 == 1,
                    new TreeMap<>(all)));
  }

  private static Arbitrary<StateRecord> reports() {
    Arbitrary<HostReport.Entry> entries =
        Combinators.combine(
                OPS,
                Arbitraries.of(HostReport.Condition.class),
                Arbitraries.integers().between(0, 1000),
                TEXTS,
                Arbitraries.of(true, false),
                Arbitraries.of(true, false),
                OPS.optional(),
                Arbitraries.of(true, false))
            .as(HostReport.Entry::new);
    return Combinators.combine(
            HOSTS,
            INCARNATIONS,
            Arbitraries.longs().greaterOrEqual(0),
            EPOCHS,
            Arbitraries.longs().greaterOrEqual(0),
            Combinators.combine(
                    Arbitraries.of(true, false),
                    TEXTS.optional(),
                    Combinators.combine(Arbitraries.longs().greaterOrEqual(0), TIMEOUTS, TIMEOUTS)
                        .as(HostReport.Guarded::new)
                        .optional(),
                    Arbitraries.longs().greaterOrEqual(0),
                    Arbitraries.maps(TEXTS, Arbitraries.of(true, false)).ofMaxSize(3),
                    Combinators.combine(
                            Arbitraries.of(Departure.class),
                            Arbitraries.of(HostReport.Notice.Stage.class))
                        .as(HostReport.Notice::new)
                        .optional(),
                    Arbitraries.maps(
                            WORKLOADS,
                            Arbitraries.longs()
                                .between(0, 1_000_000)
                                .map(used -> Capacity.of(used, 1)))
                        .ofMaxSize(3)
                        .optional())
                .as(Health::new),
            Arbitraries.maps(WORKLOADS, entries).ofMaxSize(3),
            WORKLOADS.set().ofMaxSize(3))
        .as(
            (host, incarnation, sequence, epoch, generation, health, assigned, unassigned) ->
                new HostReport(
                    host,
                    incarnation,
                    sequence,
                    epoch,
                    generation,
                    health.inventoryKnown(),
                    health.trouble(),
                    health.guarded(),
                    health.looked(),
                    new TreeMap<>(health.facts()),
                    health.leaving(),
                    health.loads().map(loads -> new TreeMap<>(loads)),
                    new TreeMap<>(assigned),
                    new TreeSet<>(unassigned)));
  }

  private static Arbitrary<StateRecord> fences() {
    Arbitrary<Evidence> evidence =
        Arbitraries.oneOf(
            TEXTS.map(Evidence.PoweredOff::new),
            TEXTS.map(Evidence.StorageFenced::new),
            TIMEOUTS.map(waited -> new Evidence.LeaseExpired(waited, waited)),
            HOSTS.map(Evidence.StoppedByHypervisor::new),
            TEXTS.map(Evidence.ConfirmedByOperator::new),
            TEXTS.map(Evidence.AssumedByPolicy::new));
    Arbitrary<FenceRecord.Level> levels =
        Combinators.combine(INCARNATIONS, Arbitraries.longs(), NAMES.list().ofMaxSize(2))
            .as(FenceRecord.Level::new);
    return Combinators.combine(
            fencesOfFirstLevels(evidence), levels.optional(), Arbitraries.integers().between(0, 3))
        .as(
            (fence, level, failed) ->
                fence
                    .beginningWith(level, fence.epoch())
                    .withSwitchOnFailed(failed, fence.epoch()));
  }

  private static Arbitrary<FenceRecord> fencesOfFirstLevels(Arbitrary<Evidence> evidence) {
    return Combinators.combine(
            HOSTS,
            INCARNATIONS,
            EPOCHS,
            evidence.optional(),
            NAMES.list().ofMaxSize(2),
            NAMES.list().ofMaxSize(2),
            Combinators.combine(INCARNATIONS, NAMES.list().ofMaxSize(2))
                .as(FenceRecord.Aim::new)
                .optional(),
            Combinators.combine(
                    INCARNATIONS,
                    Arbitraries.longs(),
                    Arbitraries.integers().between(0, 9),
                    TIMEOUTS)
                .as(FenceRecord.Pause::new)
                .optional())
        .as(
            (host, incarnation, epoch, proof, on, cut, aim, pause) ->
                new FenceRecord(
                    host, incarnation, epoch, proof, on, cut, aim, pause, Optional.empty(), 0));
  }
}
