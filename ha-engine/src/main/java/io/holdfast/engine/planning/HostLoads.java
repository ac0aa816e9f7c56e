package io.holdfast.engine.planning;

import io.holdfast.api.DesiredState;
import io.holdfast.engine.planning.HostSnapshot.State;
import java.util.ArrayList;
import java.util.List;

/**
 * How uneven hosts are: the coefficient of variation of the loads of those that are up. The load of
 * a host is the mean of its used shares over the dimensions that it has and that limit it: as much
 * as an amount can be is no limit.
 */
final class HostLoads {
  private final Board board;
  private final boolean byLoad;

  /** By workload: its host, or -1; changes. */
  private final int[] at;

  private final boolean[] counted;
  private final double[] load;

  /** By workload and dimension: what it uses, in the units of capacities. */
  private final double[] used;

  private int hosts;
  private double sum;
  private double squares;

  HostLoads(Board board, int[] at, boolean byLoad) {
    this.board = board;
    this.byLoad = byLoad;
    this.at = at;
    counted = new boolean[board.hosts];
    load = new double[board.hosts];
    used = new double[board.workloads * board.dimensions];
    for (int w = 0; w < board.workloads; w++) {
      use(w);
      if (at[w] >= 0) {
        load[at[w]] += share(w, at[w]);
      }
    }
    for (int h = 0; h < board.hosts; h++) {
      load[h] += promised(h);
      counted[h] = board.cluster.hosts().get(h).state() == State.UP;
      hosts += counted[h] ? 1 : 0;
    }
    addUp();
  }

  /** What was not measured counts as its demand while it is wanted to run. */
  private void use(int w) {
    WorkloadSnapshot workload = board.cluster.workloads().get(w);
    boolean measured = byLoad && workload.load().isPresent();
    boolean idle = byLoad && !measured && workload.desired() != DesiredState.STARTED;
    for (int d = 0; d < board.dimensions; d++) {
      used[w * board.dimensions + d] =
          measured ? workload.load().get().get(d) / 1000.0 : idle ? 0 : workload.demand().get(d);
    }
  }

  /** What a workload adds to the load of a host. */
  private double share(int w, int host) {
    return share(used, w * board.dimensions, host);
  }

  /** What is promised counts, as a demand does. */
  private double promised(int host) {
    double[] amounts = new double[board.dimensions];
    for (int d = 0; d < amounts.length; d++) {
      amounts[d] = board.cluster.hosts().get(host).promised().get(d);
    }
    return share(amounts, 0, host);
  }

  private double share(double[] amounts, int at, int host) {
    double shares = 0;
    int limited = 0;
    for (int d = 0; d < board.dimensions; d++) {
      long limit = board.limit[host * board.dimensions + d];
      if (limit > 0 && limit < Amounts.MOST) {
        shares += amounts[at + d] / limit;
        limited++;
      }
    }
    return limited == 0 ? 0 : shares / limited;
  }

  double of(int host) {
    return load[host];
  }

  boolean counts(int host) {
    return counted[host];
  }

  /** The hosts that count, the most loaded first. */
  List<Integer> byLoad() {
    List<Integer> order = new ArrayList<>();
    for (int h = 0; h < counted.length; h++) {
      if (counted[h]) {
        order.add(h);
      }
    }
    order.sort(
        (a, b) -> {
          int byLoad = Double.compare(load[b], load[a]);
          return byLoad != 0 ? byLoad : Integer.compare(a, b);
        });
    return order;
  }

  /** In two passes: the difference of sums would leave a trace where all are even. */
  double imbalance() {
    double total = 0;
    for (int h = 0; h < load.length; h++) {
      total += counted[h] ? load[h] : 0;
    }
    if (total <= 0) {
      return 0;
    }
    double mean = total / hosts;
    double distances = 0;
    for (int h = 0; h < load.length; h++) {
      distances += counted[h] ? (load[h] - mean) * (load[h] - mean) : 0;
    }
    return Math.sqrt(distances / hosts) / mean;
  }

  /** The squares of all distances from the mean, in squares of the mean. */
  double spread() {
    return spread(sum, squares);
  }

  private double spread(double total, double ofSquares) {
    if (hosts == 0 || total <= 0) {
      return 0;
    }
    double mean = total / hosts;
    return Math.max(0, ofSquares - total * mean) / (mean * mean);
  }

  /** What {@link #spread} will be after a workload's move. */
  double spreadAfter(int w, int from, int to) {
    return spreadAfter(from, -share(w, from), to, share(w, to));
  }

  /** The same after two workloads have changed places. */
  double spreadAfterSwap(int w, int other, int from, int to) {
    return spreadAfter(
        from, share(other, from) - share(w, from), to, share(w, to) - share(other, to));
  }

  private double spreadAfter(int from, double less, int to, double more) {
    double total = sum;
    double ofSquares = squares;
    if (counted[from]) {
      total += less;
      ofSquares += (2 * load[from] + less) * less;
    }
    if (counted[to]) {
      total += more;
      ofSquares += (2 * load[to] + more) * more;
    }
    return spread(total, ofSquares);
  }

  /**
   * To be told when workloads have moved between two hosts. What was rounded on the way would
   * decide between equal hosts: it is all added up as if it had always been so.
   */
  void changed(int from, int to) {
    load[from] = 0;
    load[to] = 0;
    for (int w = 0; w < board.workloads; w++) {
      if (at[w] == from || at[w] == to) {
        load[at[w]] += share(w, at[w]);
      }
    }
    load[from] += promised(from);
    load[to] += promised(to);
    addUp();
  }

  private void addUp() {
    sum = 0;
    squares = 0;
    for (int h = 0; h < load.length; h++) {
      if (counted[h]) {
        sum += load[h];
        squares += load[h] * load[h];
      }
    }
  }
}
