package io.holdfast.engine.placement;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Numbers for failure domains and hosts, so that they are compared quickly. Never used again. */
final class Places {
  private final SortedMap<String, Integer> numbers = new TreeMap<>();
  private final SortedMap<Integer, SortedSet<HostSlot>> hosts = new TreeMap<>();
  private int last;

  int next() {
    return ++last;
  }

  /** Numbers the domain path of the host. */
  void enter(HostSlot host) {
    List<String> domain = host.host.domain();
    host.places = new int[domain.size()];
    StringBuilder path = new StringBuilder();
    for (int level = 0; level < domain.size(); level++) {
      path.append('/').append(domain.get(level));
      int place = numbers.computeIfAbsent(path.toString(), p -> next());
      host.places[level] = place;
      hosts.computeIfAbsent(place, p -> new TreeSet<>()).add(host);
    }
  }

  void leave(HostSlot host) {
    for (int place : host.places) {
      SortedSet<HostSlot> there = hosts.get(place);
      if (there != null && there.remove(host) && there.isEmpty()) {
        hosts.remove(place);
      }
    }
  }

  /** All hosts of the places at which most of these are. */
  SortedSet<HostSlot> withMost(List<HostSlot> there, Occupancy occupancy) {
    SortedMap<Integer, List<HostSlot>> byPlace = new TreeMap<>();
    for (HostSlot host : there) {
      byPlace.computeIfAbsent(occupancy.placeOf(host), p -> new ArrayList<>()).add(host);
    }
    int most = byPlace.values().stream().mapToInt(List::size).max().orElse(0);
    SortedSet<HostSlot> near = new TreeSet<>();
    byPlace.forEach(
        (place, some) -> {
          if (some.size() == most) {
            near.addAll(some);
            near.addAll(hosts.getOrDefault(place, new TreeSet<>()));
          }
        });
    return near;
  }
}
