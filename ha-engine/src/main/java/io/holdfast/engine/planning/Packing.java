package io.holdfast.engine.planning;

/**
 * Puts workloads onto hosts one after the other. Which order and which host is best depends on the
 * case; several are tried and the best result counts. The families are those of vector bin packing:
 * by the room that is left, and by how well the demand's direction goes with that of the room
 * (Panigrahy, Talwar, Uyeda, Wieder: Heuristics for Vector Bin Packing, 2011).
 */
final class Packing {
  /** How a host is chosen. */
  enum Fit {
    /** The least room left, summed over the dimensions' shares. */
    TIGHT,
    /** The most room left. */
    LOOSE,
    /** The greatest product of demand and room: uses up what is plentiful there. */
    DOT,
    /** The host that is left with the least in the dimension that is the scarcest there. */
    SCARCE
  }

  private final Board board;
  private final int dimensions;

  /** By dimension: one over the capacity of a usable host on average. */
  final double[] scale;

  private final double[] sizes;

  Packing(Board board) {
    this.board = board;
    dimensions = board.dimensions;
    scale = scale(board);
    sizes = new double[board.workloads];
    for (int w = 0; w < sizes.length; w++) {
      for (int d = 0; d < dimensions; d++) {
        sizes[w] += board.demand[w * dimensions + d] * scale[d];
      }
    }
  }

  private static double[] scale(Board board) {
    double[] scale = new double[board.dimensions];
    int count = 0;
    for (int h = 0; h < board.hosts; h++) {
      if (board.usable[h]) {
        count++;
        for (int d = 0; d < scale.length; d++) {
          scale[d] += board.capacity[h * scale.length + d];
        }
      }
    }
    for (int d = 0; d < scale.length; d++) {
      scale[d] = scale[d] > 0 ? count / scale[d] : 0;
    }
    return scale;
  }

  /** The demand as a sum of shares of a usual host. */
  double size(int workload) {
    return sizes[workload];
  }

  /** The greatest share of a usual host. */
  double widest(int workload) {
    double widest = 0;
    for (int d = 0; d < dimensions; d++) {
      widest = Math.max(widest, board.demand[workload * dimensions + d] * scale[d]);
    }
    return widest;
  }

  /** Places what has a host, in the order given, as long as the budget lasts. */
  void place(int[] order, Assignment state, Fit fit, Budget budget) {
    Hopeless hopeless = new Hopeless(board);
    for (int w : order) {
      if (hopeless.covers(w)) {
        continue;
      }
      if (budget.isOverAfter(board.hosts)) {
        return;
      }
      int host = best(w, state, fit);
      if (host >= 0) {
        state.put(w, host);
      } else {
        hopeless.add(w);
      }
    }
  }

  /** The best host that takes the workload, -1 if none does. Standby hosts come last. */
  int best(int workload, Assignment state, Fit fit) {
    int best = -1;
    double least = 0;
    for (int h = 0; h < board.hosts; h++) {
      if (state.takes(workload, h)) {
        double score = score(workload, h, state, fit) + (board.standby[h] ? 1e6 : 0);
        if (best < 0 || score < least) {
          best = h;
          least = score;
        }
      }
    }
    return best;
  }

  private double score(int workload, int host, Assignment state, Fit fit) {
    double sum = 0;
    double narrowest = Double.MAX_VALUE;
    double dot = 0;
    for (int d = 0; d < dimensions; d++) {
      double demand = board.demand[workload * dimensions + d] * scale[d];
      double left = state.free[host * dimensions + d] * scale[d] - demand;
      sum += left;
      narrowest = Math.min(narrowest, left);
      dot += demand * (left + demand);
    }
    return switch (fit) {
      case TIGHT -> sum;
      case LOOSE -> -narrowest;
      case DOT -> -dot;
      case SCARCE -> narrowest;
    };
  }

  /**
   * Numbers sorted so that the greatest score comes first; of equal ones the first stays first.
   *
   * @param scores by position in {@code numbers}
   */
  static int[] sorted(int[] numbers, double[] scores) {
    int[] order = new int[numbers.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    mergeSort(order, new int[order.length], 0, order.length, scores);
    int[] result = new int[numbers.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = numbers[order[i]];
    }
    return result;
  }

  private static void mergeSort(int[] order, int[] spare, int from, int to, double[] scores) {
    if (to - from < 2) {
      return;
    }
    int middle = (from + to) >>> 1;
    mergeSort(order, spare, from, middle, scores);
    mergeSort(order, spare, middle, to, scores);
    int left = from;
    int right = middle;
    for (int i = from; i < to; i++) {
      boolean takeLeft =
          right >= to || (left < middle && scores[order[left]] >= scores[order[right]]);
      spare[i] = takeLeft ? order[left++] : order[right++];
    }
    for (int i = from; i < to; i++) {
      order[i] = spare[i];
    }
  }

  /** By worth for the size, and by worth alone. */
  int[][] orders(int[] workloads) {
    double[] dense = new double[workloads.length];
    double[] denseWidest = new double[workloads.length];
    double[] worth = new double[workloads.length];
    double[] size = new double[workloads.length];
    for (int i = 0; i < workloads.length; i++) {
      int w = workloads[i];
      dense[i] = board.value[w] / (size(w) + 1e-9);
      denseWidest[i] = board.value[w] / (widest(w) + 1e-9);
      worth[i] = board.value[w] + Math.min(0.5, size(w) * 1e-3);
      size[i] = size(w);
    }
    return new int[][] {
      sorted(workloads, dense),
      sorted(workloads, worth),
      sorted(workloads, denseWidest),
      sorted(workloads, size)
    };
  }
}
