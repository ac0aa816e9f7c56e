package io.holdfast.engine.planning;

import java.util.Arrays;

/**
 * What one host would take if it could choose from what is lost at given prices, and keep or stop
 * of its own what may be stopped. By trying out, the densest first, with Dantzig's bound over the
 * sum of all dimensions' shares.
 */
final class HostChoice {
  /** Worth less than this counts as nothing. */
  static final double NOTHING = 1e-9;

  private static final int MOST_NODES = 3_000;
  private static final int MOST_LOOKS = 300_000;

  /** Larger groups are passed over: the bound is a bound without them. */
  private static final int MOST_MEMBERS = 100;

  private final Board board;
  private final int dimensions;

  /** Workloads that may be on the host. */
  private final int[] who;

  /** For each its position among the lost, -1: it runs here. */
  private final int[] position;

  private final long[] room;

  /** The room before anything is chosen. */
  private final double[] whole;

  /** By position in {@link #who}: those that a rule does not let be here with it. */
  private final int[][] apart;

  private final double[] profit;
  private final double[] size;
  private int[] order = {};
  private final int[] forbidden;
  private final boolean[] taken;
  private boolean[] bestTaken = {};
  private double bestSum;
  private int nodes;
  private int mostNodes;

  /**
   * @param residents what runs on the host
   * @param seats by workload, for use by the constructor: zero before and after
   */
  HostChoice(Board board, int host, int[] residents, int[] lost, int[] seats) {
    this.board = board;
    dimensions = board.dimensions;
    room = new long[dimensions];
    long[] leaving = new long[dimensions];
    int[] found = new int[residents.length + lost.length];
    int[] positions = new int[found.length];
    int count = 0;
    for (int d = 0; d < dimensions; d++) {
      room[d] = board.capacity[host * dimensions + d];
    }
    for (int w : residents) {
      for (int d = 0; d < dimensions; d++) {
        long demand = board.demand[w * dimensions + d];
        room[d] -= stays(w) ? demand : 0;
        leaving[d] += stays(w) ? 0 : demand;
      }
      if (!stays(w)) {
        positions[count] = -1;
        found[count++] = w;
      }
    }
    for (int i = 0; i < lost.length; i++) {
      if (fits(lost[i], host) && agrees(lost[i], host)) {
        positions[count] = i;
        found[count++] = lost[i];
      }
    }
    for (int d = 0; d < dimensions; d++) {
      room[d] = Math.max(room[d], leaving[d]); // what overfills a host may stay there
    }
    who = Arrays.copyOf(found, count);
    position = Arrays.copyOf(positions, count);
    apart = new int[count][];
    for (int i = 0; i < count; i++) {
      seats[who[i]] = i + 1;
    }
    for (int i = 0; i < count; i++) {
      apart[i] = apartFrom(i, seats);
    }
    for (int w : who) {
      seats[w] = 0;
    }
    whole = new double[dimensions];
    for (int d = 0; d < dimensions; d++) {
      whole[d] = room[d];
    }
    profit = new double[count];
    size = new double[count];
    forbidden = new int[count];
    taken = new boolean[count];
    for (int i = 0; i < count; i++) {
      for (int d = 0; d < dimensions; d++) {
        long demand = board.demand[who[i] * dimensions + d];
        size[i] += demand > 0 ? (double) demand / room[d] : 0;
      }
    }
  }

  private boolean fits(int workload, int host) {
    boolean fits = board.allows(workload, host);
    for (int d = 0; fits && d < dimensions; d++) {
      long demand = board.demand[workload * dimensions + d];
      fits = demand == 0 || demand <= room[d];
    }
    return fits;
  }

  private boolean stays(int workload) {
    return board.home[workload] >= 0 && !board.evictable[workload];
  }

