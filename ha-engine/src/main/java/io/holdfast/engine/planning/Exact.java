package io.holdfast.engine.planning;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * Finds the best hosts for what is lost into the room that is free, by trying everything that could
 * still be better: depth first, with the fractional knapsack (Dantzig 1957) over the room of all
 * hosts in each dimension as the bound. Ends early when it takes too many tries.
 */
final class Exact {
  private final Board board;
  private final int dimensions;
  private final Assignment state;
  private final Budget budget;
  private final int[] order;
  private final int[] hosts;

  /** By dimension: positions in {@link #order}, the greatest worth for the demand first. */
  private final int[][] dense;

  private final long[] after;
  private final int[] sameAs;
  private final int[] chosen;
  private final long[] room;
  private int tries;
  private boolean complete = true;
  private long bestValue;
  private int[] best;

  /**
   * @param start everything that stays, and nothing of the lost
   * @param incumbent an assignment whose worth is to be beaten
   */
  Exact(
      Board board,
      Packing packing,
      Assignment start,
      int[] lost,
      int[] incumbent,
      long incumbentValue,
      int tries,
      Budget budget) {
    this.board = board;
    this.budget = budget;
    this.tries = tries;
    dimensions = board.dimensions;
    state = start;
    best = incumbent;
    bestValue = incumbentValue;
    hosts = usableHosts();
    order = order(packing, lost);
    dense = new int[dimensions][];
    for (int d = 0; d < dimensions; d++) {
      dense[d] = byDensity(d);
    }
    after = new long[order.length + 1];
    for (int i = order.length - 1; i >= 0; i--) {
      after[i] = after[i + 1] + board.value[order[i]];
    }
    sameAs = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      sameAs[i] = i > 0 && alike(order[i], order[i - 1]) ? i - 1 : -1;
    }
    chosen = new int[order.length];
    room = new long[dimensions];
  }

  /** Without rounding: the bound is none where a denser one comes later. */
  private int[] byDensity(int dimension) {
    Integer[] positions = new Integer[order.length];
    Arrays.setAll(positions, i -> i);
    Arrays.sort(positions, (one, other) -> compareDensity(order[one], order[other], dimension));
    return Arrays.stream(positions).mapToInt(i -> i).toArray();
  }

  /** Negative if the first is worth more for its demand. */
  private int compareDensity(int one, int other, int dimension) {
    long value = board.value[one];
    long demand = board.demand[other * dimensions + dimension];
    long otherValue = board.value[other];
    long otherDemand = board.demand[one * dimensions + dimension];
    if (demand == 0 || otherDemand == 0) {
      return Boolean.compare(otherDemand != 0, demand != 0);
    }
    int high =
        Long.compare(Math.multiplyHigh(otherValue, otherDemand), Math.multiplyHigh(value, demand));
    return high != 0 ? high : Long.compareUnsigned(otherValue * otherDemand, value * demand);
  }

  private int[] usableHosts() {
    int[] numbers = new int[board.hosts];
    int count = 0;
    for (int h = 0; h < board.hosts; h++) {
      if (board.usable[h]) {
        numbers[count++] = h;
      }
    }
    return Arrays.copyOf(numbers, count);
  }

  private int[] order(Packing packing, int[] lost) {
    double[] scores = new double[lost.length];
    for (int i = 0; i < lost.length; i++) {
      scores[i] = board.value[lost[i]] / (packing.size(lost[i]) + 1e-9);
    }
    return Packing.sorted(lost, scores);
  }

  private boolean alike(int one, int other) {
    if (board.value[one] != board.value[other]
        || board.groupsOf[one].length > 0
        || board.groupsOf[other].length > 0
        || !Arrays.equals(board.allowed[one], board.allowed[other])) {
      return false;
    }
    for (int d = 0; d < dimensions; d++) {
      if (board.demand[one * dimensions + d] != board.demand[other * dimensions + d]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the best is known for certain. */
  boolean run() {
    int depth = 0;
    boolean entering = true;
    while (depth >= 0 && complete) {
      int w = depth < order.length ? order[depth] : -1;
      if (entering) {
        if (isDone(depth)) {
          entering = false;
          depth--;
          continue;
        }
        int twin = sameAs[depth];
        chosen[depth] = twin >= 0 ? chosen[twin] - 1 : -1;
      } else if (state.at[w] >= 0) {
        state.take(w);
      }
      entering = next(depth);
      depth += entering ? 1 : -1;
    }
    return complete;
  }

  int[] best() {
    return best;
  }

  long bestValue() {
    return bestValue;
  }

  /** Whether nothing better lies beyond, or the effort is spent. */
  private boolean isDone(int depth) {
    if (state.value > bestValue) {
      bestValue = state.value;
      best = state.at.clone();
    }
    if (depth == order.length || state.value + after[depth] <= bestValue) {
      return true;
    }
    if (--tries < 0 || budget.isOverAfter((long) (order.length - depth) * hosts.length)) {
      complete = false;
      return true;
    }
    return bound(depth) <= bestValue;
  }

  /** Puts a workload onto the next host that may be worth trying, at last onto none. */
  private boolean next(int depth) {
    int w = order[depth];
    int first = sameAs[depth] >= 0 ? chosen[sameAs[depth]] : 0;
    for (int i = chosen[depth] + 1; i < hosts.length; i++) {
      if (state.takes(w, hosts[i]) && !repeats(w, i, first)) {
        state.put(w, hosts[i]);
        chosen[depth] = i;
        return true;
      }
    }
    boolean without = chosen[depth] < hosts.length;
    chosen[depth] = hosts.length; // what is alike is left out, too
    return without;
  }

  /** Whether a host before this one has the same room, and nothing tells the two apart. */
  private boolean repeats(int workload, int index, int first) {
    if (board.groups.length > 0 || first > 0) {
      return false;
    }
    for (int i = 0; i < index; i++) {
      boolean same = true;
      for (int d = 0; d < dimensions && same; d++) {
        same = state.free[hosts[i] * dimensions + d] == state.free[hosts[index] * dimensions + d];
      }
      if (same && board.allows(workload, hosts[i]) && interchangeable(hosts[i], hosts[index])) {
        return true;
      }
    }
    return false;
  }

  private boolean interchangeable(int one, int other) {
    for (int w : order) {
      if (board.allows(w, one) != board.allows(w, other)) {
        return false;
      }
    }
    return true;
  }

  /** No more than this can be reached from here. */
  private long bound(int depth) {
    Arrays.fill(room, 0);
    for (int h : hosts) {
      for (int d = 0; d < dimensions; d++) {
        room[d] += Math.max(0, state.free[h * dimensions + d]);
      }
    }
    boolean[] fits = new boolean[order.length];
    for (int i = depth; i < order.length; i++) {
      for (int h : hosts) {
        if (state.takes(order[i], h)) {
          fits[i] = true;
          break;
        }
      }
    }
    long least = Long.MAX_VALUE;
    for (int d = 0; d < dimensions; d++) {
      least = Math.min(least, knapsack(d, room[d], fits));
    }
    return state.value + least;
  }

  private long knapsack(int dimension, long capacity, boolean[] fits) {
    long left = capacity;
    long sum = 0;
    for (int i : dense[dimension]) {
      if (!fits[i]) {
        continue;
      }
      long demand = board.demand[order[i] * dimensions + dimension];
      if (demand <= left) {
        left -= demand;
        sum += board.value[order[i]];
      } else {
        return sum + share(board.value[order[i]], left, demand);
      }
    }
    return sum;
  }

  /** The whole part of {@code value * part / whole}, where the part is the smaller. */
  static long share(long value, long part, long whole) {
    long product = value * part;
    if (Math.multiplyHigh(value, part) == 0 && product >= 0) {
      return product / whole;
    }
    return BigInteger.valueOf(value)
        .multiply(BigInteger.valueOf(part))
        .divide(BigInteger.valueOf(whole))
        .longValueExact();
  }
}
