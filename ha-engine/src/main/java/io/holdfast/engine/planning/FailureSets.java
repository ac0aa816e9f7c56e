package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The sets of so many units, those of the most dangerous units first. Of units that are alike in
 * everything only the first so many are taken: the others would say the same.
 */
final class FailureSets {
  /** Comparing hosts by all that may run there is worth so many looks. */
  private static final long MOST_LOOKS = 20_000_000;

  private final Inventory inventory;
  private final List<int[]> units;

  /** Units in the order in which they are combined; those that are alike are neighbours. */
  private final int[] order;

  /** By position in that order: whether the one before is alike. */
  private final boolean[] likeBefore;

  FailureSets(Inventory inventory, List<int[]> units, boolean group) {
    this.inventory = inventory;
    this.units = units;
    int[] groups = group ? groups() : IntStream.range(0, units.size()).toArray();
    double[] danger = danger();
    order =
        IntStream.range(0, units.size())
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(u -> -danger[u])
                    .thenComparingInt(u -> groups[u])
                    .thenComparingInt(u -> u))
            .mapToInt(Integer::intValue)
            .toArray();
    likeBefore = new boolean[order.length];
    for (int i = 1; i < order.length; i++) {
      likeBefore[i] = groups[order[i]] == groups[order[i - 1]];
    }
  }

  /** Steps through the sets of one size. */
  final class Steps {
    private final int[] chosen;
    private boolean begun;

    private Steps(int size) {
      chosen = new int[size];
    }

    /** The units of the next set, {@code null} after the last one. */
    int @Nullable [] next() {
      if (begun && !advance()) {
        return null;
      }
      if (!begun) {
        begun = true;
        for (int i = 0; i < chosen.length; i++) {
          chosen[i] = i;
        }
      }
      int[] set = new int[chosen.length];
      for (int i = 0; i < set.length; i++) {
        set[i] = order[chosen[i]];
      }
      return set;
    }

    private boolean advance() {
      for (int p = chosen.length - 1; p >= 0; p--) {
        int to = chosen[p] + 1;
        while (to < order.length && likeBefore[to]) {
          to++; // the one before is not chosen, so this one says nothing new
        }
        if (to + chosen.length - p <= order.length) {
          for (int i = p; i < chosen.length; i++) {
            chosen[i] = to++;
          }
          return true;
        }
      }
      return false;
    }
  }

  /**
   * The sets of a size.
   *
   * @param size 0 to the number of units
   */
  Steps of(int size) {
    return new Steps(size);
  }

  /** The hosts of a set. */
  int[] hosts(int[] set) {
    return hosts(units, set);
  }

  static int[] hosts(List<int[]> units, int[] set) {
    return set.length == 1
        ? units.get(set[0])
        : Arrays.stream(set).flatMap(u -> Arrays.stream(units.get(u))).toArray();
  }

  /**
   * What a unit's failure takes from the others: what is to be placed and the room that is lost.
   */
  private double[] danger() {
    double[] room = new double[inventory.dimensions];
    for (int h = 0; h < inventory.hosts.size(); h++) {
      for (int d = 0; d < room.length; d++) {
        room[d] += inventory.open[h] ? inventory.room[h * room.length + d] : 0;
      }
    }
    double[] danger = new double[units.size()];
    for (int u = 0; u < danger.length; u++) {
      for (int d = 0; d < room.length; d++) {
        double taken = 0;
        for (int h : units.get(u)) {
          taken += inventory.open[h] ? inventory.room[h * room.length + d] : 0;
          for (Tenant tenant : inventory.evacuees[h]) {
            taken += tenant.demand[d];
          }
        }
        danger[u] = Math.max(danger[u], taken / Math.max(1, room[d]));
      }
    }
    return danger;
  }

  /** A number for each unit; the same for those that can stand for each other. */
  private int[] groups() {
    int[] groups = new int[units.size()];
    Map<String, List<Integer>> rough = new TreeMap<>();
    boolean canCompare =
        (long) inventory.shapes.size() * inventory.hosts.size() <= MOST_LOOKS
            && (inventory.bonds.isEmpty() || units.size() == inventory.hosts.size());
    for (int u = 0; u < groups.length; u++) {
      String key = canCompare ? roughly(units.get(u)).toString() : Integer.toString(u);
      rough.computeIfAbsent(key, k -> new ArrayList<>()).add(u);
    }
    int next = 0;
    for (List<Integer> like : rough.values()) {
      Map<String, Integer> known = new TreeMap<>();
      for (int u : like) {
        String key = like.size() == 1 ? "" : exactly(units.get(u));
        Integer group = known.get(key);
        if (group == null) {
          group = next++;
          known.put(key, group);
        }
        groups[u] = group;
      }
    }
    return groups;
  }

  private List<Object> roughly(int[] unit) {
    long tenants = 0;
    List<Object> key = new ArrayList<>();
    for (int h : unit) {
      tenants += inventory.residents.get(h).size();
    }
    key.add(unit.length);
    key.add(tenants);
    for (int d = 0; d < inventory.dimensions; d++) {
      long room = 0;
      for (int h : unit) {
        room += inventory.room[h * inventory.dimensions + d];
      }
      key.add(room);
    }
    return key;
  }

  private String exactly(int[] unit) {
    return Arrays.stream(unit)
        .mapToObj(h -> host(h).toString())
        .sorted()
        .collect(Collectors.joining("|"));
  }

  private List<Object> host(int h) {
    List<Object> key = new ArrayList<>();
    key.add(inventory.open[h]);
    int dimensions = inventory.dimensions;
    for (int d = 0; d < dimensions; d++) {
      key.add(inventory.room[h * dimensions + d]);
    }
    for (boolean[] shape : inventory.shapes) {
      key.add(shape[h]);
    }
    if (!inventory.bonds.isEmpty()) {
      // alike for an affinity are only hosts of the same places, without anything that it binds
      inventory.bonds.forEach(bond -> key.add(bond.ofHosts ? -1 : bond.placeOf[h]));
      for (Tenant tenant : inventory.residents.get(h)) {
        if (tenant.bonds.length > 0) {
          key.add(h);
        }
      }
    }
    for (Tenant tenant : inventory.evacuees[h]) {
      key.add(Arrays.toString(tenant.demand));
      key.add(tenant.allowed == null ? -1 : indexOf(tenant.allowed));
    }
    return key;
  }

  private int indexOf(boolean[] shape) {
    for (int i = 0; i < inventory.shapes.size(); i++) {
      if (inventory.shapes.get(i) == shape) {
        return i;
      }
    }
    return -1;
  }
}
