package io.holdfast.engine.planning;

/**
 * Reasons why an evacuation cannot succeed, each of them a proof. All look at sums only.
 *
 * <p>For every threshold in a dimension: what takes at least that much finds room only on hosts
 * that have that much, and on each only as often as it goes into the room.
 */
final class EvacuationBounds {
  /** Of very many items only so many are taken as thresholds. */
  private static final int MOST_THRESHOLDS = 256;

  private final Evacuation evacuation;
  private final int dimensions;

  EvacuationBounds(Evacuation evacuation) {
    this.evacuation = evacuation;
    this.dimensions = evacuation.dimensions;
  }

  /** Whether it is proven that not all of the items find a host. Nothing may be placed. */
  boolean prove() {
    evacuation.clear();
    for (int i = 0; i < evacuation.count; i++) {
      if (!hasHost(evacuation.items[i])) {
        return true;
      }
    }
    for (int d = 0; d < dimensions; d++) {
      if (lacksRoom(d)) {
        return true;
      }
    }
    return lacksHoles() || lacksPlaces();
  }

  private boolean hasHost(Tenant item) {
    for (int h = 0; h < evacuation.hosts; h++) {
      if (evacuation.fits(item, h)) {
        return true;
      }
    }
    return false;
  }

  private boolean lacksRoom(int d) {
    long demand = 0;
    for (int i = 0; i < evacuation.count; i++) {
      demand += evacuation.items[i].demand[d];
    }
    long room = 0;
    for (int h = 0; h < evacuation.hosts; h++) {
      if (isUseful(h)) {
        room += evacuation.room[h * dimensions + d];
      }
    }
    return demand > room;
  }

  private boolean isUseful(int host) {
    if (!evacuation.inventory.open[host]) {
      return false;
    }
    for (int i = evacuation.count - 1; i >= 0; i--) {
      if (evacuation.fits(evacuation.items[i], host)) {
        return true;
      }
    }
    return false;
  }

  /** With each item as the threshold, in all dimensions and in each of them alone. */
  private boolean lacksHoles() {
    int step = 1 + evacuation.count / MOST_THRESHOLDS;
    for (int i = 0; i < evacuation.count; i += step) {
      if (i > 0 && evacuation.items[i].isLike(evacuation.items[i - 1])) {
        continue;
      }
      long[] demand = evacuation.items[i].demand;
      if (lacksHoles(demand)) {
        return true;
      }
      for (int d = 0; d < dimensions && dimensions > 1; d++) {
        long[] threshold = new long[dimensions];
        threshold[d] = demand[d];
        if (lacksHoles(threshold)) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean lacksHoles(long[] threshold) {
    long needed = 0;
    long[] demand = new long[dimensions];
    for (int i = 0; i < evacuation.count; i++) {
      if (covers(evacuation.items[i].demand, threshold)) {
        needed++;
        for (int d = 0; d < dimensions; d++) {
          demand[d] += evacuation.items[i].demand[d];
        }
      }
    }
    long holes = 0;
    long[] room = new long[dimensions];
    for (int h = 0; h < evacuation.hosts; h++) {
      long here = holes(h, threshold, needed);
      holes += here;
      if (here > 0) {
        for (int d = 0; d < dimensions; d++) {
          room[d] += evacuation.room[h * dimensions + d];
        }
      }
    }
    return holes < needed || !covers(room, demand);
  }

  private static boolean covers(long[] amounts, long[] least) {
    for (int d = 0; d < amounts.length; d++) {
      if (amounts[d] < least[d]) {
        return false;
      }
    }
    return true;
  }

  private long holes(int host, long[] threshold, long atMost) {
    if (!evacuation.inventory.open[host]) {
      return 0;
    }
    long holes = atMost;
    for (int d = 0; d < dimensions; d++) {
      if (threshold[d] > 0) {
        holes = Math.min(holes, evacuation.room[host * dimensions + d] / threshold[d]);
      }
    }
    return holes;
  }

  /** Those that must be apart need as many places as they are. */
  private boolean lacksPlaces() {
    for (Bond bond : evacuation.inventory.bonds) {
      if (!bond.together && lacksPlaces(bond)) {
        return true;
      }
    }
    return false;
  }

  private boolean lacksPlaces(Bond bond) {
    int needed = 0;
    boolean[] possible = new boolean[bond.places()];
    for (Tenant member : bond.members) {
      if (!isItem(member)) {
        continue;
      }
      needed++;
      for (int h = 0; h < evacuation.hosts; h++) {
        if (!possible[bond.placeOf[h]] && evacuation.fits(member, h)) {
          possible[bond.placeOf[h]] = true;
        }
      }
    }
    int places = 0;
    for (boolean place : possible) {
      places += place ? 1 : 0;
    }
    return places < needed;
  }

  private boolean isItem(Tenant member) {
    return member.mustRun && (member.host < 0 || evacuation.hasFailed(member.host));
  }
}
