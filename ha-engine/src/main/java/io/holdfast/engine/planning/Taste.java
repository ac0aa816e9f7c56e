package io.holdfast.engine.planning;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.PlanOptions.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which of several hosts is the best for a workload that is started: the preferred ones, then those
 * that are not on standby, then where the fewest rules that are not strict are broken, then as the
 * strategy has it.
 */
final class Taste {
  private static final double PREFERENCE = 1e9;
  private static final double STANDBY = 1e6;
  private static final double BROKEN = 1e3;

  private final Board board;
  private final Strategy strategy;
  private final double[] scale;

  /** By number of the workload: the rules that say where it should rather be. */
  private final SortedMap<Integer, List<Rule>> wishes = new TreeMap<>();

  private final SortedMap<HostId, Integer> hostNumbers = new TreeMap<>();
  private final SortedMap<WorkloadId, Integer> workloadNumbers = new TreeMap<>();
  private int turn;

  Taste(Board board, Strategy strategy, double[] scale) {
    this.board = board;
    this.strategy = strategy;
    this.scale = scale;
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
    for (int h = 0; h < board.hosts; h++) {
      hostNumbers.put(board.cluster.hosts().get(h).id(), h);
    }
    for (int w = 0; w < board.workloads; w++) {
      workloadNumbers.put(board.cluster.workloads().get(w).id(), w);
    }
    for (Rule rule : soft) {
      for (WorkloadId id : rule.workloads()) {
        Integer w = workloadNumbers.get(id);
        if (w != null && board.lost[w]) {
          List<Rule> known = wishes.get(w);
          if (known == null) {
            known = new ArrayList<>();
            wishes.put(w, known);
          }
          known.add(rule);
        }
      }
    }
  }

  /** The best of the hosts that take the workload, -1 if none does. */
  int best(int workload, Assignment state) {
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

  private double score(int workload, int host, Assignment state) {
    boolean last = board.standby[host] == (strategy != Strategy.STANDBY);
    double score = last ? STANDBY : 0;
    List<Rule> rules = wishes.get(workload);
    if (rules != null) {
      for (Rule rule : rules) {
        score +=
            rule instanceof Rule.HostAffinity affinity
                ? PREFERENCE * behind(affinity, board.cluster.hosts().get(host).id())
                : BROKEN * broken((Rule.WorkloadAffinity) rule, workload, host, state);
      }
    }
    return score + rank(workload, host, state);
  }

  /** How many priorities are higher than the host's. */
  private static int behind(Rule.HostAffinity affinity, HostId host) {
    Integer own = affinity.hosts().get(host);
    SortedMap<Integer, Integer> higher = new TreeMap<>();
    for (int priority : affinity.hosts().values()) {
      if (own == null || priority > own) {
        higher.put(priority, 1);
      }
    }
    return higher.size();
  }

  private int broken(Rule.WorkloadAffinity rule, int workload, int host, Assignment state) {
    int broken = 0;
    for (WorkloadId id : rule.workloads()) {
      Integer other = workloadNumbers.get(id);
      if (other != null && other != workload && state.at[other] >= 0) {
        boolean together = samePlace(rule.level(), host, state.at[other]);
        broken += together == (rule.kind() == Rule.Kind.NEGATIVE) ? 1 : 0;
      }
    }
    return Math.min(broken, 900);
  }

  private boolean samePlace(Rule.Level level, int one, int other) {
    if (one == other || level.isHost()) {
      return one == other;
    }
    List<String> path = board.cluster.hosts().get(one).domain();
    List<String> path2 = board.cluster.hosts().get(other).domain();
    int length = level.index() + 1;
    return path.size() >= length
        && path2.size() >= length
        && path.subList(0, length).equals(path2.subList(0, length));
  }

  private double rank(int workload, int host, Assignment state) {
    if (strategy == Strategy.ROUND_ROBIN) {
      return (host - turn + 2.0 * board.hosts) % board.hosts / board.hosts;
    }
    double fullest = 0;
    double room = 0;
    for (int d = 0; d < board.dimensions; d++) {
      double capacity = board.capacity[host * board.dimensions + d];
      double left =
          state.free[host * board.dimensions + d] - board.demand[workload * board.dimensions + d];
      fullest = Math.max(fullest, capacity > 0 ? 1 - left / capacity : 0);
      room += left * scale[d];
    }
    return switch (strategy) {
      case PACKED -> 100 - fullest;
      case DRS -> 100 - room;
      case BALANCED, ROUND_ROBIN, STANDBY -> fullest;
    };
  }

  /** What is started goes to the best hosts that are left for it; the worth stays as it is. */
  void refine(int[] lost, Assignment state) {
    for (int w : lost) {
      int before = state.at[w];
      if (before >= 0) {
        state.take(w);
        state.put(w, best(w, state));
      }
    }
  }
}
