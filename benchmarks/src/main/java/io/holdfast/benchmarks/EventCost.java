package io.holdfast.benchmarks;

import io.holdfast.api.Capacity;
import io.holdfast.engine.core.ControllerCore;
import io.holdfast.engine.core.ControllerEffect;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.StateRecord;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What one event costs that comes all the time; the same in a small cluster and in a large one. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 3, time = 5)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx3g", "-XX:+UseSerialGC"})
public class EventCost {

  /** A cluster, and the next event of one of its hosts. */
  @State(Scope.Thread)
  public abstract static class Led {
    @Param({"1000", "10000"})
    int hosts;

    /** Workloads that wait for room that no host has. */
    @Param({"0", "1000"})
    int waiting;

    Cluster cluster = new Cluster(0);
    ControllerCore core = cluster.core;
    ControllerEvent event = new ControllerEvent.Ticked(0);
    private int host;

    @Setup
    public void lead() {
      cluster = Cluster.led(hosts);
      core = cluster.core;
      for (int i = 0; i < waiting; i++) {
        StateRecord record =
            new StateRecord.WorkloadConfig(Cluster.unplaced(i, Capacity.of(1000, 1)));
        cluster.commits(core.step(cluster.read(record)));
      }
    }

    @Setup(Level.Invocation)
    public void next() {
      // Not one after the other: neighbours would share what is in the processor's cache.
      host = (host + 7919) % hosts;
      event = eventOf(host);
    }

    abstract ControllerEvent eventOf(int host);
  }

  /** The renewal of a lease, which every host sends several times within the grace period. */
  public static class Renewal extends Led {
    @Override
    ControllerEvent eventOf(int host) {
      cluster.now += Cluster.TIMINGS.renewInterval().toNanos() / hosts;
      return cluster.renewed(host);
    }
  }

  /** A report that says what the last one said, as after every resynchronisation. */
  public static class SameReport extends Led {
    @Override
    ControllerEvent eventOf(int host) {
      return cluster.read(cluster.report(host, Condition.RUNNING));
    }
  }

  /** A report in which one workload stands otherwise. */
  public static class OtherReport extends Led {
    private long reports;

    @Override
    ControllerEvent eventOf(int host) {
      boolean odd = reports++ / hosts % 2 == 0;
      return cluster.read(cluster.report(host, odd ? Condition.STARTING : Condition.RUNNING));
    }
  }

  @Benchmark
  public List<ControllerEffect> lease(Renewal next) {
    return next.core.step(next.event);
  }

  @Benchmark
  public List<ControllerEffect> reportUnchanged(SameReport next) {
    return next.core.step(next.event);
  }

  @Benchmark
  public List<ControllerEffect> reportChanged(OtherReport next) {
    return next.core.step(next.event);
  }
}
