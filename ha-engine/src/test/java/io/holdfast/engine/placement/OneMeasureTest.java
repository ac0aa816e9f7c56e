package io.holdfast.engine.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.PlacementMode;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.Rebalancing;
import io.holdfast.engine.planning.Rebalancing.By;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the engine balances and what is proposed for a snapshot is measured alike. */
class OneMeasureTest {
  private static final List<String> NAMES = List.of("cpu", "memory", "disk");

  private final Random dice = new Random(5);
  private final List<HostSnapshot> hosts = new ArrayList<>();
  private final List<WorkloadSnapshot> workloads = new ArrayList<>();

  @Test
  void hostsAreAsUnevenForOneAsForTheOther() {
    for (int i = 0; i < 500; i++) {
      for (By by : By.values()) {
        hosts.clear();
        workloads.clear();
        Placer placer = cluster(by);
        ClusterSnapshot cluster = new ClusterSnapshot(NAMES, hosts, workloads, List.of());
        Rebalancing.Options none = Rebalancing.Options.DEFAULT.with(by).withMostMoves(0);
        assertThat(Rebalance.imbalance(placer))
            .isCloseTo(Rebalancing.propose(cluster, none).before(), within(1e-9));
      }
    }
  }

  private Placer cluster(By by) {
    Placer placer =
        Clusters.placer(by == By.LOAD ? PlacementMode.DYNAMIC : PlacementMode.STATIC, true);
    int size = 1 + dice.nextInt(6);
    for (int h = 0; h < size; h++) {
      host(placer, "h" + h);
    }
    for (int w = dice.nextInt(20); w > 0; w--) {
      workload(placer, "vm:" + w, "h" + dice.nextInt(size), by);
    }
    return placer;
  }

  /** With nothing of a dimension, or with no limit, now and then. */
  private void host(Placer placer, String name) {
    long[] capacity = new long[NAMES.size()];
    Map<String, Long> limits = new TreeMap<>();
    for (int d = 0; d < capacity.length; d++) {
      int kind = dice.nextInt(5);
      capacity[d] = kind == 0 ? Amounts.MOST : kind == 1 ? 0 : 1 + dice.nextInt(50);
      if (kind > 0) {
        limits.put(NAMES.get(d), capacity[d]);
      }
    }
    boolean standby = dice.nextInt(6) == 0;
    HostSnapshot.State state = standby ? HostSnapshot.State.STANDBY : HostSnapshot.State.UP;
    hosts.add(HostSnapshot.of(name, capacity).with(state));
    placer.putHost(Host.of(name, Capacity.of(limits)), standby);
    placer.setUsable(Clusters.h(name));
  }

  private void workload(Placer placer, String id, String host, By by) {
    long[] demand = new long[NAMES.size()];
    long[] load = new long[NAMES.size()];
    Map<String, Long> demands = new TreeMap<>();
    Map<String, Long> used = new TreeMap<>();
    for (int d = 0; d < demand.length; d++) {
      demand[d] = dice.nextInt(9);
      load[d] = 1000L * dice.nextInt(9);
      demands.put(NAMES.get(d), demand[d]);
      used.put(NAMES.get(d), load[d] / 1000);
    }
    boolean measured = by == By.LOAD && dice.nextBoolean();
    WorkloadSnapshot snapshot = WorkloadSnapshot.of(id, host, demand);
    workloads.add(
        new WorkloadSnapshot(
            snapshot.id(),
            snapshot.demand(),
            1,
            0,
            snapshot.host(),
            snapshot.desired(),
            snapshot.requires(),
            true,
            measured ? Optional.of(Amounts.of(load)) : Optional.empty()));
    placer.putWorkload(
        new Need(
            snapshot.id(),
            Capacity.of(demands),
            measured ? Optional.of(Capacity.of(used)) : Optional.empty(),
            new TreeMap<>(),
            new TreeSet<>(),
            true),
        snapshot.host());
  }
}
