package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.PlanOptions.Strategy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which of several hosts is the best for a workload that is started: the preferred ones, then those
 * that are not on standby, then where the fewest rules that are not strict are broken, then as the
 * strategy has it.
 */
final class Taste {
  private static final double STANDBY = 1e6;

  private final Board board;
  private final Strategy strategy;
  private final double[] scale;

  /** By number of the workload: the rules that say where it should rather be. */
  private final SortedMap<Integer, List<Wish>> wishes = new TreeMap<>();

  private final double[] wished;
  private int turn;

  Taste(Board board, Strategy strategy, double[] scale) {
    this.board = board;
    this.strategy = strategy;
    this.scale = scale;
    wished = new double[board.hosts];
    List<Rule> soft = new ArrayList<>();
    for (Rule rule : board.cluster.rules()) {
      if (isWish(rule)) {
        soft.add(rule);
      }
    }
    if (!soft.isEmpty()) {
      remember(soft);
    }
  }

  /** The same, that remembers nothing of what was asked. */
  Taste copy() {
    return new Taste(board, strategy, scale);
  }

  private static boolean isWish(Rule rule) {
    if (rule instanceof Rule.HostAffinity affinity) {
      SortedMap<Integer, Integer> priorities = new TreeMap<>();
      for (int priority : affinity.hosts().values()) {
        priorities.put(priority, 1);
      }
      return !rule.strict() || priorities.size() > 1;
    }
    return !rule.strict() && rule.workloads().size() > 1;
  }

  private void remember(List<Rule> soft) {
    SortedMap<HostId, Integer> hosts = new TreeMap<>();
    for (int h = 0; h < board.hosts; h++) {
      hosts.put(board.cluster.hosts().get(h).id(), h);
    }
    SortedMap<WorkloadId, Integer> workloads = new TreeMap<>();
    for (int w = 0; w < board.workloads; w++) {
      workloads.put(board.cluster.workloads().get(w).id(), w);
    }
    SortedMap<Integer, int[]> places = new TreeMap<>();
    for (Rule rule : soft) {
      int level = rule instanceof Rule.WorkloadAffinity affinity ? affinity.level().index() : -1;
      int[] at = places.get(level);
      if (at == null) {
        at = BoardCompiler.places(board.cluster.hosts(), level);
        places.put(level, at);
      }
      Wish wish = Wish.of(rule, workloads, hosts, at);
      for (WorkloadId id : rule.workloads()) {
        Integer w = workloads.get(id);
        if (w != null && board.lost[w]) {
          List<Wish> known = wishes.get(w);
          if (known == null) {
            known = new ArrayList<>();
            wishes.put(w, known);
          }
          known.add(wish);
        }
      }
    }
  }

  /**
   * The best of the hosts that take the workload, -1 if none does; the next one that does when the
   * budget is used up.
   */
  int best(int workload, Assignment state, Budget budget) {
    List<Wish> own = wishes.get(workload);
    long looks = board.hosts;
    if (own != null) {
      for (Wish wish : own) {
        looks += wish.looks() + board.hosts;
      }
    }
    return budget.isOverAfter(looks) ? next(workload, state) : best(workload, state);
  }

  /**
   * Whether a workload that is nowhere would go there. Where they take turns, none is the first.
   */
  boolean isFirst(int workload, int host, Assignment state) {
    return strategy != Strategy.ROUND_ROBIN && best(workload, state) == host;
  }

  /** The rules that would rather have a workload that is nowhere there than on some others. */
  List<Why> preferring(int workload, int host, Assignment state) {
    List<Why> preferring = new ArrayList<>();
    for (Wish wish : wishes.getOrDefault(workload, List.of())) {
      Arrays.fill(wished, 0);
      wish.add(workload, state, wished);
      boolean best = true;
      boolean worse = false;
      int free = 0;
      for (int h = 0; h < board.hosts; h++) {
        if (state.takes(workload, h)) {
          free++;
          best &= wished[h] >= wished[host];
          worse |= wished[h] > wished[host];
        }
      }
      if (best && worse) {
        preferring.add(new Why(Why.Code.PREFERRED, free, List.of(), Optional.of(wish.rule())));
      }
    }
    return preferring;
  }

  private int best(int workload, Assignment state) {
    Arrays.fill(wished, 0);
    for (Wish wish : wishes.getOrDefault(workload, List.of())) {
      wish.add(workload, state, wished);
    }
    int best = -1;
    double least = 0;
    for (int h = 0; h < board.hosts; h++) {
      if (state.takes(workload, h)) {
        double score = score(workload, h, state);
        if (best < 0 || score < least) {
          best = h;
          least = score;
        }
      }
    }
    if (best >= 0) {
      turn = best + 1;
    }
    return best;
  }

  private int next(int workload, Assignment state) {
    for (int i = 0; i < board.hosts; i++) {
      int host = (turn + i) % board.hosts;
      if (state.takes(workload, host)) {
        turn = host;
        return host;
      }
    }
    return -1;
  }

  private double score(int workload, int host, Assignment state) {
    boolean last = board.standby[host] == (strategy != Strategy.STANDBY);
    return (last ? STANDBY : 0) + wished[host] + rank(workload, host, state);
  }

  private double rank(int workload, int host, Assignment state) {
    if (strategy == Strategy.ROUND_ROBIN) {
      return (host - turn + 2.0 * board.hosts) % board.hosts / board.hosts;
    }
    double fullest = 0;
    double room = 0;
    for (int d = 0; d < board.dimensions; d++) {
      double limit = board.limit[host * board.dimensions + d];
      double left =
          state.free[host * board.dimensions + d] - board.demand[workload * board.dimensions + d];
      fullest = Math.max(fullest, limit > 0 ? 1 - left / limit : 0);
      room += left * scale[d];
    }
    return switch (strategy) {
      case PACKED -> 100 - fullest;
      case DRS -> 100 - room;
      case BALANCED, ROUND_ROBIN, STANDBY -> fullest;
    };
  }

  /** What is started goes to the best hosts that are left for it; the worth stays as it is. */
  void refine(int[] lost, Assignment state, Budget budget) {
    for (int w : lost) {
      int before = state.at[w];
      if (before >= 0 && !budget.isOverAfter(1)) {
        state.take(w);
        state.put(w, best(w, state, budget));
      }
    }
  }
}
