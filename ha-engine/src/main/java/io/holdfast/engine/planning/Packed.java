package io.holdfast.engine.planning;

/**
 * A packing: who goes where when a set of hosts fails.
 *
 * @param who what is placed
 * @param where the host of each
 */
@SuppressWarnings("ArrayRecordComponent") // one for every set: thousands of them are kept
record Packed(Tenant[] who, int[] where) {
  static final Packed NOTHING = new Packed(new Tenant[0], new int[0]);

  /** Whether what it puts on a host has room there. */
  boolean fits(int host, Inventory inventory) {
    long[] demand = null;
    for (int i = 0; i < where.length; i++) {
      if (where[i] == host) {
        demand = demand == null ? new long[inventory.dimensions] : demand;
        for (int d = 0; d < demand.length; d++) {
          demand[d] += who[i].demand[d];
        }
      }
    }
    if (demand == null) {
      return true;
    }
    for (int d = 0; d < demand.length; d++) {
      if (demand[d] > inventory.room[host * demand.length + d]) {
        return false;
      }
    }
    return inventory.open[host];
  }
}
