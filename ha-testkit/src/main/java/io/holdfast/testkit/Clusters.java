package io.holdfast.testkit;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanOptions;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;

/**
 * Clusters to plan for, as jqwik arbitraries: nearly full, some of it lost, with whatever a cluster
 * can have. They shrink to few hosts, workloads and rules with small numbers, in the simplest state
 * that there is: hosts that are up, workloads without a host.
 */
public final class Clusters {
  private static final List<String> DIMENSIONS = List.of("cpu", "memory", "disk", "network");
  private static final int MOST_DEMAND = 5;
  private static final int MOST_WEIGHT = 20;

  private Clusters() {}

  /** A few hosts, so that what goes wrong can be understood: up to 5, with 12 workloads. */
  public static Arbitrary<ClusterSnapshot> small() {
    return of(5, 12, 2, 2);
  }

  /** Enough to keep a search busy for longer than it has time: up to 60 hosts, 1,200 workloads. */
  public static Arbitrary<ClusterSnapshot> large() {
    return of(60, 1_200, 3, 20);
  }

  /**
   * Clusters of up to this size.
   *
   * @param hosts at least one
   * @param workloads 0 or more
   * @param dimensions 1 to 4
   * @param rules 0 or more; there are none where there are no workloads
   */
  public static Arbitrary<ClusterSnapshot> of(int hosts, int workloads, int dimensions, int rules) {
    int roomy = Math.max(3 * MOST_DEMAND, MOST_DEMAND * workloads / hosts);
    Arbitrary<ClusterPlan.Seat> seats =
        Combinators.combine(workloads(dimensions), anyOf(2 * hosts + 1), rarely(12))
            .as(ClusterPlan.Seat::new);
    return Combinators.combine(
            Arbitraries.integers().between(1, dimensions).withDistribution(uniform()),
            hosts(dimensions, roomy)
                .list()
                .ofMinSize(1)
                .ofMaxSize(hosts)
                .withSizeDistribution(uniform()),
            seats.list().ofMaxSize(workloads).withSizeDistribution(uniform()),
            bonds().list().ofMaxSize(rules))
        .as(
            (size, some, seated, bound) ->
                new ClusterPlan(DIMENSIONS.subList(0, size), some, seated, bound).build())
        .withoutEdgeCases();
  }

  /**
   * Hosts, all of the name {@code h}.
   *
   * @param dimensions how many amounts of capacity each has
   * @param most the greatest capacity
   */
  public static Arbitrary<HostSnapshot> hosts(int dimensions, int most) {
    Arbitrary<State> states =
        Arbitraries.frequency(
            Tuple.of(7, State.UP),
            Tuple.of(2, State.FAILED),
            Tuple.of(1, State.STANDBY),
            Tuple.of(1, State.MAINTENANCE));
    Arbitrary<List<String>> domain =
        Combinators.combine(anyOf(2), anyOf(2), anyOf(3))
            .as((dc, rack, depth) -> List.of("dc" + dc, "rack" + rack).subList(0, depth));
    return Combinators.combine(
            amounts(dimensions, most),
            domain,
            states,
            zones(1),
            rarely(8).map(Clusters::kinds),
            conditions(3),
            overcommit(dimensions),
            promised(dimensions))
        .as(
            (capacity, path, state, labels, kinds, conditions, overcommit, promised) ->
                new HostSnapshot(
                    new HostId("h"),
                    capacity,
                    path,
                    state,
                    labels,
                    kinds,
                    conditions,
                    overcommit,
                    promised));
  }

  /** Most are given what they have; some half as much again, or twice as much, or less. */
  private static Arbitrary<Amounts> overcommit(int dimensions) {
    return Arbitraries.frequency(
            Tuple.of(12, 100L), Tuple.of(1, 150L), Tuple.of(1, 200L), Tuple.of(1, 75L))
        .array(Long[].class)
        .ofSize(dimensions)
        .map(Clusters::amounts);
  }

  private static Arbitrary<Amounts> promised(int dimensions) {
    return Arbitraries.frequency(Tuple.of(12, 0L), Tuple.of(1, 1L), Tuple.of(1, 4L))
        .array(Long[].class)
        .ofSize(dimensions)
        .map(Clusters::amounts);
  }

  private static Amounts amounts(Long... values) {
    return Amounts.of(Stream.of(values).mapToLong(Long::longValue).toArray());
  }

