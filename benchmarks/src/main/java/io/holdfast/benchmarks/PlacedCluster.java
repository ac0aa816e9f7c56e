package io.holdfast.benchmarks;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Rule;
import io.holdfast.api.Rule.HostAffinity;
import io.holdfast.api.Rule.Kind;
import io.holdfast.api.Rule.Level;
import io.holdfast.api.Rule.WorkloadAffinity;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Need;
import io.holdfast.engine.placement.PlacementPolicy;
import io.holdfast.engine.placement.Placer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a placement state is built of: two sizes of host, filled to about seven tenths with
 * workloads of many sizes, twenty for each host, and rules on a tenth of them.
 */
final class PlacedCluster {
  static final int PER_HOST = 20;

  final List<Host> hosts = new ArrayList<>();
  final List<Need> needs = new ArrayList<>();
  final List<Rule> rules = new ArrayList<>();

  PlacedCluster(int size) {
    SplittableRandom dice = new SplittableRandom(1);
    for (int i = 0; i < size; i++) {
      long large = i % 3 == 0 ? 2 : 1;
      hosts.add(
          new Host(
              new HostId("h" + i),
              Capacity.of(64 * large, 262_144 * large),
              List.of("dc" + i % 3, "rack" + i % 250),
              new TreeMap<>(),
              new TreeSet<>()));
    }
    for (int i = 0; i < size * PER_HOST; i++) {
      Capacity demand = Capacity.of(1 + dice.nextInt(5), 4096L * (1 + dice.nextInt(4)));
      needs.add(Need.of(new WorkloadId("vm", Integer.toString(i)), demand));
    }
    for (int i = 0; i + 3 < needs.size(); i += 30) {
      rules.add(rule(i));
    }
  }

  private Rule rule(int i) {
    TreeSet<WorkloadId> members = new TreeSet<>();
    needs.subList(i, i + 3).forEach(need -> members.add(need.workload()));
    if (i % 4 == 0) {
      SortedMap<HostId, Integer> some = new TreeMap<>();
      for (int h = 0; h < 8; h++) {
        some.put(host(i + 13 * h), h % 2);
      }
      return new HostAffinity("r" + i, members, some, i % 8 == 0);
    }
    Level level = i % 4 == 1 ? Level.HOST : Level.domain(1);
    return new WorkloadAffinity("r" + i, members, Kind.NEGATIVE, level, true);
  }

  /** Where the workload of this number is at first. */
  HostId host(int workload) {
    return hosts.get(workload % hosts.size()).id();
  }

  WorkloadId workload(int number) {
    return needs.get(number).workload();
  }

  /** All of it at once, hosts opened last, as a controller does that takes over. */
  Placer placer(PlacementMode mode) {
    Placer placer = new Placer(new PlacementPolicy(mode, true));
    rules.forEach(placer::putRule);
    hosts.forEach(placer::putHost);
    for (int i = 0; i < needs.size(); i++) {
      placer.putWorkload(needs.get(i), Optional.of(host(i)));
    }
    hosts.forEach(host -> placer.setUsable(host.id()));
    return placer;
  }

  /** What is left of every host, in the order of dimensions that {@link Capacity#of} has. */
  long[][] free() {
    long[][] free = new long[hosts.size()][];
    for (int h = 0; h < free.length; h++) {
      free[h] = amounts(hosts.get(h).capacity());
    }
    for (int i = 0; i < needs.size(); i++) {
      long[] demand = amounts(needs.get(i).demand());
      for (int d = 0; d < demand.length; d++) {
        free[i % free.length][d] -= demand[d];
      }
    }
    return free;
  }

  private static long[] amounts(Capacity capacity) {
    return capacity.amounts().values().stream().mapToLong(Long::longValue).toArray();
  }
}
