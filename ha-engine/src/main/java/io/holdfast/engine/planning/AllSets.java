package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of all sets of a size at once, from sums over units.
 *
 * <p>Packing in any way, the largest first, leaves something out only if every host that is left
 * has less room than that takes in some dimension. Then what was packed fills each of them up to
 * that; if the units that fail cannot have had so much on them, nothing is left out. Both sides are
 * weighted sums over units, so the worst set is that of the greatest ones.
 */
final class AllSets {
  private static final int STEPS = 64;

  /** Sums of doubles are trusted up to this. */
  private static final double SURE = 1e-6;

  private final Inventory inventory;
  private final List<int[]> units;
  private final int dimensions;

  AllSets(Inventory inventory, List<int[]> units) {
    this.inventory = inventory;
    this.units = units;
    this.dimensions = inventory.dimensions;
  }

  /** A number of units such that any so many or fewer can fail: proven; -1: none is. */
  int provenFor() {
    List<Tenant> items = new ArrayList<>(inventory.waiting);
    for (Tenant[] evacuees : inventory.evacuees) {
      Collections.addAll(items, evacuees);
    }
    if (items.isEmpty()) {
      return units.size();
    }
    Collections.sort(items);
    int bound = 0;
    while (bound < items.size() && items.get(bound).isBound()) {
      bound++;
    }
    int proven = bound == 0 ? units.size() : new BoundItems(items.subList(0, bound)).provenFor();
    items = items.subList(bound, items.size());
    int steps = Math.min(STEPS, items.size());
    for (int s = 0; s < steps && proven >= 0; s++) {
      int from = (int) ((long) items.size() * s / steps);
      int to = (int) ((long) items.size() * (s + 1) / steps);
      proven = Math.min(proven, provenFor(items.subList(from, to)));
    }
    return proven;
  }

  /** How many units can fail without any of these, with nothing larger left out, being left out. */
  private int provenFor(List<Tenant> items) {
    long[] largest = new long[dimensions];
    for (Tenant item : items) {
      for (int d = 0; d < dimensions; d++) {
        largest[d] = Math.max(largest[d], item.demand[d]);
      }
    }
    Tenant last = items.get(items.size() - 1);
    double room = 0;
    double[] takes = new double[units.size()];
    for (int u = 0; u < takes.length; u++) {
      for (int h : units.get(u)) {
        double filled = filled(h, largest);
        room += filled;
        takes[u] += filled + sum(Arrays.asList(inventory.evacuees[h]), last);
      }
    }
    return provenFor(surely(room), sum(inventory.waiting, last), takes);
  }

  private static double surely(double sum) {
    return sum * (1 - SURE);
  }

  /** How many of the greatest units can be taken, with what waits, until the room is. */
  private static int provenFor(double room, double waiting, double[] takes) {
    Arrays.sort(takes);
    double taken = waiting;
    int failures = -1;
    while (taken < room) {
      failures++;
      if (failures == takes.length) {
        break;
      }
      taken += takes[takes.length - 1 - failures];
    }
    return failures;
  }

  /**
   * The same for what labels, kinds or rules bind, which is packed before everything else: only its
   * own hosts count, and without as many of the best places as others may keep it from.
   */
  private final class BoundItems {
    private final List<Tenant> items;
    private final double[] filled;
    private final double[] takes;

    BoundItems(List<Tenant> items) {
      this.items = items;
      Tenant last = items.get(items.size() - 1);
      long[] largest = new long[dimensions];
      for (Tenant item : items) {
        for (int d = 0; d < dimensions; d++) {
          largest[d] = Math.max(largest[d], item.demand[d]);
        }
      }
      filled = new double[inventory.hosts.size()];
      takes = new double[units.size()];
      for (int u = 0; u < takes.length; u++) {
        for (int h : units.get(u)) {
          filled[h] = filled(h, largest);
          takes[u] += sum(Arrays.asList(inventory.evacuees[h]), last);
        }
      }
    }

