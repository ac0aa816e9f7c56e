package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.List;

/**
 * A strict affinity of workloads, and where they are: those that stay, and those that an evacuation
 * has placed.
 *
 * <p>Where those that belong together are in several places already, a further one has no place.
 */
final class Bond {
  final boolean together;
  final boolean ofHosts;

  /** The place of each host. */
  final int[] placeOf;

  /** Everything the rule names, wherever it is. */
  final List<Tenant> members = new ArrayList<>();

  private final int[] staying;
  private final int[] placed;
  private int stayingInAll;
  private int placedInAll;

  /** What those take together that have to be placed. */
  private final long[] demand;

  Bond(boolean together, boolean ofHosts, int[] placeOf, int places, int dimensions) {
    this.together = together;
    this.ofHosts = ofHosts;
    this.placeOf = placeOf;
    this.staying = new int[places];
    this.placed = new int[places];
    this.demand = new long[dimensions];
  }

  void stays(int host, int sign) {
    staying[placeOf[host]] += sign;
    stayingInAll += sign;
  }

  void place(int host, int sign) {
    placed[placeOf[host]] += sign;
    placedInAll += sign;
  }

  void awaits(Tenant member, int sign) {
    for (int d = 0; d < demand.length; d++) {
      demand[d] += sign * member.demand[d];
    }
  }

  /**
   * Whether one more may go to a host.
   *
   * @param room of all hosts
   */
  boolean allows(int host, long[] room) {
    int place = placeOf[host];
    if (!together) {
      return staying[place] + placed[place] == 0;
    }
    if (stayingInAll + placedInAll > 0) {
      return staying[place] + placed[place] == stayingInAll + placedInAll;
    }
    return !ofHosts || hasRoomForAll(host, room);
  }

  /** All of them have to go to the same host. */
  private boolean hasRoomForAll(int host, long[] room) {
    for (int d = 0; d < demand.length; d++) {
      if (demand[d] > room[host * demand.length + d]) {
        return false;
      }
    }
    return true;
  }

  int places() {
    return staying.length;
  }
}
