package io.holdfast.engine.planning;

/**
 * Makes the same worth run with fewer moves: survivors go back to where they are, in exchange with
 * others where they have to.
 */
final class Homing {
  private final Board board;
  private final Assignment state;
  private final Budget budget;

  Homing(Board board, Assignment state, Budget budget) {
    this.board = board;
    this.state = state;
    this.budget = budget;
  }

  /** What was stopped for nothing stays. */
  void keepWhatMay() {
    for (int w = 0; w < board.workloads; w++) {
      int home = board.home[w];
      if (home >= 0 && state.at[w] < 0 && state.fits(w, home) && state.agrees(w, home)) {
        state.put(w, home);
      }
    }
  }

  /** Until nothing more can be had, so many times round, or as long as the budget lasts. */
  void run(int most) {
    boolean progress = true;
    for (int round = 0; progress && round < most; round++) {
      progress = false;
      for (int w = 0; w < board.workloads; w++) {
        if (budget.isOverAfter(1)) {
          return;
        }
        if (isAway(w) && state.at[w] >= 0) {
          progress |= goHome(w) || exchange(w);
        }
      }
    }
  }

  /** How many survivors are not where they were. */
  int away() {
    int away = 0;
    for (int w = 0; w < board.workloads; w++) {
      away += isAway(w) ? 1 : 0;
    }
    return away;
  }

  private boolean isAway(int workload) {
    return board.home[workload] >= 0 && state.at[workload] != board.home[workload];
  }

  /** What has left a host that gets nothing stays away, unless that costs something. */
  private boolean mayReturn(int home) {
    return board.usable[home] || board.movePrice > 0;
  }

  private boolean goHome(int workload) {
    int from = state.at[workload];
    int home = board.home[workload];
    if (!mayReturn(home) || !state.fits(workload, home)) {
      return false;
    }
    state.take(workload);
    boolean agrees = state.agrees(workload, home);
    state.put(workload, agrees ? home : from);
    return agrees;
  }

  /** Home, in exchange with one that is not at home there. */
  private boolean exchange(int workload) {
    int from = state.at[workload];
    int home = board.home[workload];
    if (!mayReturn(home)) {
      return false;
    }
    if (budget.isOverAfter(board.workloads >> 2)) {
      return false;
    }
    for (int other = 0; other < board.workloads; other++) {
      if (state.at[other] == home
          && (board.lost[other] || isAway(other))
          && board.allows(other, from)
          && state.fitsInstead(workload, other, home)
          && state.fitsInstead(other, workload, from)) {
        state.take(workload);
        state.take(other);
        if (state.agrees(workload, home)) {
          state.put(workload, home);
          if (state.agrees(other, from)) {
            state.put(other, from);
            return true;
          }
          state.take(workload);
        }
        state.put(workload, from);
        state.put(other, home);
      }
    }
    return false;
  }
}