  /**
   * Workloads without a host, all of the name {@code w} and of the kinds {@code vm} and {@code ct}.
   *
   * @param dimensions how many amounts each takes
   */
  public static Arbitrary<WorkloadSnapshot> workloads(int dimensions) {
    return Combinators.combine(
            rarely(6).map(other -> new WorkloadId(other ? "ct" : "vm", "w")),
            amounts(dimensions, MOST_DEMAND),
            Arbitraries.longs().between(0, MOST_WEIGHT).withDistribution(uniform()),
            anyOf(3),
            rarely(12).map(stopped -> stopped ? DesiredState.STOPPED : DesiredState.STARTED),
            zones(10),
            conditions(0),
            rarely(3))
        .as(
            (id, demand, weight, priority, desired, requires, conditions, fixed) ->
                new WorkloadSnapshot(
                    id,
                    demand,
                    weight,
                    priority,
                    Optional.empty(),
                    desired,
                    requires,
                    conditions,
                    !fixed,
                    Optional.empty()));
  }

  /**
   * Rules of every type about some of these, all of the name {@code r}; most of them strict.
   *
   * @param workloads at least one
   * @param hosts at least one
   */
  public static Arbitrary<Rule> rules(List<WorkloadId> workloads, List<HostId> hosts) {
    return bonds().map(bond -> bond.between("r", workloads, hosts));
  }

  /**
   * Options by weight in which moves and evictions have prices of about what a workload weighs, for
   * planners that know of prices; otherwise as {@link #options}, which has none.
   */
  public static Arbitrary<PlanOptions> pricedOptions() {
    return Combinators.combine(
            options(),
            Arbitraries.longs().between(0, 8).withDistribution(uniform()),
            Arbitraries.longs().between(0, 8).withDistribution(uniform()))
        .as(
            (options, move, eviction) ->
                options.with(PlanOptions.Objective.WEIGHT).pricing(move, eviction));
  }

  /**
   * Every option but prices; the time budget is long, so that a search over few hosts ends by
   * itself.
   */
  public static Arbitrary<PlanOptions> options() {
    return Combinators.combine(
            Arbitraries.of(PlanOptions.Moves.values()),
            Arbitraries.of(false, true),
            Arbitraries.of(PlanOptions.Objective.values()),
            Arbitraries.of(PlanOptions.Strategy.values()),
            Arbitraries.longs().between(1, 1_000))
        .as(
            (moves, eviction, objective, strategy, seed) ->
                new PlanOptions(
                    moves, eviction, objective, strategy, Duration.ofSeconds(20), seed));
  }

  private static RandomDistribution uniform() {
    return RandomDistribution.uniform();
  }

  private static Arbitrary<Integer> anyOf(int many) {
    return Arbitraries.integers().between(0, many - 1).withDistribution(uniform());
  }

  private static Arbitrary<Boolean> rarely(int of) {
    return Arbitraries.frequency(Tuple.of(of - 1, false), Tuple.of(1, true));
  }

  private static Arbitrary<Amounts> amounts(int dimensions, int most) {
    return Arbitraries.longs()
        .between(0, most)
        .withDistribution(uniform())
        .array(long[].class)
        .ofSize(dimensions)
        .map(Amounts::of);
  }

  /** One of two zones, or none in so many of so many and one. */
  private static Arbitrary<SortedMap<String, String>> zones(int none) {
    return Arbitraries.frequency(Tuple.of(none, ""), Tuple.of(1, "a"), Tuple.of(1, "b"))
        .map(
            zone -> {
              SortedMap<String, String> labels = new TreeMap<>();
              if (!zone.isEmpty()) {
                labels.put("zone", zone);
              }
              return labels;
            });
  }

  /** The one condition that there is: on so many of so many and one hosts, wanted by few. */
  private static Arbitrary<SortedSet<String>> conditions(int of) {
    return (of > 0 ? rarely(of + 1).map(not -> !not) : rarely(10))
        .map(is -> is ? new TreeSet<>(List.of("net")) : new TreeSet<>());
  }

  private static SortedSet<String> kinds(boolean few) {
    return few ? new TreeSet<>(List.of("vm")) : new TreeSet<>();
  }

  private static Arbitrary<ClusterPlan.Bond> bonds() {
    return Combinators.combine(
            Arbitraries.of(ClusterPlan.Bond.Type.values()),
            Arbitraries.integers().between(0, 1_000).list().ofMinSize(2).ofMaxSize(4),
            Arbitraries.integers().between(0, 1_000).list().ofMinSize(1).ofMaxSize(2),
            Arbitraries.of(Rule.Level.HOST, Rule.Level.domain(0), Rule.Level.domain(1)),
            rarely(5))
        .as(
            (type, members, places, level, soft) ->
                new ClusterPlan.Bond(type, members, places, level, !soft));
  }
}
