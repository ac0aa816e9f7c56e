package io.holdfast.engine.planning;

import io.holdfast.engine.planning.Evacuation.Verdict;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * An exact search for a packing: branch and bound. What has the fewest hosts left comes next; the
 * question at each branch is whether one of its like goes to a host or none of them does, so that
 * no two branches hold the same packing, nor one that differs only by names of like workloads.
 * Where no affinity is at play, hosts that are alike are tried once.
 */
final class EvacuationSearch {
  private static final int NONE_LEFT = -1;
  private static final int HOPELESS = -2;

  private final Evacuation evacuation;
  private final int hosts;
  private final int dimensions;

  /** Items that can stand for each other. */
  private final List<List<Tenant>> classes = new ArrayList<>();

  /** By class: how many have no host yet. */
  private int[] left = {};

  /** By class and host: ruled out in the present branch. */
  private boolean[][] ruledOut = {};

  private final boolean bonded;
  private long effort;

  EvacuationSearch(Evacuation evacuation, long effort) {
    this.evacuation = evacuation;
    this.hosts = evacuation.hosts;
    this.dimensions = evacuation.dimensions;
    this.effort = effort;
    boolean anyBond = false;
    for (int i = 0; i < evacuation.count; i++) {
      anyBond |= evacuation.items[i].bonds.length > 0;
    }
    this.bonded = anyBond;
  }

  /** The verdict; with SURVIVES everything is placed. */
  Verdict decide() {
    for (int i = 0; i < evacuation.count; i++) {
      effort -= classes.size() / 16;
      if (effort < 0) {
        return Verdict.UNDECIDED;
      }
      classify(evacuation.items[i]);
    }
    left = classes.stream().mapToInt(List::size).toArray();
    ruledOut = new boolean[classes.size()][hosts];
    if (search()) {
      return Verdict.SURVIVES;
    }
    return effort < 0 ? Verdict.UNDECIDED : Verdict.FAILS;
  }

  /** What is left of the effort. */
  long left() {
    return Math.max(0, effort);
  }

  private void classify(Tenant item) {
    for (List<Tenant> known : classes) {
      if (known.get(0).isLike(item)) {
        known.add(item);
        return;
      }
    }
    List<Tenant> fresh = new ArrayList<>();
    fresh.add(item);
    classes.add(fresh);
  }

  /** A branching under way: one of a class goes to one host after the other. */
  private static final class Branching {
    final int kind;
    final Tenant item;
    int host = -1;
    final List<Integer> tried = new ArrayList<>();

    Branching(int kind, Tenant item) {
      this.kind = kind;
      this.item = item;
    }
  }

  /**
   * Whether all that is left can be placed; without effort the answer no means nothing. Not by
   * recursion: there is a branching for every item that is placed, and there can be very many.
   */
  private boolean search() {
    Deque<Branching> open = new ArrayDeque<>();
    int next = mostUrgent();
    while (next >= 0 || !open.isEmpty()) {
      if (next >= 0) {
        open.push(new Branching(next, itemOf(next)));
      }
      if (!advance(open.element())) {
        close(open.remove());
        next = HOPELESS;
        continue;
      }
      next = mostUrgent();
      if (next == NONE_LEFT) {
        return true;
      }
    }
    return next == NONE_LEFT;
  }

  /** On to the next host; whether there is one. */
  private boolean advance(Branching branching) {
    int kind = branching.kind;
    if (branching.host >= 0) {
      left[kind]++;
      evacuation.unplace(branching.item);
      ruleOut(kind, branching.host, branching.tried);
    }
    branching.host = effort >= 0 ? tightest(kind) : -1;
    if (branching.host < 0) {
      return false;
    }
    evacuation.place(branching.item, branching.host);
    left[kind]--;
    return true;
  }

  private void close(Branching branching) {
    for (int h : branching.tried) {
      ruledOut[branching.kind][h] = false;
    }
  }

  /** The class with the fewest hosts, or that there is none left, or no use in going on. */
  private int mostUrgent() {
    int next = NONE_LEFT;
    int fewest = Integer.MAX_VALUE;
    boolean[] useful = new boolean[hosts];
    long[] needed = new long[dimensions];
    for (int c = 0; c < left.length; c++) {
      if (left[c] == 0) {
        continue;
      }
      effort -= hosts;
      int possible = possible(c, useful, needed);
      if (effort < 0 || possible == 0) {
        return HOPELESS;
      }
      if (possible < fewest) {
        fewest = possible;
        next = c;
      }
    }
    return next < 0 || hasRoom(useful, needed) ? next : HOPELESS;
  }

  /** The number of hosts for a class, 0 if they are too few for all of it. */
  private int possible(int c, boolean[] useful, long[] needed) {
    Tenant item = classes.get(c).get(0);
    int possible = 0;
    long holes = 0;
    for (int h = 0; h < hosts; h++) {
      if (!ruledOut[c][h] && evacuation.fits(itemOf(c), h)) {
        possible++;
        useful[h] = true;
        holes += holes(item, h, left[c]);
      }
    }
    for (int d = 0; d < dimensions; d++) {
      needed[d] += left[c] * item.demand[d];
    }
    return holes < left[c] ? 0 : possible;
  }

  private Tenant itemOf(int c) {
    return classes.get(c).get(left[c] - 1);
  }

  private long holes(Tenant item, int host, long atMost) {
    long holes = atMost;
    for (int d = 0; d < dimensions; d++) {
      if (item.demand[d] > 0) {
        holes = Math.min(holes, evacuation.room[host * dimensions + d] / item.demand[d]);
      }
    }
    return holes;
  }

  private boolean hasRoom(boolean[] useful, long[] needed) {
    for (int d = 0; d < dimensions; d++) {
      long room = 0;
      for (int h = 0; h < hosts; h++) {
        room += useful[h] ? evacuation.room[h * dimensions + d] : 0;
      }
      if (room < needed[d]) {
        return false;
      }
    }
    return true;
  }

  /** The host that has the least left over with one more of a class, -1 if there is none. */
  private int tightest(int c) {
    Tenant item = itemOf(c);
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int h = 0; h < hosts; h++) {
      if (ruledOut[c][h] || !evacuation.fits(item, h)) {
        continue;
      }
      double squares = 0;
      for (int d = 0; d < dimensions; d++) {
        double rest =
            (evacuation.room[h * dimensions + d] - item.demand[d])
                * evacuation.inventory.perUnit(d);
        squares += rest * rest;
      }
      if (squares < least) {
        least = squares;
        best = h;
      }
    }
    return best;
  }

  private void ruleOut(int c, int host, List<Integer> tried) {
    int before = tried.size();
    for (int h = 0; h < hosts; h++) {
      if (h == host || (!bonded && !ruledOut[c][h] && areAlike(host, h))) {
        tried.add(h);
      }
    }
    for (int h : tried.subList(before, tried.size())) {
      ruledOut[c][h] = true;
    }
  }

  private boolean areAlike(int one, int other) {
    if (!evacuation.inventory.open[other]) {
      return false;
    }
    for (int d = 0; d < dimensions; d++) {
      if (evacuation.room[one * dimensions + d] != evacuation.room[other * dimensions + d]) {
        return false;
      }
    }
    for (int c = 0; c < left.length; c++) {
      boolean[] allowed = classes.get(c).get(0).allowed;
      if (left[c] > 0
          && (ruledOut[c][one] != ruledOut[c][other]
              || (allowed != null && allowed[one] != allowed[other]))) {
        return false;
      }
    }
    return true;
  }
}
