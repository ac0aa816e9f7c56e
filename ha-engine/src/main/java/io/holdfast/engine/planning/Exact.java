package io.holdfast.engine.planning;

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
      int[] positions = new int[order.length];
      double[] density = new double[order.length];
      for (int i = 0; i < order.length; i++) {
        positions[i] = i;
        long demand = board.demand[order[i] * dimensions + d];
        density[i] = demand == 0 ? Double.MAX_VALUE : (double) board.value[order[i]] / demand;
      }
      dense[d] = Packing.sorted(positions, density);
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
    descend(0);
    return complete;
  }

  int[] best() {
    return best;
  }

  long bestValue() {
    return bestValue;
  }

  private void descend(int depth) {
    if (state.value > bestValue) {
      bestValue = state.value;
      best = state.at.clone();
    }
    if (depth == order.length || state.value + after[depth] <= bestValue) {
      return;
    }
    if (--tries < 0 || budget.isOver()) {
      complete = false;
      return;
    }
    if (bound(depth) <= bestValue) {
      return;
    }
    int w = order[depth];
    int first = 0;
    int twin = sameAs[depth];
    if (twin >= 0) {
      first = chosen[twin];
    }
    for (int i = first; i < hosts.length && complete; i++) {
      if (state.takes(w, hosts[i]) && !repeats(w, i, first)) {
        state.put(w, hosts[i]);
        chosen[depth] = i;
        descend(depth + 1);
        state.take(w);
      }
    }
    if (complete) {
      chosen[depth] = hosts.length; // what is alike is left out, too
      descend(depth + 1);
    }
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
        return sum + (long) Math.floor((double) board.value[order[i]] * left / demand + 1e-6);
      }
    }
    return sum;
  }
}
