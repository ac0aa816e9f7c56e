package io.holdfast.benchmarks;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.engine.planning.Admission;
import io.holdfast.engine.planning.AdmissionState;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanOptions;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

/**
 * What the pure functions cost: one of 100 hosts lost with 50 of 5,000 workloads, rules included;
 * whether any two of those hosts may fail, or any one of 1,000 with 50,000 workloads.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgs = {"-Xmx2g", "-XX:+UseSerialGC"})
public class PlanCost {
  private static final int PERCENT_FULL = 70;

  private final ClusterSnapshot hundred = AdmissionCost.cluster(100, 5_000, PERCENT_FULL, true);
  private final ClusterSnapshot thousand = AdmissionCost.cluster(1_000, 50_000, PERCENT_FULL, true);
  private ClusterSnapshot failed = hundred;
  private AdmissionState kept =
      new AdmissionState(hundred, 2, Rule.Level.HOST, Admission.Effort.DEFAULT);
  private int change;

  /** The first host fails. */
  @Setup
  public void fail() {
    List<HostSnapshot> hosts = new ArrayList<>(hundred.hosts());
    hosts.set(0, hosts.get(0).with(HostSnapshot.State.FAILED));
    failed = new ClusterSnapshot(hundred.dimensions(), hosts, hundred.workloads(), hundred.rules());
    if (plan().placed().size() != hundred.workloads().size() / hosts.size()) {
      throw new IllegalStateException("not all that was lost finds a host");
    }
    kept = new AdmissionState(hundred, 2, Rule.Level.HOST, Admission.Effort.DEFAULT);
  }

  /** Where all of it goes, without moves. */
  @Benchmark
  public Plan plan() {
    return Placement.plan(failed, PlanOptions.DEFAULT, System::nanoTime);
  }

  /** The same by a plain scan of all hosts for each, for room alone: the one with the most left. */
  @Benchmark
  public long scan() {
    int size = failed.hosts().size();
    long[][] free = new long[size][];
    for (int h = 0; h < size; h++) {
      free[h] = failed.hosts().get(h).capacity().toArray();
    }
    List<WorkloadSnapshot> lost = new ArrayList<>();
    for (WorkloadSnapshot workload : failed.workloads()) {
      int host = Integer.parseInt(workload.host().orElseThrow().value().substring(1));
      if (host == 0) {
        lost.add(workload);
      } else {
        take(free[host], workload);
      }
    }
    long placed = 0;
    for (WorkloadSnapshot workload : lost) {
      int best = 0;
      for (int h = 1; h < size; h++) {
        if (free[h][0] >= workload.demand().get(0)
            && free[h][1] >= workload.demand().get(1)
            && (best == 0 || free[h][0] > free[best][0])) {
          best = h;
        }
      }
      if (best > 0) {
        take(free[best], workload);
        placed++;
      }
    }
    return placed;
  }

  private static void take(long[] free, WorkloadSnapshot workload) {
    for (int d = 0; d < free.length; d++) {
      free[d] -= workload.demand().get(d);
    }
  }

  /** Any two of 100 hosts, from nothing. */
  @Benchmark
  public Admission.Answer anyTwoOfHundred() {
    return Admission.survives(hundred, 2, Rule.Level.HOST);
  }

  /** Any one of 1,000 hosts, from nothing. */
  @Benchmark
  public Admission.Answer anyOneOfThousand() {
    return Admission.survives(thousand, 1, Rule.Level.HOST);
  }

  /** Any two of 100 hosts once more, after one workload has gone elsewhere. */
  @Benchmark
  public Admission.Answer afterOneChange() {
    change++;
    WorkloadSnapshot one = hundred.workloads().get(change * 7 % hundred.workloads().size());
    HostId host = new HostId("h" + change * 13 % hundred.hosts().size());
    kept.put(one.on(Optional.of(host)));
    return kept.answer();
  }
}
