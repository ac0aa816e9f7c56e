package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which machine reaches which, and which of them reach the coordination service. Where the service
 * lives on machines of the world, it serves those that reach more than half of its machines.
 */
final class SimTopology {
  private final Predicate<HostId> serving;
  private final SortedSet<HostId> unplugged = new TreeSet<>();
  private final SortedMap<HostId, Integer> groups = new TreeMap<>();
  private SortedSet<HostId> servers = new TreeSet<>();
  private boolean divided;

  /**
   * @param serving whether a machine's processes run now
   */
  SimTopology(Predicate<HostId> serving) {
    this.serving = serving;
  }

  /** The service lives on these; nowhere: it stands apart, and whoever has a cable reaches it. */
  void serveOn(SortedSet<HostId> machines) {
    servers = new TreeSet<>(machines);
  }

  /** Whether the service comes and goes with the machines it lives on. */
  boolean isOnMachines() {
    return !servers.isEmpty();
  }

  void plug(HostId machine, boolean in) {
    if (in) {
      unplugged.remove(machine);
    } else {
      unplugged.add(machine);
    }
  }

  boolean isPlugged(HostId machine) {
    return !unplugged.contains(machine);
  }

  /** Only those of one group reach each other; whoever is in none is in one more. */
  void divide(List<SortedSet<HostId>> into) {
    groups.clear();
    divided = !into.isEmpty();
    for (int i = 0; i < into.size(); i++) {
      int group = i + 1;
      into.get(i).forEach(machine -> groups.put(machine, group));
    }
  }

  boolean reachesService(HostId machine) {
    return servers.isEmpty() ? isPlugged(machine) : isMajority(serversReachedBy(machine));
  }

  /** Whether the service serves anybody at all. */
  boolean isServiceUp() {
    return servers.isEmpty()
        || servers.stream().anyMatch(server -> isMajority(serversReachedBy(server)));
  }

  private boolean isMajority(long reached) {
    return reached * 2 > servers.size();
  }

  private long serversReachedBy(HostId machine) {
    return servers.stream()
        .filter(serving)
        .filter(server -> server.equals(machine) || reach(server, machine))
        .count();
  }

  private boolean reach(HostId one, HostId other) {
    return isPlugged(one) && isPlugged(other) && (!divided || groupOf(one) == groupOf(other));
  }

  private int groupOf(HostId machine) {
    return groups.getOrDefault(machine, 0);
  }
}
