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
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Need;
import io.holdfast.engine.placement.PlacementPolicy;
import io.holdfast.engine.placement.Placer;
import io.holdfast.engine.placement.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to find a host for one workload, with rules on a tenth of the workloads, beside a
 * plain look at every host for room alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 3, time = 5)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx3g", "-XX:+UseSerialGC"})
public class PlacementCost {
  private static final int PER_HOST = 20;

  /** How many hosts; there are twenty workloads for each. */
  @Param({"100", "10000"})
  public int hosts = 100;

  /** How hosts are compared. */
  @Param({"BASIC", "STATIC"})
  public PlacementMode mode = PlacementMode.STATIC;

  private final List<WorkloadId> workloads = new ArrayList<>();
  private final List<HostId> ids = new ArrayList<>();
  private Placer placer = new Placer(PlacementPolicy.DEFAULT);
  private long[][] free = {};
  private int next;

  /** Two sizes of host, filled to about seven tenths with workloads of many sizes. */
  @Setup
  public void fill() {
    SplittableRandom dice = new SplittableRandom(1);
    placer = new Placer(new PlacementPolicy(mode, true));
    free = new long[hosts][2];
    for (int i = 0; i < hosts; i++) {
      long size = i % 3 == 0 ? 2 : 1;
      Host host =
          new Host(
              new HostId("h" + i),
              Capacity.of(64 * size, 262_144 * size),
              List.of("dc" + i % 3, "rack" + i % 250),
              new TreeMap<>(),
              new TreeSet<>());
      placer.putHost(host);
      placer.setUsable(host.id());
      ids.add(host.id());
      free[i] = new long[] {64 * size, 262_144 * size};
    }
    for (int i = 0; i < hosts * PER_HOST; i++) {
      WorkloadId id = new WorkloadId("vm", Integer.toString(i));
      long cpu = 1 + dice.nextInt(5);
      long memory = 4096L * (1 + dice.nextInt(4));
      placer.putWorkload(Need.of(id, Capacity.of(cpu, memory)));
      workloads.add(id);
      int host = i % hosts;
      placer.place(id, ids.get(host));
      free[host][0] -= cpu;
      free[host][1] -= memory;
    }
    for (int i = 0; i + 3 < hosts * PER_HOST; i += 30) {
      placer.putRule(rule(i));
    }
  }

  private Rule rule(int i) {
    TreeSet<WorkloadId> members = new TreeSet<>(workloads.subList(i, i + 3));
    if (i % 4 == 0) {
      SortedMap<HostId, Integer> some = new TreeMap<>();
      for (int h = 0; h < 8; h++) {
        some.put(ids.get((i + 13 * h) % hosts), h % 2);
      }
      return new HostAffinity("r" + i, members, some, i % 8 == 0);
    }
    Level level = i % 4 == 1 ? Level.HOST : Level.domain(1);
    return new WorkloadAffinity("r" + i, members, Kind.NEGATIVE, level, true);
  }

  /** The index of the placer: any workload, with its rules, as if it were nowhere. */
  @Benchmark
  public Choice choose() {
    next = (next + 7919) % workloads.size();
    return placer.choose(workloads.get(next), Wish.BEST);
  }

  /** The same, and it is placed there, with which the index changes. */
  @Benchmark
  public Choice chooseAndPlace() {
    next = (next + 7919) % workloads.size();
    WorkloadId workload = workloads.get(next);
    Choice choice = placer.choose(workload, Wish.BEST);
    if (choice instanceof Choice.Chosen there) {
      placer.place(workload, there.host());
    }
    return choice;
  }

  /** A plain scan: the host with the most memory left of those with room. Knows no rules. */
  @Benchmark
  public int scan() {
    next = (next + 7919) % workloads.size();
    long cpu = 1 + next % 5;
    long memory = 4096L * (1 + next % 4);
    int best = -1;
    for (int i = 0; i < free.length; i++) {
      long[] left = free[i];
      if (left[0] >= cpu && left[1] >= memory && (best < 0 || left[1] > free[best][1])) {
        best = i;
      }
    }
    return best;
  }
}
