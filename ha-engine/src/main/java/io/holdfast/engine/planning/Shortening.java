package io.holdfast.engine.planning;

import java.util.Arrays;

/**
 * Makes a long trail of moves short. Of two moves of one workload the first is left out where it
 * can wait where it is until the second, or goes at once where the second takes it; a last move is
 * left out where its room is not needed. What is between is tried with each change, so the trail
 * stays one that can be gone.
 */
final class Shortening {
  private static final int NONE = -1;

  private final Board board;
  private final int[] target;
  private final Budget budget;
  private int[] who;
  private int[] where;
  private int length;
  private int[] next;
  private final Assignment state;
  private final int[] undoWho;
  private final int[] undoWhere;
  private int undos;

  Shortening(Board board, Assignment start, Aim aim, Budget budget) {
    Trail trail = aim.trail;
    target = aim.at;
    this.board = board;
    this.budget = budget;
    who = new int[trail.length()];
    where = new int[trail.length()];
    for (int i = 0; i < trail.length(); i++) {
      if (!isStopped(trail.who(i))) {
        who[length] = trail.who(i);
        where[length++] = trail.where(i);
      }
    }
    next = new int[length];
    state = start;
    for (int w = 0; w < board.workloads; w++) {
      if (isStopped(w)) {
        state.take(w);
      }
    }
    undoWho = new int[length + 1];
    undoWhere = new int[length + 1];
  }

  /** Before all moves. */
  private boolean isStopped(int workload) {
    return board.home[workload] >= 0 && target[workload] < 0;
  }

  Trail run() {
    int before;
    do {
      before = length;
      pass();
    } while (length < before - before / 20 && !budget.isOverNow());
    Trail trail = new Trail();
    for (int i = 0; i < length; i++) {
      trail.add(who[i], where[i]);
    }
    return trail;
  }

  private void pass() {
    link();
    for (int i = 0; i < length; i++) {
      int w = who[i];
      int to = where[i];
      int j = next[i];
      if (to == NONE || to == state.at[w]) {
        where[i] = NONE;
        continue;
      }
      if (j != NONE && !budget.isOverAfter(2L * (j - i))) {
        if (waits(i, j)) {
          where[i] = NONE;
          continue;
        }
        if (goesAtOnce(i, j)) {
          where[i] = where[j];
          where[j] = NONE;
          next[i] = next[j];
          to = where[i];
        }
      }
      move(w, to);
    }
    int kept = 0;
    for (int i = 0; i < length; i++) {
      if (where[i] != NONE) {
        who[kept] = who[i];
        where[kept++] = where[i];
      }
    }
    length = kept;
    for (int w = 0; w < board.workloads; w++) {
      if (state.at[w] >= 0 && state.at[w] != board.home[w]) {
        state.take(w);
      }
    }
    for (int w = 0; w < board.workloads; w++) {
      if (state.at[w] < 0 && board.home[w] >= 0 && !isStopped(w)) {
        state.put(w, board.home[w]);
      }
    }
  }

  /** For each move the next one of the same workload. */
  private void link() {
    int[] latest = new int[board.workloads];
    Arrays.fill(latest, NONE);
    for (int i = length - 1; i >= 0; i--) {
      next[i] = latest[who[i]];
      latest[who[i]] = i;
    }
  }

  private boolean waits(int i, int j) {
    undos = 0;
    boolean works = replay(i + 1, j) && tryMove(who[i], where[j]);
    undo();
    return works;
  }

  private boolean goesAtOnce(int i, int j) {
    undos = 0;
    boolean works = tryMove(who[i], where[j]) && replay(i + 1, j);
    undo();
    return works;
  }

  private boolean replay(int from, int to) {
    for (int i = from; i < to; i++) {
      if (where[i] != NONE && !tryMove(who[i], where[i])) {
        return false;
      }
    }
    return true;
  }

  private boolean tryMove(int workload, int to) {
    int from = state.at[workload];
    if (from == to) {
      return true;
    }
    if (!state.fits(workload, to)) {
      return false;
    }
    state.take(workload);
    if (!state.agrees(workload, to)) {
      state.put(workload, from);
      return false;
    }
    state.put(workload, to);
    undoWho[undos] = workload;
    undoWhere[undos++] = from;
    return true;
  }

  private void undo() {
    while (undos > 0) {
      move(undoWho[--undos], undoWhere[undos]);
    }
  }

  private void move(int workload, int to) {
    state.take(workload);
    state.put(workload, to);
  }
}
