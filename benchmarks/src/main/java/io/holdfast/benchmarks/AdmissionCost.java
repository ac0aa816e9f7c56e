package io.holdfast.benchmarks;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Admission;
import io.holdfast.engine.planning.AdmissionState;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.WorkloadSnapshot;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What admission control costs: {@code HOSTS WORKLOADS FAILURES PERCENT_FULL RULES}. Prints medians
 * of the thread's time, the first half of the runs thrown away.
 */
final class AdmissionCost {
  private static final int RUNS = 20;
  private static final int CHANGES = 2000;

  private AdmissionCost() {}

  public static void main(String[] args) {
    int hosts = Integer.parseInt(args[0]);
    int workloads = Integer.parseInt(args[1]);
    int failures = Integer.parseInt(args[2]);
    int percent = Integer.parseInt(args[3]);
    boolean rules = Boolean.parseBoolean(args[4]);
    ClusterSnapshot cluster = cluster(hosts, workloads, percent, rules);
    double[] millis = new double[RUNS];
    for (int run = 0; run < RUNS; run++) {
      long from = now();
      new Admission(cluster, Rule.Level.HOST).survives(failures);
      millis[run] = (now() - from) / 1e6;
    }
    Admission admission = new Admission(cluster, Rule.Level.HOST);
    Admission.Answer answer = admission.survives(failures);
    long from = now();
    Admission.Tolerance most = admission.maxFailures();
    System.out.printf(
        "any %d of %d hosts, %d workloads, %d %% full, rules %s: %.1f ms (first %.1f), %s; %s in"
            + " %.0f ms%n",
        failures,
        hosts,
        workloads,
        percent,
        rules,
        median(millis),
        millis[0],
        answer,
        most,
        (now() - from) / 1e6);
    changes(cluster, failures);
    firstStarts(cluster, failures);
  }

  /** What is nowhere starts, and it is asked what that breaks. */
  private static void firstStarts(ClusterSnapshot cluster, int failures) {
    List<WorkloadSnapshot> nowhere = new ArrayList<>();
    for (int i = 0; i < CHANGES; i++) {
      nowhere.add(
          WorkloadSnapshot.of("vm:new" + i, "h0", 1, 1024)
              .on(Optional.empty())
              .wanted(DesiredState.STOPPED));
    }
    List<WorkloadSnapshot> all = new ArrayList<>(cluster.workloads());
    all.addAll(nowhere);
    AdmissionState state =
        new AdmissionState(
            new ClusterSnapshot(cluster.dimensions(), cluster.hosts(), all, cluster.rules()),
            failures,
            Rule.Level.HOST,
            Admission.Effort.DEFAULT);
    boolean survives = state.answer().survives();
    double[] millis = new double[CHANGES];
    for (int i = 0; i < CHANGES; i++) {
      HostId host = new HostId("h" + i * 13 % cluster.hosts().size());
      long from = now();
      state.put(nowhere.get(i).on(Optional.of(host)).wanted(DesiredState.STARTED));
      survives = state.answer().survives();
      millis[i] = (now() - from) / 1e6;
    }
    double median = median(millis);
    Arrays.sort(millis, CHANGES / 2, CHANGES);
    System.out.printf(
        "a first start and its answer %.2f ms (99 %%: %.2f), survives: %s%n",
        median, millis[CHANGES - CHANGES / 200], survives);
  }

  /** A workload that is new, one that goes elsewhere, one that grows, one that is gone. */
  private static void changes(ClusterSnapshot cluster, int failures) {
    long from = now();
    AdmissionState state =
        new AdmissionState(cluster, failures, Rule.Level.HOST, Admission.Effort.DEFAULT);
    boolean survives = state.answer().survives();
    double begun = (now() - from) / 1e6;
    double[] millis = new double[CHANGES];
    int size = cluster.hosts().size();
    for (int change = 0; change < CHANGES; change++) {
      WorkloadSnapshot one = cluster.workloads().get(change * 7 % cluster.workloads().size());
      HostId host = new HostId("h" + change * 13 % size);
      from = now();
      switch (change % 4) {
        case 0 -> state.remove(one.id());
        case 1 -> state.put(one.on(Optional.of(host)));
        case 2 -> state.put(WorkloadSnapshot.of("vm:new" + change, host.value(), 4, 8192));
        default -> state.put(WorkloadSnapshot.of(one.id().toString(), host.value(), 16, 65536));
      }
      survives = state.answer().survives();
      millis[change] = (now() - from) / 1e6;
    }
    double median = median(millis);
    Arrays.sort(millis, CHANGES / 2, CHANGES);
    System.out.printf(
        "kept current: begun in %.0f ms, a change and its answer %.2f ms (99 %%: %.2f), survives:"
            + " %s%n",
        begun, median, millis[CHANGES - CHANGES / 200], survives);
  }

  /** The thread's own time: other work on the machine does not count. */
  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  static double median(double[] millis) {
    double[] warm = Arrays.copyOfRange(millis, millis.length / 2, millis.length);
    Arrays.sort(warm);
    return warm[warm.length / 2];
  }

  /** Hosts that differ, workloads of ordinary sizes, so many hundredths full. */
  static ClusterSnapshot cluster(int hosts, int workloads, int percent, boolean rules) {
    Random dice = new Random(7);
    List<WorkloadSnapshot> placed = new ArrayList<>();
    long[][] used = new long[hosts][2];
    for (int w = 0; w < workloads; w++) {
      int host = w % hosts;
      long cpu = 1L << dice.nextInt(5);
      long memory = cpu * 1024 * (1 + dice.nextInt(4));
      used[host][0] += cpu;
      used[host][1] += memory;
      placed.add(WorkloadSnapshot.of("vm:" + w, "h" + host, cpu, memory));
    }
    List<HostSnapshot> all = new ArrayList<>();
    for (int h = 0; h < hosts; h++) {
      int full = percent + dice.nextInt(21) - 10;
      all.add(
          HostSnapshot.of("h" + h, used[h][0] * 100 / full, used[h][1] * 100 / full)
              .in("rack" + h % 10));
    }
    List<Rule> some = new ArrayList<>();
    for (int r = 0; rules && r < workloads / 50; r++) {
      SortedSet<WorkloadId> members = new TreeSet<>();
      for (int i = 0; i < 5; i++) {
        members.add(placed.get(r * 50 + i).id());
      }
      some.add(
          r % 3 == 0
              ? pins("r" + r, members, r, hosts)
              : new Rule.WorkloadAffinity(
                  "r" + r, members, Rule.Kind.NEGATIVE, Rule.Level.HOST, true));
    }
    return new ClusterSnapshot(List.of("cpu", "memory"), all, placed, some);
  }

  private static Rule pins(String id, SortedSet<WorkloadId> members, int r, int hosts) {
    TreeMap<HostId, Integer> pins = new TreeMap<>();
    for (int i = 0; i < hosts / 3; i++) {
      pins.put(new HostId("h" + (r * 7 + i) % hosts), 1);
    }
    return new Rule.HostAffinity(id, members, pins, true);
  }
}
