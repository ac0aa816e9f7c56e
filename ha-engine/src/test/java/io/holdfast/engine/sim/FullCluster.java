package io.holdfast.engine.sim;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;

/** Clusters in which less important workloads are stopped for what lost its host. */
final class FullCluster {
  private static final int PROCESSORS = 16;

  private FullCluster() {}

  /** As many run on each host as on any other. */
  static void spread(Scripts s) {
    for (int moves = 0; moves < 10; moves++) {
      List<HostId> hosts = new ArrayList<>(s.world.physical().hosts());
      hosts.sort(Comparator.comparing(host -> s.workloadsOn(host).size()));
      HostId least = hosts.get(0);
      List<WorkloadId> most = s.workloadsOn(hosts.get(hosts.size() - 1));
      if (most.size() - s.workloadsOn(least).size() < 2) {
        return;
      }
      WorkloadId moved = most.get(0);
      s.world.platform().move(moved, least, true);
      s.await(moved + " is on " + least, () -> s.hostsOf(moved).equals(List.of(least)));
      s.await("everything runs", s::everythingRuns);
    }
  }

  /** From now on a host has room for so many workloads, whichever they are. */
  static void fill(SimWorld world, int perHost) {
    for (Workload workload : world.platform().workloads()) {
      world
          .platform()
          .update(workload.id(), w -> w.withDemand(Capacity.of(PROCESSORS / perHost, 1)));
    }
    world.platform().updatePolicy(policy -> policy.toBuilder().makeRoom(MakeRoom.EVICT).build());
  }

  /**
   * From now on half of a host, which one of this host's workloads needs, is free on no other host
   * before another is moved to the third; all find room in the end.
   */
  static void scatter(SimWorld world, HostId host) {
    List<List<Integer>> others = new ArrayList<>(List.of(List.of(7, 5), List.of(6, 5)));
    for (HostId each : world.physical().hosts()) {
      List<Integer> demands = each.equals(host) ? List.of(8, 0) : others.remove(0);
      Iterator<Integer> next = demands.iterator();
      for (WorkloadId id : world.physical().copiesOn(each)) {
        int cpu = next.hasNext() ? next.next() : 0;
        world.platform().update(id, w -> w.withDemand(Capacity.of(cpu, 1)));
      }
    }
    world.platform().updatePolicy(policy -> policy.toBuilder().makeRoom(MakeRoom.MOVE).build());
  }

  /** As {@link #fill}; some need only half as much, so that what is free is scattered. */
  static void fillUnevenly(SimWorld world, int perHost, MakeRoom makeRoom, SplittableRandom dice) {
    for (Workload workload : world.platform().workloads()) {
      int most = PROCESSORS / perHost;
      int cpu = dice.nextBoolean() ? most : Math.max(1, most / 2);
      world.platform().update(workload.id(), w -> w.withDemand(Capacity.of(cpu, 1)));
    }
    world.platform().updatePolicy(policy -> policy.toBuilder().makeRoom(makeRoom).build());
  }

  /** Whether none that does not run is more important than one of these, which do. */
  static boolean hasTheMostImportant(Scripts s, int running) {
    List<Priority> priorities =
        s.world.platform().workloads().stream()
            .map(Workload::priority)
            .sorted(Comparator.reverseOrder())
            .limit(running)
            .toList();
    List<Priority> present =
        s.world.platform().workloads().stream()
            .filter(w -> s.has(w.id(), WorkloadStatus.STARTED) && s.copies(w.id()) == 1)
            .map(Workload::priority)
            .sorted(Comparator.reverseOrder())
            .toList();
    return present.equals(priorities);
  }
}
