package io.holdfast.engine.planning;

import io.holdfast.api.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What can fail at once: a host, or all hosts of a failure domain. */
final class FailureUnits {
  private FailureUnits() {}

  /**
   * Numbers the places of a level.
   *
   * @param placeOf receives the place of each host
   * @return how many places there are
   */
  static int places(List<HostSnapshot> hosts, Rule.Level level, int[] placeOf) {
    Map<String, Integer> byPath = new TreeMap<>();
    int places = 0;
    for (int h = 0; h < placeOf.length; h++) {
      List<String> domain = hosts.get(h).domain();
      int depth = level.index() + 1;
      if (level.isHost() || domain.size() < depth) {
        placeOf[h] = places++;
        continue;
      }
      String path = String.join("/", domain.subList(0, depth));
      Integer known = byPath.get(path);
      if (known == null) {
        known = places++;
        byPath.put(path, known);
      }
      placeOf[h] = known;
    }
    return places;
  }

  /** The units of a level: the hosts of each that have not failed; none of them is empty. */
  static List<int[]> of(Inventory inventory, Rule.Level level) {
    int[] placeOf = new int[inventory.hosts.size()];
    places(inventory.hosts, level, placeOf);
    Map<Integer, List<Integer>> byPlace = new TreeMap<>();
    for (int h = 0; h < placeOf.length; h++) {
      if (inventory.alive[h]) {
        byPlace.computeIfAbsent(placeOf[h], p -> new ArrayList<>()).add(h);
      }
    }
    return byPlace.values().stream()
        .map(unit -> unit.stream().mapToInt(Integer::intValue).toArray())
        .toList();
  }
}
