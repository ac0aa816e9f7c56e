package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.List;

/**
 * Which steps must wait for which, so that the others may be done at once. A step that brings a
 * workload to a host waits for as many of the earlier departures from it as give the room, all
 * earlier arrivals counted as there; for earlier departures from a place that a rule keeps for it;
 * and for whatever happens before it to its own workload and to those that must be where it is.
 */
final class Ordering {
  private final Board board;
  private final List<Sequencer.Step> steps;
  private final long[] free;

  /** By host: the earlier steps that leave it. */
  private final List<List<Integer>> departures = new ArrayList<>();

  /**
   * @param free the room before the first step; changes
   */
  Ordering(Board board, long[] free, List<Sequencer.Step> steps) {
    this.board = board;
    this.steps = steps;
    this.free = free;
    for (int h = 0; h < board.hosts; h++) {
      departures.add(List.of());
    }
  }

  List<List<Integer>> run() {
    List<List<Integer>> after = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      after.add(prerequisites(i));
      int from = steps.get(i).from;
      if (from >= 0) {
        if (departures.get(from).isEmpty()) {
          departures.set(from, new ArrayList<>());
        }
        departures.get(from).add(i);
      }
    }
    return after;
  }

  private List<Integer> prerequisites(int index) {
    Sequencer.Step step = steps.get(index);
    boolean[] needed = new boolean[index];
    if (step.to >= 0) {
      room(step, needed);
    }
    for (int i = 0; i < index; i++) {
      needed[i] |= steps.get(i).workload == step.workload || ruled(steps.get(i), step);
    }
    List<Integer> after = new ArrayList<>();
    for (int i = 0; i < index; i++) {
      if (needed[i]) {
        after.add(i);
      }
    }
    return after;
  }

  /** As many departures as give room, in their order. */
  private void room(Sequencer.Step step, boolean[] needed) {
    int base = step.to * board.dimensions;
    for (int d = 0; d < board.dimensions; d++) {
      free[base + d] -= board.demand[step.workload * board.dimensions + d];
    }
    long[] left = new long[board.dimensions];
    for (int d = 0; d < left.length; d++) {
      left[d] = free[base + d];
    }
    for (int i : departures.get(step.to)) {
      if (enough(left, step.workload)) {
        return;
      }
      needed[i] = true;
      for (int d = 0; d < left.length; d++) {
        left[d] += board.demand[steps.get(i).workload * board.dimensions + d];
      }
    }
  }

  private boolean enough(long[] left, int workload) {
    for (int d = 0; d < left.length; d++) {
      if (left[d] < 0 && board.demand[workload * board.dimensions + d] > 0) {
        return false;
      }
    }
    return true;
  }

  private boolean ruled(Sequencer.Step earlier, Sequencer.Step step) {
    for (int g : board.groupsOf[step.workload]) {
      Board.Group group = board.groups[g];
      boolean member = false;
      for (int other : board.groupsOf[earlier.workload]) {
        member |= other == g;
      }
      if (!member) {
        continue;
      }
      if (group.together
          || (step.to >= 0
              && earlier.from >= 0
              && group.places[earlier.from] == group.places[step.to])) {
        return true;
      }
    }
    return false;
  }
}
