package io.holdfast.engine.planning;

import java.util.Arrays;

/** Who is where, with the room that is left and the places that rules forbid. Changes. */
final class Assignment {
  private final Board board;
  private final int dimensions;

  /** By workload, -1: nowhere. */
  final int[] at;

  /** By host and dimension; negative where more is there than there is room for. */
  final long[] free;

  /** Smaller groups are looked through; counting by place would take much memory in all. */
  private static final int COUNTED = 24;

  /** By group and place: how many of its workloads are there; only for large groups. */
  private final int[][] there;

  /** By group: how many of its workloads are anywhere. */
  private final int[] anywhere;

  /** The worth of all that is somewhere, less what it costs that survivors are not at home. */
  long value;

  /** Everything that is somewhere at the start. */
  Assignment(Board board) {
    this.board = board;
    dimensions = board.dimensions;
    at = new int[board.workloads];
    Arrays.fill(at, -1);
    free = board.capacity.clone();
    there = new int[board.groups.length][];
    for (int g = 0; g < there.length; g++) {
      there[g] = new int[isCounted(g) ? board.groups[g].count : 0];
    }
    anywhere = new int[there.length];
    for (int w = 0; w < at.length; w++) {
      if (board.home[w] >= 0) {
        put(w, board.home[w]);
      }
    }
  }

  /** A copy. */
  Assignment(Assignment from) {
    board = from.board;
    dimensions = from.dimensions;
    at = from.at.clone();
    free = from.free.clone();
    there = from.there.clone();
    for (int g = 0; g < there.length; g++) {
      if (isCounted(g)) {
        there[g] = there[g].clone();
      }
    }
    anywhere = from.anywhere.clone();
    value = from.value;
  }

  /** Becomes like another of the same board. */
  void become(int[] where) {
    for (int w = 0; w < at.length; w++) {
      if (at[w] != where[w] && at[w] >= 0) {
        take(w);
      }
    }
    for (int w = 0; w < at.length; w++) {
      if (at[w] != where[w]) {
        put(w, where[w]);
      }
    }
  }

  /** Puts a workload that is nowhere onto a host, whatever forbids it. */
  void put(int workload, int host) {
    at[workload] = host;
    int base = host * dimensions;
    int want = workload * dimensions;
    for (int d = 0; d < dimensions; d++) {
      free[base + d] -= board.demand[want + d];
    }
    for (int g : board.groupsOf[workload]) {
      if (isCounted(g)) {
        there[g][board.groups[g].places[host]]++;
      }
      anywhere[g]++;
    }
    value += board.worth(workload, host);
  }

  /** Takes a workload from its host. */
  void take(int workload) {
    int host = at[workload];
    at[workload] = -1;
    int base = host * dimensions;
    int want = workload * dimensions;
    for (int d = 0; d < dimensions; d++) {
      free[base + d] += board.demand[want + d];
    }
    for (int g : board.groupsOf[workload]) {
      if (isCounted(g)) {
        there[g][board.groups[g].places[host]]--;
      }
      anywhere[g]--;
    }
    value -= board.worth(workload, host);
  }

  /** Whether the host has room for the workload, besides what is there. */
  boolean fits(int workload, int host) {
    int base = host * dimensions;
    int want = workload * dimensions;
    for (int d = 0; d < dimensions; d++) {
      long needed = board.demand[want + d];
      if (needed > 0 && needed > free[base + d]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the host has room for one workload once another has left. */
  boolean fitsInstead(int workload, int other, int host) {
    int base = host * dimensions;
    int want = workload * dimensions;
    int gives = other * dimensions;
    for (int d = 0; d < dimensions; d++) {
      long needed = board.demand[want + d];
      if (needed > 0 && needed > free[base + d] + board.demand[gives + d]) {
        return false;
      }
    }
    return true;
  }

  private boolean isCounted(int group) {
    return board.groups[group].members.length > COUNTED;
  }

  /** Whether rules let a workload that is nowhere onto the host. */
  boolean agrees(int workload, int host) {
    return disagreeing(workload, host) < 0;
  }

  /** The first of the workload's groups that keeps it, being nowhere, from the host; -1: none. */
  int disagreeing(int workload, int host) {
    for (int g : board.groupsOf[workload]) {
      if (!agrees(g, board.groups[g], host)) {
        return g;
      }
    }
    return -1;
  }

  private boolean agrees(int number, Board.Group group, int host) {
    int place = group.places[host];
    if (isCounted(number)) {
      int here = there[number][place];
      return group.together ? here == anywhere[number] : here == 0;
    }
    if (anywhere[number] == 0) {
      return true;
    }
    for (int member : group.members) {
      int other = at[member];
      if (other >= 0 && (group.places[other] == place) != group.together) {
        return false;
      }
    }
    return true;
  }

  /** Whether a workload that is nowhere may go onto the host. */
  boolean takes(int workload, int host) {
    return board.allows(workload, host) && fits(workload, host) && agrees(workload, host);
  }
}
