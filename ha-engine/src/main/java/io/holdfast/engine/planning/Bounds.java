package io.holdfast.engine.planning;

import java.util.Arrays;

/**
 * What no plan can exceed: all hosts are taken as one, cut as finely as one likes, in one dimension
 * or in a sum of several (Dantzig: Discrete-Variable Extremum Problems, 1957; surrogate constraints
 * as in Glover 1965).
 */
final class Bounds {
  /** Greater ones are not cut: a product would not be exact enough. */
  private static final long CUT = 1L << 40;

  private final Board board;
  private final int dimensions;
  private final long[] values;

  /** By host and dimension: room for what may change. */
  private final long[] room;

  /**
   * @param values what the running of each workload is worth
   */
  Bounds(Board board, long[] values) {
    this.board = board;
    this.values = values;
    dimensions = board.dimensions;
    room = board.capacity.clone();
    for (int w = 0; w < board.workloads; w++) {
      int home = board.home[w];
      if (home >= 0 && !board.movable[w] && !board.evictable[w]) {
        for (int d = 0; d < dimensions; d++) {
          room[home * dimensions + d] -= board.demand[w * dimensions + d];
        }
      }
    }
  }

  /** No more than this can run. */
  long most() {
    double[] total = new double[dimensions];
    long[] leaving = leaving();
    for (int h = 0; h < board.hosts; h++) {
      for (int d = 0; board.usable[h] && d < dimensions; d++) {
        int i = h * dimensions + d;
        total[d] += Math.max(leaving[i], room[i]); // what overfills a host may stay there
      }
    }
    long sure = 0;
    Hopeless hopeless = new Hopeless(board);
    int host = 0;
    int[] open = new int[board.workloads];
    int count = 0;
    for (int w = 0; w < board.workloads; w++) {
      int home = board.home[w];
      boolean counts = home >= 0 && board.usable[home];
      if (board.lost[w]) {
        host = hopeless.covers(w) ? -1 : hostOf(w, Math.max(0, host));
        if (host >= 0) {
          open[count++] = w;
        } else {
          hopeless.add(w);
        }
      } else if (home >= 0 && board.evictable[w] && counts) {
        open[count++] = w;
      } else if (home >= 0) {
        sure += values[w];
        for (int d = 0; board.movable[w] && counts && d < dimensions; d++) {
          total[d] -= board.demand[w * dimensions + d];
        }
      }
    }
    int[] candidates = Arrays.copyOf(open, count);
    long least = Long.MAX_VALUE;
    for (int d = 0; d < dimensions; d++) {
      double[] factors = new double[dimensions];
      factors[d] = 1;
      least = Math.min(least, knapsack(candidates, total, factors));
    }
    for (int part = 1; part < 8 && dimensions > 1; part++) {
      double[] factors = new double[dimensions];
      for (int d = 0; d < dimensions; d++) {
        double share = d == 0 ? part / 8.0 : (1 - part / 8.0) / (dimensions - 1);
        factors[d] = total[d] > 0 ? share / total[d] : 0;
      }
      least = Math.min(least, knapsack(candidates, total, factors));
    }
    return sure + least;
  }

  /** By host and dimension: the demand of what is there and may leave. */
  private long[] leaving() {
    long[] leaving = new long[room.length];
    for (int w = 0; w < board.workloads; w++) {
      int home = board.home[w];
      if (home >= 0 && (board.movable[w] || board.evictable[w])) {
        for (int d = 0; d < dimensions; d++) {
          leaving[home * dimensions + d] += board.demand[w * dimensions + d];
        }
      }
    }
    return leaving;
  }

  /**
   * A host that would take it if everything that may leave had left, -1 if there is none.
   *
   * @param first looked at before others
   */
  private int hostOf(int workload, int first) {
    for (int i = 0; i < board.hosts; i++) {
      int h = (first + i) % board.hosts;
      boolean fits = board.allows(workload, h);
      for (int d = 0; fits && d < dimensions; d++) {
        long demand = board.demand[workload * dimensions + d];
        fits = demand == 0 || demand <= room[h * dimensions + d];
      }
      if (fits) {
        return h;
      }
    }
    return -1;
  }

  private long knapsack(int[] candidates, double[] total, double[] factors) {
    double[] demand = new double[candidates.length];
    double[] density = new double[candidates.length];
    int[] positions = new int[candidates.length];
    double capacity = 0;
    for (int d = 0; d < dimensions; d++) {
      capacity += total[d] * factors[d];
    }
    for (int i = 0; i < candidates.length; i++) {
      for (int d = 0; d < dimensions; d++) {
        demand[i] += board.demand[candidates[i] * dimensions + d] * factors[d];
      }
      positions[i] = i;
      density[i] = demand[i] > 0 ? values[candidates[i]] / demand[i] : Double.MAX_VALUE;
    }
    double left = capacity * (1 + 1e-9);
    long sum = 0;
    for (int i : Packing.sorted(positions, density)) {
      long value = values[candidates[i]];
      if (demand[i] <= left) {
        left -= demand[i];
        sum += value;
      } else {
        return sum + cut(value, Math.max(0, left) / demand[i]);
      }
    }
    return sum;
  }

  private static long cut(long value, double share) {
    return value > CUT ? value : (long) Math.floor(value * share + 1e-3);
  }
}
