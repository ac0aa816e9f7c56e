package io.holdfast.engine.placement;

import io.holdfast.api.Capacity;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.HostUse;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A host in the placement state, with what is placed on it or on its way there. */
final class HostSlot implements Comparable<HostSlot> {
  final HostId id;
  Host host;
  boolean standby;

  /** The conditions that hold there. */
  SortedSet<String> conditions = Collections.emptySortedSet();

  /** Why nothing new may go there, {@code null} if it may. */
  @Nullable String whyNot = "has not been seen yet";

  long[] capacity = {};
  long[] used = {};
  long[] load = {};
  final Residents residents = new Residents();

  /** By level of the domain path: the number of its place there. */
  int[] places = {};

  /** Its number as a place of its own. */
  final int self;

  // Where the index has it
  @Nullable HostTree tree;
  int leaf;
  long onCurve;

  /** Its score in the choice under way, see {@link ClusterEffect} and {@link Preference}. */
  double score;

  /** What {@link #use} has made of it, until it changes. */
  @Nullable HostUse shown;

  HostSlot(HostId id, Host host, int self) {
    this.id = id;
    this.host = host;
    this.self = self;
  }

  boolean isUsable() {
    return whyNot == null;
  }

  int place(int level) {
    return level >= 0 && level < places.length ? places[level] : self;
  }

  /** Zero where nothing limits it. */
  double perUnit(int dimension) {
    long limit = capacity[dimension];
    return limit == Dimensions.UNLIMITED ? 0 : 1.0 / Math.max(1, limit);
  }

  /** The share of its capacity that is taken, for comparing. */
  double share(int dimension) {
    return load[dimension] * perUnit(dimension);
  }

  long free(int dimension) {
    return capacity[dimension] - used[dimension];
  }

  boolean hasRoom(long[] demand) {
    for (int d = 0; d < demand.length; d++) {
      if (demand[d] > 0 && demand[d] > free(d)) {
        return false;
      }
    }
    return true;
  }

  void take(WorkloadSlot workload) {
    if (residents.add(workload)) {
      add(workload, 1);
    }
  }

  void give(WorkloadSlot workload) {
    if (residents.remove(workload)) {
      add(workload, -1);
    }
  }

  /** The host, and what is taken of it, as others may see it. */
  HostUse use(Dimensions dimensions) {
    HostUse use = shown;
    if (use == null) {
      SortedMap<String, Long> taken = new TreeMap<>();
      for (int d = 0; d < used.length; d++) {
        if (used[d] > 0) {
          taken.put(dimensions.name(d), used[d]);
        }
      }
      use = new HostUse(host, new Capacity(taken), residents.size());
      shown = use;
    }
    return use;
  }

  private void add(WorkloadSlot workload, int sign) {
    shown = null;
    for (int d = 0; d < used.length; d++) {
      used[d] += sign * workload.demand[d];
      load[d] += sign * workload.load[d];
    }
  }

  /** Makes room for dimensions that were not known before; nothing uses them yet. */
  void grow(int dimensions) {
    int before = capacity.length;
    capacity = Arrays.copyOf(capacity, dimensions);
    Arrays.fill(capacity, before, dimensions, Dimensions.UNLIMITED);
    used = Arrays.copyOf(used, dimensions);
    load = Arrays.copyOf(load, dimensions);
  }

  @Override
  public int compareTo(HostSlot other) {
    return id.compareTo(other.id);
  }
}
