package io.holdfast.engine.planning;

import io.holdfast.api.WorkloadId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A workload in an {@link Inventory}. */
final class Tenant implements Comparable<Tenant> {
  final WorkloadId id;
  final long[] demand;

  /** Hosts that may run it, {@code null}: all. */
  final boolean @Nullable [] allowed;

  final Bond[] bonds;

  /** Whether it is placed anew when its host fails. */
  final boolean mustRun;

  /** What it takes of a usual host, for comparing. */
  final double size;

  /** In the order of being added: breaks ties. */
  final int order;

  /** Where it is, -1: nowhere, or on a host that has failed. */
  int host;

  /** Where an evacuation wants it, -1: nowhere; only valid while that works on it. */
  int target = -1;

  /** Marks what is to be placed while a packing that is known is tried again. */
  int stamp;

  Tenant(
      WorkloadId id,
      long[] demand,
      boolean @Nullable [] allowed,
      Bond[] bonds,
      boolean mustRun,
      double size,
      int order,
      int host) {
    this.id = id;
    this.demand = demand;
    this.allowed = allowed;
    this.bonds = bonds;
    this.mustRun = mustRun;
    this.size = size;
    this.order = order;
    this.host = host;
  }

  /** Whether anything but room decides where it may go. */
  boolean isBound() {
    return allowed != null || bonds.length > 0;
  }

  /** Whether one can stand for the other. */
  boolean isLike(Tenant other) {
    if (bonds.length > 0 || other.bonds.length > 0 || allowed != other.allowed) {
      return false;
    }
    return Arrays.equals(demand, other.demand);
  }

  /** What is harder to place comes first. */
  @Override
  public int compareTo(Tenant other) {
    if (isBound() != other.isBound()) {
      return isBound() ? -1 : 1;
    }
    int bySize = Double.compare(other.size, size);
    return bySize != 0 ? bySize : Integer.compare(order, other.order);
  }
}
