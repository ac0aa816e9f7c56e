package io.holdfast.engine.placement;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All usable hosts, those of about the same size together: within such a group the bounds of {@link
 * HostTree} are tight.
 */
final class HostIndex {
  private final Scale scale;
  private final SortedMap<String, HostTree> regular = new TreeMap<>();
  private final SortedMap<String, HostTree> standby = new TreeMap<>();

  HostIndex(Scale scale) {
    this.scale = scale;
  }

  /** Puts it where it belongs: in a group if it is usable. */
  void put(HostSlot host) {
    remove(host);
    if (host.isUsable()) {
      (host.standby ? standby : regular)
          .computeIfAbsent(sizeOf(host), size -> new HostTree(scale))
          .add(host);
    }
  }

  void remove(HostSlot host) {
    HostTree tree = host.tree;
    if (tree != null) {
      tree.remove(host);
      regular.values().removeIf(t -> t == tree && t.size() == 0);
      standby.values().removeIf(t -> t == tree && t.size() == 0);
    }
  }

  void search(Search search, boolean ofStandby) {
    for (HostTree tree : (ofStandby ? standby : regular).values()) {
      tree.search(search);
    }
  }

  boolean hasStandby() {
    return !standby.isEmpty();
  }

  /** The most room on a usable host, below zero if none is usable. */
  long mostFree(int dimension) {
    long most = -1;
    for (HostTree tree : regular.values()) {
      most = Math.max(most, tree.mostFree(dimension));
    }
    for (HostTree tree : standby.values()) {
      most = Math.max(most, tree.mostFree(dimension));
    }
    return most;
  }

  /** Capacities rounded to half a power of two. */
  private static String sizeOf(HostSlot host) {
    StringBuilder size = new StringBuilder();
    for (long capacity : host.capacity) {
      int power = 64 - Long.numberOfLeadingZeros(capacity);
      long next = power < 2 ? 0 : (capacity >> (power - 2)) & 1;
      size.append(power).append(next == 0 ? "- " : "+ ");
    }
    return size.toString();
  }
}
