package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds an order in which an assignment can be reached without breaking capacity or rules: stops
 * first, then moves, each when its host has the room, then starts. Moves that wait for each other
 * are loosened through a third host. What cannot be reached is left as it is.
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
  private final List<Step> steps = new ArrayList<>();

  Sequencer(Board board, Assignment start, int[] target) {
    this.board = board;
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

  /** The same along a trail of moves. */
  boolean run(Trail trail) {
    boolean all = true;
    for (int i = 0; i < trail.length(); i++) {
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
    for (int w : lost) {
      int host = state.at[w] < 0 ? taste.best(w, state) : -1;
      if (host >= 0) {
        state.put(w, host);
        steps.add(new Step(w, -1, host));
      }
    }
  }

  private boolean moveAll(List<Integer> moves) {
    int detours = 2 * moves.size();
    while (!moves.isEmpty()) {
      boolean progress = false;
      for (int i = 0; i < moves.size(); i++) {
        int w = moves.get(i);
        if (canMove(w, target[w])) {
          move(w, target[w]);
          moves.remove(i--);
          progress = true;
        }
      }
      if (!progress && (detours-- <= 0 || !loosen(moves))) {
        return false;
      }
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
      for (int h = 0; h < board.hosts; h++) {
        if (h == from || h == target[w] || !canMove(w, h)) {
          continue;
        }
        state.take(w);
        state.put(w, h);
        boolean helps = false;
        for (int other : moves) {
          helps |= other != w && canMove(other, target[other]);
        }
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
