package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Large clusters that leave no way out: full in turn in each dimension, odd sizes, a part of the
 * hosts lost, rules over everything, preferences of thousands.
 */
final class HostileClusters {
  private final Random dice;
  private final int hosts;
  private final int workloads;
  private final int dimensions;

  HostileClusters(long seed, int hosts, int workloads) {
    dice = new Random(seed);
    this.hosts = hosts;
    this.workloads = workloads;
    dimensions = 1 + dice.nextInt(4);
  }

  ClusterSnapshot cluster() {
    int perHost = workloads / hosts;
    int lostOf = 2 + dice.nextInt(12);
    List<HostSnapshot> all = new ArrayList<>();
    List<WorkloadSnapshot> there = new ArrayList<>();
    for (int h = 0; h < hosts; h++) {
      long[] used = new long[dimensions];
      for (int i = 0; i < perHost; i++) {
        long[] demand = new long[dimensions];
        for (int d = 0; d < dimensions; d++) {
          demand[d] = 1L + dice.nextInt(9_973);
          used[d] += demand[d];
        }
        there.add(workload(there.size(), h, demand));
      }
      for (int d = 0; d < dimensions; d++) {
        used[d] += d == h % dimensions ? dice.nextInt(4_000) : dice.nextInt(40_000);
      }
      all.add(
          new HostSnapshot(
              new HostId("h" + h),
              Amounts.of(used),
              List.of("dc" + h % 3, "rack" + h % 40),
              h % lostOf == 0 ? State.FAILED : State.UP,
              new TreeMap<>(),
              new TreeSet<>()));
    }
    List<Rule> rules = new ArrayList<>();
    for (int r = 0; r < workloads / 20; r++) {
      rules.add(rule("r" + r, 2 + dice.nextInt(r % 100 == 0 ? workloads / 4 : 6)));
    }
    List<String> names = List.of("cpu", "memory", "disk", "net").subList(0, dimensions);
    return new ClusterSnapshot(names, all, there, rules);
  }

  private WorkloadSnapshot workload(int number, int host, long[] demand) {
    return new WorkloadSnapshot(
        new WorkloadId("vm", Integer.toString(number)),
        Amounts.of(demand),
        1 + dice.nextInt(1_000),
        dice.nextInt(10),
        Optional.of(new HostId("h" + host)),
        DesiredState.STARTED,
        new TreeMap<>(),
        true,
        Optional.empty());
  }

  private Rule rule(String id, int size) {
    SortedSet<WorkloadId> members = new TreeSet<>();
    for (int i = 0; i < size; i++) {
      members.add(new WorkloadId("vm", Integer.toString(dice.nextInt(workloads))));
    }
    int what = dice.nextInt(10);
    if (what < 3) {
      SortedMap<HostId, Integer> on = new TreeMap<>();
      for (int h = 0; h < 1 + hosts / 2; h++) {
        on.put(new HostId("h" + dice.nextInt(hosts)), dice.nextInt(5));
      }
      return new Rule.HostAffinity(id, members, on, size < 10 && what > 0);
    }
    return new Rule.WorkloadAffinity(
        id,
        members,
        what == 3 ? Rule.Kind.POSITIVE : Rule.Kind.NEGATIVE,
        dice.nextInt(3) > 0 ? Rule.Level.HOST : Rule.Level.domain(dice.nextInt(2)),
        size < 10 && what > 4);
  }
}
