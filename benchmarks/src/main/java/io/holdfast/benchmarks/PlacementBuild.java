package io.holdfast.benchmarks;

import io.holdfast.api.PlacementMode;
import io.holdfast.engine.placement.Placer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to build the whole placement state: 10,000 hosts and 200,000 workloads. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 9)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx3g", "-XX:+UseSerialGC"})
public class PlacementBuild {
  private static final int HOSTS = 10_000;

  private PlacedCluster cluster = new PlacedCluster(0);

  /** What it is built of. */
  @Setup
  public void fill() {
    cluster = new PlacedCluster(HOSTS);
  }

  /** From nothing to a state that can be asked. */
  @Benchmark
  public Placer build() {
    return cluster.placer(PlacementMode.STATIC);
  }
}
