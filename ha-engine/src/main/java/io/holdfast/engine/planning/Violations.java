package io.holdfast.engine.planning;

import org.jspecify.annotations.Nullable;

/** What strict rules are broken as things stand, and by how much hosts are too full. Changes. */
final class Violations {
  private final Board board;
  private final Assignment state;

  /** By group and place: how many of its workloads are there. */
  private final int[][] there;

  private final int[] anywhere;

  Violations(Board board, Assignment state) {
    this.board = board;
    this.state = state;
    there = new int[board.groups.length][];
    anywhere = new int[there.length];
    for (int g = 0; g < there.length; g++) {
      Board.Group group = board.groups[g];
      there[g] = new int[group.count];
      for (int member : group.members) {
        if (state.at[member] >= 0) {
          there[g][group.places[state.at[member]]]++;
          anywhere[g]++;
        }
      }
    }
  }

  /** All of it: each rule by the workloads that would have to go, each host by its excess. */
  double all() {
    double all = 0;
    for (int g = 0; g < there.length; g++) {
      all += broken(g);
    }
    for (int h = 0; h < board.hosts; h++) {
      all += excess(h, 0, -1);
    }
    for (int w = 0; w < board.workloads; w++) {
      all += isMisplaced(w) ? 1 : 0;
    }
    return all;
  }

  /** Whether labels, kinds or pins want it away from a host that could otherwise have it. */
  boolean isMisplaced(int w) {
    int at = state.at[w];
    return at >= 0 && board.usable[at] && !board.bears(w, at);
  }

  private int broken(int g) {
    int most = 0;
    int crowded = 0;
    for (int count : there[g]) {
      most = Math.max(most, count);
      crowded += Math.max(0, count - 1);
    }
    return board.groups[g].together ? anywhere[g] - most : crowded;
  }

  /** The first of a workload's groups that is broken where it is; -1: none. */
  int brokenAt(int w) {
    for (int g : board.groupsOf[w]) {
      boolean here = there[g][board.groups[g].places[state.at[w]]] > 1;
      if (board.groups[g].together ? broken(g) > 0 : here) {
        return g;
      }
    }
    return -1;
  }

  boolean isOverfull(int host) {
    return excess(host, 0, -1) > 0;
  }

  /** By how much a host is too full, in shares of its capacity, with or without a workload. */
  private double excess(int host, int sign, int w) {
    double excess = 0;
    for (int d = 0; d < board.dimensions; d++) {
      long free = state.free[host * board.dimensions + d];
      if (w >= 0) {
        free -= sign * board.demand[w * board.dimensions + d];
      }
      if (free < 0) {
        excess -= free / (double) Math.max(1, board.limit[host * board.dimensions + d]);
      }
    }
    return excess;
  }

  /** By how much less is broken when a workload moves; nothing that holds is broken by it. */
  double mended(int w, int to) {
    int from = state.at[w];
    if (!board.movable[w] || !board.allows(w, to) || !state.fits(w, to)) {
      return 0;
    }
    double mended = isMisplaced(w) ? 1 : 0;
    mended += excess(from, 0, -1) - excess(from, -1, w);
    for (int g : board.groupsOf[w]) {
      Board.Group group = board.groups[g];
      int[] count = there[g];
      int before = broken(g);
      int here = group.places[from];
      int target = group.places[to];
      if (here == target) {
        continue;
      }
      if (!group.together && count[target] > 0) {
        return 0;
      }
      count[here]--;
      count[target]++;
      int after = broken(g);
      count[here]++;
      count[target]--;
      if (after > before) {
        return 0;
      }
      mended += before - after;
    }
    return mended;
  }

  /** To be told of every move before it is made. */
  void moves(int w, int to) {
    for (int g : board.groupsOf[w]) {
      there[g][board.groups[g].places[state.at[w]]]--;
      there[g][board.groups[g].places[to]]++;
    }
  }

  /** What is wrong with a workload where it is, in words; {@code null}: nothing. */
  @Nullable String wrong(int w) {
    int group = brokenAt(w);
    if (isMisplaced(w)) {
      return "a strict rule, a label or its kind wants it on another host";
    }
    if (group >= 0) {
      return "rule " + board.cluster.rules().get(board.groups[group].rule).id() + " is broken";
    }
    return isOverfull(state.at[w])
        ? board.cluster.hosts().get(state.at[w]).id() + " is too full"
        : null;
  }
}