  /** As far as those that stay decide. */
  private boolean agrees(int workload, int host) {
    for (int g : board.groupsOf[workload]) {
      Board.Group group = board.groups[g];
      if (group.members.length > MOST_MEMBERS) {
        continue;
      }
      for (int member : group.members) {
        if (stays(member)
            && (group.places[board.home[member]] == group.places[host]) != group.together) {
          return false;
        }
      }
    }
    return true;
  }

  /** Those that run here may stay together, whatever the rules say. */
  private int[] apartFrom(int i, int[] seats) {
    int[] others = {};
    for (int g : board.groupsOf[who[i]]) {
      Board.Group group = board.groups[g];
      if (group.together || group.members.length > MOST_MEMBERS) {
        continue;
      }
      int count = others.length;
      others = Arrays.copyOf(others, count + group.members.length);
      for (int member : group.members) {
        int j = seats[member] - 1;
        if (j >= 0 && j != i && (position[i] >= 0 || position[j] >= 0)) {
          others[count++] = j;
        }
      }
      others = Arrays.copyOf(others, count);
    }
    return others;
  }

  /** How much the last choice cost. */
  long looks() {
    return nodes * (1L + order.length / 8) + who.length;
  }

  /**
   * No less than the most that the host can have left over.
   *
   * @param prices by position among the lost
   * @param counts to be raised by one for what it takes
   */
  double best(double[] prices, int[] counts) {
    int count = 0;
    int[] some = new int[who.length];
    for (int i = 0; i < who.length; i++) {
      profit[i] = board.value[who[i]] - (position[i] >= 0 ? prices[position[i]] : 0);
      forbidden[i] = 0;
      taken[i] = false;
      if (profit[i] > NOTHING) {
        some[count++] = i;
      }
    }
    double[] density = new double[count];
    for (int i = 0; i < count; i++) {
      density[i] = size[some[i]] > 0 ? profit[some[i]] / size[some[i]] : Double.MAX_VALUE;
    }
    order = Packing.sorted(Arrays.copyOf(some, count), density);
    bestTaken = new boolean[who.length];
    bestSum = 0;
    nodes = 0;
    mostNodes = Math.min(MOST_NODES, MOST_LOOKS / (count + 1));
    double root = bound(0, 0);
    descend(0, 0);
    for (int i = 0; i < who.length; i++) {
      if (bestTaken[i] && position[i] >= 0) {
        counts[position[i]]++;
      }
    }
    return nodes > mostNodes ? root : bestSum;
  }

  private void descend(int depth, double sum) {
    if (sum > bestSum) {
      bestSum = sum;
      bestTaken = taken.clone();
    }
    if (depth == order.length || ++nodes > mostNodes || bound(depth, sum) <= bestSum + NOTHING) {
      return;
    }
    int i = order[depth];
    if (forbidden[i] == 0 && fits(i)) {
      settle(i, 1);
      descend(depth + 1, sum + profit[i]);
      settle(i, -1);
    }
    descend(depth + 1, sum);
  }

  private boolean fits(int i) {
    for (int d = 0; d < dimensions; d++) {
      if (board.demand[who[i] * dimensions + d] > room[d]) {
        return false;
      }
    }
    return true;
  }

  private void settle(int i, int sign) {
    taken[i] = sign > 0;
    for (int d = 0; d < dimensions; d++) {
      room[d] -= sign * board.demand[who[i] * dimensions + d];
    }
    for (int other : apart[i]) {
      forbidden[other] += sign;
    }
  }

  private double bound(int depth, double sum) {
    double left = NOTHING;
    for (int d = 0; d < dimensions; d++) {
      left += whole[d] > 0 ? room[d] / whole[d] : 0;
    }
    double all = sum;
    for (int k = depth; k < order.length; k++) {
      int i = order[k];
      if (forbidden[i] > 0 || !fits(i)) {
        continue;
      }
      if (size[i] > left) {
        return all + profit[i] * left / size[i];
      }
      left -= size[i];
      all += profit[i];
    }
    return all;
  }
}
