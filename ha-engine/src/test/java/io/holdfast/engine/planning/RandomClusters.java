package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.PlanOptions.Objective;
import io.holdfast.engine.planning.PlanOptions.Strategy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Clusters with everything in them, from a seed. */
final class RandomClusters {
  private final Random dice;
  private final int mostHosts;
  private final int mostWorkloads;

  RandomClusters(long seed, int mostHosts, int mostWorkloads) {
    dice = new Random(seed);
    this.mostHosts = mostHosts;
    this.mostWorkloads = mostWorkloads;
  }

  ClusterSnapshot cluster() {
    int dimensions = 1 + dice.nextInt(3);
    List<String> names = List.of("cpu", "memory", "disk").subList(0, dimensions);
    List<HostSnapshot> hosts = new ArrayList<>();
    int count = 1 + dice.nextInt(mostHosts);
    for (int h = 0; h < count; h++) {
      hosts.add(host(h, dimensions));
    }
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    long[][] free = new long[count][];
    for (int h = 0; h < count; h++) {
      free[h] = IntStream.range(0, dimensions).mapToLong(hosts.get(h)::room).toArray();
    }
    int many = 1 + dice.nextInt(mostWorkloads);
    for (int w = 0; w < many; w++) {
      workloads.add(workload(w, hosts, free));
    }
    List<Rule> rules = new ArrayList<>();
    for (int r = dice.nextInt(4); r > 0; r--) {
      rules.add(rule("r" + r, hosts, workloads));
    }
    return new ClusterSnapshot(names, hosts, workloads, rules);
  }

  PlanOptions options() {
    return new PlanOptions(
        dice.nextBoolean() ? Moves.ALLOWED : Moves.NONE,
        dice.nextBoolean(),
        dice.nextInt(3) == 0 ? Objective.PRIORITY : Objective.WEIGHT,
        oneOf(Strategy.values()),
        Duration.ofSeconds(1),
        dice.nextLong());
  }

  /** The same with prices, of about what a workload is worth, and by weight. */
  static PlanOptions priced(PlanOptions options, long seed) {
    Random prices = new Random(~seed);
    return options
        .with(Objective.WEIGHT)
        .pricing(prices.nextInt(3) * (long) prices.nextInt(5), prices.nextInt(6));
  }

  private <T> T oneOf(T[] values) {
    return List.of(values).get(dice.nextInt(values.length));
  }

  private boolean rarely() {
    return dice.nextInt(6) == 0;
  }

  private HostSnapshot host(int number, int dimensions) {
    long[] capacity = new long[dimensions];
    for (int d = 0; d < dimensions; d++) {
      capacity[d] = dice.nextInt(12);
    }
    State state = dice.nextInt(3) == 0 ? oneOf(State.values()) : State.UP;
    SortedMap<String, String> labels = new TreeMap<>();
    if (dice.nextBoolean()) {
      labels.put("zone", "z" + dice.nextInt(2));
    }
    SortedSet<String> kinds = new TreeSet<>();
    if (rarely()) {
      kinds.add("vm");
    }
    List<String> domain =
        List.of("dc" + dice.nextInt(2), "rack" + dice.nextInt(2)).subList(0, dice.nextInt(3));
    long[] overcommit = new long[dimensions];
    long[] promised = new long[dimensions];
    for (int d = 0; d < dimensions; d++) {
      overcommit[d] = rarely() ? 50 * (1 + dice.nextInt(4)) + dice.nextInt(2) : 100;
      promised[d] = rarely() ? dice.nextInt(5) : 0;
    }
    return new HostSnapshot(
            new HostId("h" + number), Amounts.of(capacity), domain, state, labels, kinds)
        .meeting(rarely() ? new TreeSet<>() : new TreeSet<>(List.of("net")))
        .overcommitted(overcommit)
        .promising(promised);
  }

  private WorkloadSnapshot workload(int number, List<HostSnapshot> hosts, long[][] free) {
    int h = dice.nextInt(hosts.size());
    long[] demand = new long[free[h].length];
    boolean fits = true;
    for (int d = 0; d < demand.length; d++) {
      demand[d] = dice.nextInt(6);
      fits &= demand[d] <= free[h][d];
    }
    boolean placed = hosts.get(h).state() == State.FAILED || rarely() || (fits && !rarely());
    for (int d = 0; placed && d < demand.length; d++) {
      free[h][d] -= demand[d];
    }
    SortedMap<String, String> requires = new TreeMap<>();
    if (rarely()) {
      requires.put("zone", "z" + dice.nextInt(2));
    }
    return new WorkloadSnapshot(
        new WorkloadId(rarely() ? "ct" : "vm", Integer.toString(number)),
        Amounts.of(demand),
        dice.nextInt(5) * (long) dice.nextInt(5),
        dice.nextInt(3),
        placed ? Optional.of(hosts.get(h).id()) : Optional.empty(),
        rarely() ? DesiredState.STOPPED : DesiredState.STARTED,
        requires,
        rarely() ? new TreeSet<>(List.of("net")) : new TreeSet<>(),
        !rarely(),
        Optional.empty());
  }

  private Rule rule(String id, List<HostSnapshot> hosts, List<WorkloadSnapshot> workloads) {
    SortedSet<WorkloadId> some = new TreeSet<>();
    do {
      some.add(workloads.get(dice.nextInt(workloads.size())).id());
    } while (dice.nextInt(3) > 0);
    if (dice.nextInt(3) == 0) {
      SortedMap<HostId, Integer> on = new TreeMap<>();
      do {
        on.put(hosts.get(dice.nextInt(hosts.size())).id(), dice.nextInt(3));
      } while (dice.nextBoolean());
      return new Rule.HostAffinity(id, some, on, !rarely());
    }
    return new Rule.WorkloadAffinity(
        id,
        some,
        dice.nextInt(3) == 0 ? Rule.Kind.POSITIVE : Rule.Kind.NEGATIVE,
        dice.nextBoolean() ? Rule.Level.HOST : Rule.Level.domain(dice.nextInt(2)),
        !rarely());
  }
}