    int provenFor() {
      double waiting = sum(inventory.waiting, items.get(items.size() - 1));
      int proven = units.size();
      for (boolean[] shape : inventory.shapes) {
        proven = Math.min(proven, provenFor(shape, new Bond[0], waiting));
      }
      for (Bond bond : inventory.bonds) {
        Tenant before = null;
        for (Tenant item : bond.members) {
          if (proven < 0 || (bond.together && item.mustRun)) {
            return -1;
          }
          if (item.mustRun && (before == null || !isBoundLike(item, before))) {
            proven = Math.min(proven, provenFor(item.allowed, item.bonds, waiting));
            before = item;
          }
        }
      }
      return proven;
    }

    private static boolean isBoundLike(Tenant item, Tenant other) {
      return item.allowed == other.allowed && Arrays.equals(item.bonds, other.bonds);
    }

    private int provenFor(boolean @Nullable [] allowed, Bond[] bonds, double waiting) {
      double room = 0;
      double[] withRoom = takes.clone();
      for (int u = 0; u < withRoom.length; u++) {
        for (int h : units.get(u)) {
          if (allowed == null || allowed[h]) {
            room += filled[h];
            withRoom[u] += filled[h];
          }
        }
      }
      // before anything is taken off: what the roundings of equal sums differ by is no room
      double left = surely(room);
      for (Bond bond : bonds) {
        left -= kept(bond, allowed);
      }
      return AllSets.provenFor(left, waiting, withRoom);
    }

    /** The room of the best places, one for each of the others of a rule. */
    private double kept(Bond bond, boolean @Nullable [] allowed) {
      double[] places = new double[bond.places()];
      for (int h = 0; h < filled.length; h++) {
        if (allowed == null || allowed[h]) {
          places[bond.placeOf[h]] += filled[h];
        }
      }
      Arrays.sort(places);
      double kept = 0;
      int others = Math.min(bond.members.size() - 1, places.length);
      for (int i = 0; i < others; i++) {
        kept += places[places.length - 1 - i];
      }
      return kept;
    }
  }

  /** What is at least packed onto a host that has no room for one of the largest. */
  private double filled(int host, long[] largest) {
    if (!inventory.open[host]) {
      return 0;
    }
    double least = Double.POSITIVE_INFINITY;
    for (int d = 0; d < dimensions; d++) {
      if (largest[d] > 0) {
        long filled = inventory.room[host * dimensions + d] - largest[d] + 1;
        least = Math.min(least, Math.max(0, filled) * inventory.perUnit(d));
      }
    }
    return Double.isInfinite(least) ? 0 : least;
  }

  private double sum(List<Tenant> sorted, Tenant last) {
    double sum = 0;
    for (Tenant tenant : sorted) {
      if (tenant.compareTo(last) > 0) {
        break;
      }
      for (int d = 0; d < dimensions; d++) {
        sum += tenant.demand[d] * inventory.perUnit(d);
      }
    }
    return sum;
  }

  /**
   * The sets of a size that are the worst by one dimension each: whoever has the most there,
   * whether to be placed or free.
   */
  List<int[]> worst(int size) {
    List<int[]> sets = new ArrayList<>();
    for (int d = 0; d < dimensions; d++) {
      long[] taken = new long[units.size()];
      Integer[] order = new Integer[taken.length];
      for (int u = 0; u < taken.length; u++) {
        order[u] = u;
        taken[u] = taken(u, d);
      }
      Arrays.sort(order, (a, b) -> Long.compare(taken[b], taken[a]));
      int[] set = new int[size];
      for (int i = 0; i < size; i++) {
        set[i] = order[i];
      }
      sets.add(set);
    }
    return sets;
  }

  private long taken(int unit, int d) {
    long taken = 0;
    for (int h : units.get(unit)) {
      taken += inventory.open[h] ? inventory.room[h * dimensions + d] : 0;
      for (Tenant tenant : inventory.evacuees[h]) {
        taken += tenant.demand[d];
      }
    }
    return taken;
  }
}
