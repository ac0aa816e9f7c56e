package io.holdfast.engine.planning;

import java.util.Arrays;
import java.util.Comparator;

/** Ways to pack, each good at what the others are bad at. The hardest items come first in all. */
enum FitOrder {
  /** The largest first, each where the least is left over in all dimensions. */
  BEST_FIT(false, false),
  /** The largest first, each where the most is left over in the scarcest dimension. */
  WORST_FIT(false, true),
  /** The largest by the sum of its shares first, each where the least is left over. */
  BEST_FIT_BY_SUM(true, false);

  private final boolean bySum;
  private final boolean worst;

  FitOrder(boolean bySum, boolean worst) {
    this.bySum = bySum;
    this.worst = worst;
  }

  /** Packs everything that has no host; whether all of it found one. */
  boolean pack(Evacuation evacuation) {
    Tenant[] order = Arrays.copyOf(evacuation.items, evacuation.count);
    Inventory inventory = evacuation.inventory;
    if (bySum) {
      Arrays.sort(
          order,
          Comparator.<Tenant>comparingInt(item -> item.isBound() ? 0 : 1)
              .thenComparingDouble(item -> -sum(inventory, item))
              .thenComparingInt(item -> item.order));
    }
    boolean all = true;
    for (Tenant item : order) {
      int best = -1;
      double bestCost = Double.POSITIVE_INFINITY;
      for (int h = 0; h < evacuation.hosts; h++) {
        if (evacuation.fits(item, h)) {
          double cost = cost(evacuation, item, h);
          if (cost < bestCost) {
            bestCost = cost;
            best = h;
          }
        }
      }
      if (best < 0) {
        all = false;
      } else {
        evacuation.place(item, best);
      }
    }
    return all;
  }

  private static double sum(Inventory inventory, Tenant item) {
    double sum = 0;
    for (int d = 0; d < inventory.dimensions; d++) {
      sum += item.demand[d] * inventory.perUnit(d);
    }
    return sum;
  }

  /** What would be left: its sum of squares is small where it is little and even. */
  private double cost(Evacuation evacuation, Tenant item, int host) {
    double squares = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int d = 0; d < evacuation.dimensions; d++) {
      double left =
          (evacuation.room[host * evacuation.dimensions + d] - item.demand[d])
              * evacuation.inventory.perUnit(d);
      squares += left * left;
      least = Math.min(least, left);
    }
    return worst ? -least : squares;
  }
}
