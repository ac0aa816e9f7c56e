package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds an order in which an assignment can be reached without breaking capacity or rules: stops
 * first, then moves, each when its host has the room, then starts. Moves that wait for each other
 * are loosened through a third host. What cannot be reached, or not within the budget, is left as
 * it is.
 */
final class Sequencer {
  /** One step in numbers. */
  static final class Step {
    final int workload;

    /** -1: a start. */
    final int from;

    /** -1: a stop. */
    final int to;

    Step(int workload, int from, int to) {
      this.workload = workload;
      this.from = from;
      this.to = to;
    }
  }

  private final Board board;
  private final int[] target;
  private final Assignment state;
  private final Budget budget;
  private final List<Step> steps = new ArrayList<>();

  Sequencer(Board board, Assignment start, int[] target, Budget budget) {
    this.board = board;
    this.budget = budget;
    this.target = target;
    state = start;
  }

  List<Step> steps() {
    return steps;
  }

  /** Where everything is in the end. */
  Assignment reached() {
    return state;
  }

  /** What that is worth, less what all steps cost: a way over a third host costs two moves. */
  long worth() {
    if (board.movePrice == 0) {
      return state.value;
    }
    long ways = 0;
    for (Step step : steps) {
      ways += step.from >= 0 && step.to >= 0 ? 1 : 0;
    }
    for (int w = 0; w < board.workloads; w++) {
      ways -= board.home[w] >= 0 && state.at[w] >= 0 && state.at[w] != board.home[w] ? 1 : 0;
    }
    return state.value - board.movePrice * ways;
  }

  /** Goes as far as possible; whether that is all the way. */
  boolean run() {
    List<Integer> moves = new ArrayList<>();
    List<Integer> starts = new ArrayList<>();
    for (int w = 0; w < target.length; w++) {
      int home = board.home[w];
      if (home == target[w]) {
        continue;
      }
      if (target[w] < 0) {
        steps.add(new Step(w, home, -1));
        state.take(w);
      } else if (home < 0) {
        starts.add(w);
      } else {
        moves.add(w);
      }
    }
    boolean all = moveAll(moves);
    boolean started = startAll(starts);
    return all && started;
  }

  /** The same along a trail of moves; what is stopped in the end is stopped at once. */
  boolean run(Trail trail) {
    boolean all = true;
    for (int w = 0; w < target.length; w++) {
      if (board.home[w] >= 0 && target[w] < 0) {
        steps.add(new Step(w, board.home[w], -1));
        state.take(w);
      }
    }
    for (int i = 0; i < trail.length(); i++) {
      if (state.at[trail.who(i)] < 0) {
        continue;
      }
      if (canMove(trail.who(i), trail.where(i))) {
        move(trail.who(i), trail.where(i));
      } else {
        all = false;
      }
    }
    List<Integer> starts = new ArrayList<>();
    for (int w = 0; w < target.length; w++) {
      if (board.home[w] < 0 && target[w] >= 0) {
        starts.add(w);
      }
    }
    boolean started = startAll(starts);
    return all && started;
  }

  private boolean startAll(List<Integer> starts) {
    boolean all = true;
    for (int w : starts) {
      if (state.takes(w, target[w])) {
        state.put(w, target[w]);
        steps.add(new Step(w, -1, target[w]));
      } else {
        all = false;
      }
    }
    return all;
  }

  /** Starts what has found no host so far and has one now. */
  void fill(int[] lost, Taste taste) {
    Hopeless hopeless = new Hopeless(board);
    for (int w : lost) {
      if (state.at[w] >= 0 || hopeless.covers(w)) {
        continue;
      }
      int host = taste.best(w, state, budget);
      if (host >= 0) {
        state.put(w, host);
        steps.add(new Step(w, -1, host));
      } else {
        hopeless.add(w);
      }
    }
  }

  private boolean moveAll(List<Integer> moves) {
    int detours = 2 * moves.size();
    List<Integer> left = moves;
    while (!left.isEmpty()) {
      List<Integer> waiting = new ArrayList<>();
      for (int w : left) {
        if (canMove(w, target[w])) {
          move(w, target[w]);
        } else {
          waiting.add(w);
        }
      }
      boolean progress = waiting.size() < left.size();
      if (budget.isOverAfter(left.size()) || (!progress && (detours-- <= 0 || !loosen(waiting)))) {
        return waiting.isEmpty();
      }
      left = waiting;
    }
    return true;
  }

  private boolean canMove(int workload, int to) {
    int from = state.at[workload];
    if (from == to) {
      return true;
    }
    if (!board.allows(workload, to) || !state.fits(workload, to)) {
      return false;
    }
    state.take(workload);
    boolean agrees = state.agrees(workload, to);
    state.put(workload, from);
    return agrees;
  }

  private void move(int workload, int to) {
    int from = state.at[workload];
    if (from != to) {
      state.take(workload);
      state.put(workload, to);
      steps.add(new Step(workload, from, to));
    }
  }

  /** Takes one out of the way of another, to a third host. */
  private boolean loosen(List<Integer> moves) {
    for (int w : moves) {
      int from = state.at[w];
      boolean tooLong = budget.isOverAfter(board.hosts);
      for (int h = 0; h < board.hosts && !tooLong; h++) {
        if (h == from || h == target[w] || !canMove(w, h)) {
          continue;
        }
        state.take(w);
        state.put(w, h);
        boolean helps = false;
        for (int other : moves) {
          helps |= other != w && canMove(other, target[other]);
        }
        tooLong = budget.isOverAfter(moves.size());
        state.take(w);
        state.put(w, from);
        if (helps) {
          move(w, h);
          return true;
        }
      }
    }
    return false;
  }
}
