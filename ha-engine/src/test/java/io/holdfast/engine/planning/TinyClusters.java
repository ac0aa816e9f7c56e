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

/** Clusters so small that everything can be tried, with whatever a cluster can have. */
final class TinyClusters {
  private final Random dice;
  private final int dimensions;

  TinyClusters(long seed) {
    dice = new Random(seed);
    dimensions = 1 + dice.nextInt(2);
  }

  ClusterSnapshot cluster() {
    List<HostSnapshot> hosts = new ArrayList<>();
    int size = 2 + dice.nextInt(4);
    boolean equal = dice.nextInt(3) == 0;
    int most = 4 + dice.nextInt(8);
    for (int h = 0; h < size; h++) {
      hosts.add(host(h, equal ? most : 2 + dice.nextInt(most)));
    }
    List<WorkloadSnapshot> workloads = new ArrayList<>();
    int count = dice.nextInt(9);
    for (int w = 0; w < count; w++) {
      workloads.add(workload(w, size));
    }
    List<Rule> rules = new ArrayList<>();
    for (int r = dice.nextInt(3); r > 0 && count > 1; r--) {
      rules.add(rule("r" + r, workloads, size));
    }
    List<String> names = dimensions == 1 ? List.of("cpu") : List.of("cpu", "memory");
    return new ClusterSnapshot(names, hosts, workloads, rules);
  }

  int below(int bound) {
    return dice.nextInt(bound);
  }

  HostSnapshot host(int h, int capacity) {
    SortedMap<String, String> labels = new TreeMap<>();
    if (dice.nextInt(4) > 0) {
      labels.put("zone", "a");
    }
    SortedSet<String> kinds = new TreeSet<>();
    if (dice.nextInt(8) == 0) {
      kinds.add("vm");
    }
    State state =
        switch (dice.nextInt(12)) {
          case 0 -> State.FAILED;
          case 1 -> State.MAINTENANCE;
          case 2 -> State.STANDBY;
          default -> State.UP;
        };
    return new HostSnapshot(
        new HostId("h" + h),
        amounts(capacity),
        dice.nextInt(6) == 0 ? List.of() : List.of("rack" + h % 3),
        state,
        labels,
        kinds,
        dice.nextInt(5) == 0 ? new TreeSet<>() : new TreeSet<>(List.of("net")),
        each(dice.nextInt(5) == 0 ? 50 + dice.nextInt(200) : 100),
        each(dice.nextInt(6) == 0 ? dice.nextInt(4) : 0));
  }

  private Amounts each(long value) {
    return Amounts.all(dimensions, value);
  }

  WorkloadSnapshot workload(int w, int hosts) {
    SortedMap<String, String> requires = new TreeMap<>();
    if (dice.nextInt(8) == 0) {
      requires.put("zone", "a");
    }
    return new WorkloadSnapshot(
        WorkloadId.parse((w % 5 == 4 ? "ct:" : "vm:") + w),
        amounts(dice.nextInt(4)),
        1,
        0,
        dice.nextInt(10) == 0
            ? Optional.empty()
            : Optional.of(new HostId("h" + dice.nextInt(hosts))),
        dice.nextInt(10) == 0 ? DesiredState.STOPPED : DesiredState.STARTED,
        requires,
        dice.nextInt(8) == 0 ? new TreeSet<>(List.of("net")) : new TreeSet<>(),
        dice.nextInt(6) > 0,
        dice.nextInt(3) == 0 ? Optional.of(amounts(1000 * dice.nextInt(4))) : Optional.empty());
  }

  private Amounts amounts(int about) {
    return dimensions == 1
        ? Amounts.of(about)
        : Amounts.of(about, Math.max(0, about + dice.nextInt(3) - 1));
  }

  Rule rule(String id, List<WorkloadSnapshot> workloads, int hosts) {
    SortedSet<WorkloadId> members = new TreeSet<>();
    for (int i = 0; i < 3; i++) {
      members.add(workloads.get(dice.nextInt(workloads.size())).id());
    }
    boolean strict = dice.nextInt(5) > 0;
    if (dice.nextInt(3) == 0) {
      SortedMap<HostId, Integer> preferred = new TreeMap<>();
      for (int i = 0; i < 2; i++) {
        preferred.put(new HostId("h" + dice.nextInt(hosts)), dice.nextInt(3));
      }
      return new Rule.HostAffinity(id, members, preferred, strict);
    }
    return new Rule.WorkloadAffinity(
        id,
        members,
        dice.nextInt(3) == 0 ? Rule.Kind.POSITIVE : Rule.Kind.NEGATIVE,
        dice.nextBoolean() ? Rule.Level.HOST : Rule.Level.domain(0),
        strict);
  }
}
