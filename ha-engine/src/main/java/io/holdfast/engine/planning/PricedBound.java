package io.holdfast.engine.planning;

/**
 * What no plan can exceed where survivors do not move: every host takes for itself what is worth
 * the most to it, and what several hosts would take is given a price until they hardly do any more.
 * Whatever the prices are, the sum of all prices and of what every host has left over is a bound
 * (Lagrangian relaxation with subgradients: Held, Karp 1971; Fisher: The Lagrangian Relaxation
 * Method for Solving Integer Programming Problems, 1981). It sees what bounds over all hosts taken
 * as one do not: room that is scattered.
 */
final class PricedBound {
  /** So many rounds without progress, and steps become smaller. */
  private static final int PATIENCE = 20;

  private static final double SMALLEST_STEP = 0.02;

  private final Board board;
  private final int[] lost;
  private final HostChoice[] hosts;
  private final Budget budget;
  private final long staying;

  /** By position among the lost. */
  private final double[] prices;

  private double least;
  private long most;
  private double step = 1;
  private int idle;

  /**
   * @param known a bound that is known
   */
  PricedBound(Board board, int[] lost, long known, Budget budget) {
    this.board = board;
    this.lost = lost;
    this.budget = budget;
    hosts = new HostChoice[board.hosts];
    int[][] residents = residents();
    int[] seats = new int[board.workloads];
    for (int h = 0; h < hosts.length; h++) {
      hosts[h] = new HostChoice(board, h, residents[h], lost, seats);
    }
    prices = new double[lost.length];
    for (int i = 0; i < prices.length; i++) {
      prices[i] = board.value[lost[i]] * 0.5;
    }
    staying = staying();
    most = known;
    least = (double) (known - staying);
  }

  private int[][] residents() {
    int[] counts = new int[board.hosts];
    for (int home : board.home) {
      if (home >= 0) {
        counts[home]++;
      }
    }
    int[][] residents = new int[board.hosts][];
    for (int h = 0; h < residents.length; h++) {
      residents[h] = new int[counts[h]];
    }
    for (int w = 0; w < board.workloads; w++) {
      if (board.home[w] >= 0) {
        residents[board.home[w]][--counts[board.home[w]]] = w;
      }
    }
    return residents;
  }

  /** No more than this can run, as far as is known by now. */
  long most() {
    return most;
  }

  /** Whether more rounds may make the bound tighter. */
  boolean canTighten() {
    return step > SMALLEST_STEP;
  }

  /**
   * Makes the bound tighter until it says that no plan can be better, or for so many rounds.
   *
   * @param reached what runs in a plan that is known
   */
  void tighten(long reached, int rounds) {
    double goal = (double) (reached - staying);
    for (int round = 0; round < rounds && canTighten() && most > reached; round++) {
      int[] taken = new int[lost.length];
      double sum = sum(taken);
      if (Double.isNaN(sum)) {
        step = 0;
        return;
      }
      idle++;
      if (sum < least) {
        idle = sum < least - 0.01 * (least - goal) ? 0 : idle;
        least = sum;
        most = Math.min(most, bound());
      }
      if (idle > PATIENCE) {
        idle = 0;
        step /= 2;
      }
      change(taken, step * (sum - goal));
    }
  }

  /** The bound for the present prices; not a number when the budget is used up. */
  private double sum(int[] taken) {
    double sum = 0;
    for (double price : prices) {
      sum += price;
    }
    for (HostChoice host : hosts) {
      if (budget.isOverAfter(4L * lost.length + host.looks())) {
        return Double.NaN;
      }
      sum += host.best(prices, taken);
    }
    return sum;
  }

  /** What too many want becomes dearer, what nobody wants cheaper. */
  private void change(int[] taken, double much) {
    long squares = 0;
    for (int times : taken) {
      squares += (long) (1 - times) * (1 - times);
    }
    if (squares == 0 || !(much > 0)) {
      step = 0;
      return;
    }
    for (int i = 0; i < prices.length; i++) {
      prices[i] = Math.max(0, prices[i] - much / squares * (1 - taken[i]));
    }
  }

  /** The worth of what stays whatever the plan does. */
  private long staying() {
    long sum = 0;
    for (int w = 0; w < board.workloads; w++) {
      sum += board.home[w] >= 0 && !board.evictable[w] ? board.value[w] : 0;
    }
    return sum;
  }

  /** Rounded to the safe side, by all that a host's choice leaves out as next to nothing. */
  private long bound() {
    double rounding = HostChoice.NOTHING * (hosts.length + 1.0) * (lost.length + 1.0);
    return staying + (long) Math.floor(least + 1e-6 + rounding + Math.abs(least) * 1e-9);
  }
}
