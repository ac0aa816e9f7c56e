package io.holdfast.benchmarks;

import io.holdfast.api.PlacementMode;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.PlacementPolicy;
import io.holdfast.engine.placement.Placer;
import io.holdfast.engine.placement.Wish;
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
 * plain look at every host for room alone. Placements a second are one over the mean of {@link
 * #place}.
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
  /** How many hosts; there are twenty workloads for each. */
  @Param({"100", "10000"})
  public int hosts = 100;

  /** How hosts are compared. */
  @Param({"BASIC", "STATIC"})
  public PlacementMode mode = PlacementMode.STATIC;

  private PlacedCluster cluster = new PlacedCluster(0);
  private Placer placer = new Placer(PlacementPolicy.DEFAULT);
  private long[][] free = {};
  private int next;

  /** Everything is somewhere. */
  @Setup
  public void fill() {
    cluster = new PlacedCluster(hosts);
    placer = cluster.placer(mode);
    free = cluster.free();
  }

  private WorkloadId next() {
    next = (next + 7919) % cluster.needs.size();
    return cluster.workload(next);
  }

  /** The index of the placer: any workload, with its rules, as if it were nowhere. */
  @Benchmark
  public Choice choose() {
    return placer.choose(next(), Wish.BEST);
  }

  /** One that has lost its host gets another, with which the index changes twice. */
  @Benchmark
  public Choice place() {
    WorkloadId workload = next();
    placer.vacate(workload);
    Choice choice = placer.choose(workload, Wish.BEST);
    if (choice instanceof Choice.Chosen there) {
      placer.place(workload, there.host());
    }
    return choice;
  }

  /** A plain scan: the host with the most memory left of those with room. Knows no rules. */
  @Benchmark
  public int scan() {
    next = (next + 7919) % cluster.needs.size();
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
