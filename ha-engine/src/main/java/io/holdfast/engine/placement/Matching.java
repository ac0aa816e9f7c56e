package io.holdfast.engine.placement;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** Matching in a bipartite graph by augmenting paths (Kuhn 1955). */
final class Matching {
  private final List<BitSet> wanted;
  private final int[] taker;

  private Matching(List<BitSet> wanted, int places) {
    this.wanted = wanted;
    this.taker = new int[places];
    Arrays.fill(taker, -1);
  }

  /** Whether everybody can have one of the places that it wants, each place given once. */
  static boolean isPerfect(List<BitSet> wanted) {
    BitSet all = new BitSet();
    wanted.forEach(all::or);
    if (all.cardinality() < wanted.size()) {
      return false;
    }
    Matching matching = new Matching(wanted, all.length());
    for (int who = 0; who < wanted.size(); who++) {
      if (!matching.give(who, new BitSet())) {
        return false;
      }
    }
    return true;
  }

  /** Gives a place to one more, moving others where that helps. */
  private boolean give(int who, BitSet tried) {
    BitSet places = wanted.get(who);
    for (int place = places.nextSetBit(0); place >= 0; place = places.nextSetBit(place + 1)) {
      if (taker[place] < 0) {
        taker[place] = who;
        return true;
      }
    }
    for (int place = places.nextSetBit(0); place >= 0; place = places.nextSetBit(place + 1)) {
      if (!tried.get(place)) {
        tried.set(place);
        if (give(taker[place], tried)) {
          taker[place] = who;
          return true;
        }
      }
    }
    return false;
  }
}
