package io.holdfast.engine.planning;

/**
 * Takes back what costs as much as it brings, or more: a start for which survivors had to move or
 * stop.
 */
final class Thrift {
  private final Board board;
  private final Assignment state;
  private final Homing homing;
  private final Budget budget;

  /**
   * @param homing of the same assignment
   */
  Thrift(Board board, Assignment state, Homing homing, Budget budget) {
    this.board = board;
    this.state = state;
    this.homing = homing;
    this.budget = budget;
  }

  /** Looks at each of these that has a host, the least valuable first, until the budget is over. */
  void run(int[] lost) {
    double[] cheap = new double[lost.length];
    for (int i = 0; i < lost.length; i++) {
      cheap[i] = -(double) board.value[lost[i]];
    }
    for (int w : Packing.sorted(lost, cheap)) {
      if (budget.isOverAfter(board.workloads)) {
        return;
      }
      if (state.at[w] >= 0) {
        without(w);
      }
    }
  }

  private void without(int workload) {
    long before = state.value;
    int away = homing.away();
    int[] at = state.at.clone();
    state.take(workload);
    homing.keepWhatMay();
    homing.run(1);
    boolean asMuch = state.value == before && homing.away() < away;
    if (state.value <= before && !asMuch) {
      state.become(at);
    }
  }
}
