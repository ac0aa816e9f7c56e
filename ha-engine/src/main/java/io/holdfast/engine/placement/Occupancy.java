package io.holdfast.engine.placement;

import io.holdfast.api.Rule.WorkloadAffinity;
import java.util.SortedMap;
import java.util.TreeMap;

/** Where the workloads of one affinity are: how many at each place, both ends of a move counted. */
final class Occupancy {
  final WorkloadAffinity rule;
  private final SortedMap<Integer, Integer> byPlace = new TreeMap<>();

  Occupancy(WorkloadAffinity rule) {
    this.rule = rule;
  }

  int placeOf(HostSlot host) {
    return host.place(rule.level().index());
  }

  int at(HostSlot host) {
    return byPlace.getOrDefault(placeOf(host), 0);
  }

  boolean isEmpty() {
    return byPlace.isEmpty();
  }

  void add(HostSlot host, int sign) {
    byPlace.merge(placeOf(host), sign, (a, b) -> a + b == 0 ? null : a + b);
  }
}
