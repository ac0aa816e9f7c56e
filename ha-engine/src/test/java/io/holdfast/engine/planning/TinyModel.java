package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.PlanOptions.Objective;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Everything that can be done to a tiny cluster step by step, and the best that comes of it. */
final class TinyModel {
  private static final int OUT = -1;

  private final ClusterSnapshot cluster;
  private final PlanOptions options;
  private final int[] start;
  private final SortedMap<WorkloadId, Integer> numbers = new TreeMap<>();

  TinyModel(ClusterSnapshot cluster, PlanOptions options) {
    this.cluster = cluster;
    this.options = options;
    SortedMap<HostId, Integer> hosts = new TreeMap<>();
    for (int h = 0; h < cluster.hosts().size(); h++) {
      hosts.put(cluster.hosts().get(h).id(), h);
    }
    start = new int[cluster.workloads().size()];
    for (int w = 0; w < start.length; w++) {
      WorkloadSnapshot workload = cluster.workloads().get(w);
      numbers.put(workload.id(), w);
      start[w] = workload.host().map(hosts::get).orElse(OUT);
      if (start[w] != OUT && cluster.hosts().get(start[w]).state() == State.FAILED) {
        start[w] = OUT;
      }
    }
  }

  /**
   * The greatest weight less the price of getting there, and by priority from the highest on the
   * best counts.
   */
  record Best(long worth, List<Integer> counts) {}

  /** Where everything is, and the least that getting there costs. */
  private static final class Reached {
    private final int[] state;
    private final long price;

    Reached(int[] state, long price) {
      this.state = state;
      this.price = price;
    }
  }

  Best best() {
    long worth = Long.MIN_VALUE;
    List<Integer> counts = null;
    SortedSet<String> seen = new TreeSet<>();
    Queue<Reached> open = new PriorityQueue<>(Comparator.comparingLong(r -> r.price));
    open.add(new Reached(start, 0));
    while (!open.isEmpty()) {
      Reached reached = open.remove();
      int[] state = reached.state;
      if (!seen.add(Arrays.toString(state))) {
        continue;
      }
      worth = Math.max(worth, weight(state) - reached.price);
      List<Integer> here = counts(state);
      counts = counts == null || compare(here, counts) > 0 ? here : counts;
      for (int w = 0; w < state.length; w++) {
        for (int h = OUT; h < cluster.hosts().size(); h++) {
          if (may(state, w, h)) {
            int[] next = state.clone();
            next[w] = h;
            open.add(new Reached(next, reached.price + price(state[w], h)));
          }
        }
      }
    }
    return new Best(worth, counts == null ? List.of() : counts);
  }

  private long price(int from, int to) {
    if (from == OUT) {
      return 0;
    }
    return to == OUT ? options.evictionPrice() : options.movePrice();
  }

  private long weight(int[] state) {
    long weight = 0;
    for (int w = 0; w < state.length; w++) {
      long own = cluster.workloads().get(w).weight();
      weight += (state[w] == OUT ? 0 : own) - (start[w] == OUT ? 0 : own);
    }
    return weight;
  }

  private List<Integer> counts(int[] state) {
    SortedMap<Integer, Integer> byPriority = new TreeMap<>();
    for (int w = 0; w < state.length; w++) {
      byPriority.merge(
          -cluster.workloads().get(w).priority(), state[w] == OUT ? 0 : 1, Integer::sum);
    }
    return List.copyOf(byPriority.values());
  }

  static int compare(List<Integer> one, List<Integer> other) {
    for (int i = 0; i < one.size(); i++) {
      if (!one.get(i).equals(other.get(i))) {
        return one.get(i) - other.get(i);
      }
    }
    return 0;
  }

  private int number(WorkloadId id) {
    return Objects.requireNonNull(numbers.get(id), id::toString);
  }

  /** The counts of a plan, to be compared. */
  List<Integer> counts(Plan plan) {
    int[] state = start.clone();
    plan.placed().forEach(p -> state[number(p.workload())] = 0);
    plan.evicted().forEach(e -> state[number(e.workload())] = OUT);
    return counts(state);
  }

  private boolean may(int[] state, int w, int h) {
    WorkloadSnapshot workload = cluster.workloads().get(w);
    if (workload.desired() != DesiredState.STARTED || state[w] == h) {
      return false;
    }
    if (h == OUT) {
      return start[w] != OUT && options.eviction();
    }
    if (state[w] == OUT && start[w] != OUT) {
      return false;
    }
    if (state[w] != OUT
        && (start[w] == OUT || options.moves() == Moves.NONE || !workload.movable())) {
      return false;
    }
    HostSnapshot host = cluster.hosts().get(h);
    return host.isUsable()
        && (host.kinds().isEmpty() || host.kinds().contains(workload.id().kind()))
        && host.labels().entrySet().containsAll(workload.requires().entrySet())
        && host.conditions().containsAll(workload.conditions())
        && hasRoom(state, workload, h)
        && cluster.rules().stream().allMatch(rule -> agrees(rule, state, w, host));
  }

  private boolean hasRoom(int[] state, WorkloadSnapshot workload, int h) {
    for (int d = 0; d < cluster.dimensions().size(); d++) {
      long used = workload.demand().get(d);
      for (int other = 0; other < state.length; other++) {
        used += state[other] == h ? cluster.workloads().get(other).demand().get(d) : 0;
      }
      if (workload.demand().get(d) > 0 && used > room(cluster.hosts().get(h), d)) {
        return false;
      }
    }
    return true;
  }

  /** Of its own arithmetic: the capacity as often as it may be given, less what is promised. */
  static long room(HostSnapshot host, int d) {
    BigInteger limit =
        BigInteger.valueOf(host.capacity().get(d))
            .multiply(BigInteger.valueOf(host.overcommit().get(d)))
            .divide(BigInteger.valueOf(100));
    return limit.longValueExact() - host.promised().get(d);
  }

  private boolean agrees(Rule rule, int[] state, int w, HostSnapshot host) {
    WorkloadId id = cluster.workloads().get(w).id();
    if (!rule.strict() || !rule.workloads().contains(id)) {
      return true;
    }
    if (rule instanceof Rule.HostAffinity affinity) {
      return affinity.hosts().containsKey(host.id());
    }
    Rule.WorkloadAffinity affinity = (Rule.WorkloadAffinity) rule;
    boolean together = affinity.kind() == Rule.Kind.POSITIVE;
    for (WorkloadId member : rule.workloads()) {
      Integer other = numbers.get(member);
      if (other == null || other == w || state[other] == OUT) {
        continue;
      }
      boolean stopped = cluster.workloads().get(other).desired() != DesiredState.STARTED;
      boolean same = HeldRoom.samePlace(affinity.level(), host, cluster.hosts().get(state[other]));
      if (same != together && !(together && stopped)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the plan is as good as can be. */
  boolean isBest(Plan plan, Best best) {
    return options.objective() == Objective.WEIGHT
        ? plan.worth() == best.worth()
        : compare(counts(plan), best.counts()) == 0;
  }
}
