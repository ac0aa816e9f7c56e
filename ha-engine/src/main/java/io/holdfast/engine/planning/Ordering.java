package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which steps must wait for which, so that the others may be done at once. A step that brings a
 * workload to a host waits for as many of the earlier departures from it as give the room, all
 * earlier arrivals counted as there; for earlier departures from a place that a rule keeps for it;
 * and for whatever happens before it to its own workload and to those that must be where it is.
 * What another step that it waits for has waited for needs not be named again.
 */
final class Ordering {
  /** Beyond so many departures an arrival rather waits for the arrival before it as well. */
  private static final int MOST_NAMED = 64;

  private final Board board;
  private final List<Sequencer.Step> steps;
  private final long[] free;

  /** By host: the earlier steps that leave it. */
  private final List<List<Integer>> departures = new ArrayList<>();

  /**
   * By host: how many departures the last arrival that names many has waited for, and its index.
   */
  private final int[] awaited;

  private final int[] lastOfMany;

  /** By workload: its last step so far, -1: none. */
  private final int[] lastOf;

  /** By group: the earlier steps of its workloads. */
  private final List<List<Integer>> ofGroup = new ArrayList<>();

  /**
   * @param free the room before the first step; changes
   */
  Ordering(Board board, long[] free, List<Sequencer.Step> steps) {
    this.board = board;
    this.steps = steps;
    this.free = free;
    awaited = new int[board.hosts];
    lastOfMany = new int[board.hosts];
    lastOf = new int[board.workloads];
    Arrays.fill(lastOf, -1);
    for (int h = 0; h < board.hosts; h++) {
      departures.add(List.of());
    }
    for (int g = 0; g < board.groups.length; g++) {
      ofGroup.add(List.of());
    }
  }

  List<List<Integer>> run() {
    List<List<Integer>> after = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      Sequencer.Step step = steps.get(i);
      SortedSet<Integer> needed = new TreeSet<>();
      if (step.to >= 0) {
        room(i, needed);
      }
      if (lastOf[step.workload] >= 0) {
        needed.add(lastOf[step.workload]);
      }
      lastOf[step.workload] = i;
      for (int g : board.groupsOf[step.workload]) {
        ruled(g, step, needed);
        append(ofGroup, g, i);
      }
      if (step.from >= 0) {
        append(departures, step.from, i);
      }
      after.add(new ArrayList<>(needed));
    }
    return after;
  }

  private static void append(List<List<Integer>> lists, int index, int step) {
    if (lists.get(index).isEmpty()) {
      lists.set(index, new ArrayList<>());
    }
    lists.get(index).add(step);
  }

  /** As many departures as give room, in their order. */
  private void room(int index, SortedSet<Integer> needed) {
    Sequencer.Step step = steps.get(index);
    int host = step.to;
    int base = host * board.dimensions;
    for (int d = 0; d < board.dimensions; d++) {
      free[base + d] -= board.demand[step.workload * board.dimensions + d];
    }
    long[] left = new long[board.dimensions];
    for (int d = 0; d < left.length; d++) {
      left[d] = free[base + d];
    }
    int count = 0;
    for (int i : departures.get(host)) {
      if (enough(left, step.workload)) {
        break;
      }
      count++;
      for (int d = 0; d < left.length; d++) {
        left[d] += board.demand[steps.get(i).workload * board.dimensions + d];
      }
    }
    if (count > MOST_NAMED && awaited[host] > 0) {
      needed.add(lastOfMany[host]);
    }
    int first = count > MOST_NAMED ? Math.min(awaited[host], count) : 0;
    needed.addAll(departures.get(host).subList(first, count));
    if (count > MOST_NAMED) {
      awaited[host] = Math.max(awaited[host], count);
      lastOfMany[host] = index;
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

  /** Those who must be where it is go one by one; a place is left before another comes. */
  private void ruled(int number, Sequencer.Step step, SortedSet<Integer> needed) {
    Board.Group group = board.groups[number];
    List<Integer> earlier = ofGroup.get(number);
    if (group.together) {
      if (!earlier.isEmpty()) {
        needed.add(earlier.get(earlier.size() - 1));
      }
      return;
    }
    for (int i : earlier) {
      int from = steps.get(i).from;
      if (step.to >= 0 && from >= 0 && group.places[from] == group.places[step.to]) {
        needed.add(i);
      }
    }
  }
}
