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

  /** By group and place: how many of its workloads are there. */
  private final int[][] there;

  /** By group: how many of its workloads are anywhere. */
  private final int[] anywhere;

  /** The worth of all that is somewhere. */
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
      there[g] = new int[board.groups[g].count];
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
    there = new int[from.there.length][];
    for (int g = 0; g < there.length; g++) {
      there[g] = from.there[g].clone();
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
      there[g][board.groups[g].places[host]]++;
      anywhere[g]++;
    }
    value += board.value[workload];
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
      there[g][board.groups[g].places[host]]--;
      anywhere[g]--;
    }
    value -= board.value[workload];
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

  /** Whether rules let a workload that is nowhere onto the host. */
  boolean agrees(int workload, int host) {
    for (int g : board.groupsOf[workload]) {
      if (!agrees(board.groups[g], there[g], anywhere[g], host)) {
        return false;
      }
    }
    return true;
  }

  private static boolean agrees(Board.Group group, int[] there, int anywhere, int host) {
    int here = there[group.places[host]];
    return group.together ? here == anywhere : here == 0;
  }

  /** The first of the workload's groups that keeps it, being nowhere, from the host; -1: none. */
  int disagreeing(int workload, int host) {
    for (int g : board.groupsOf[workload]) {
      if (!agrees(board.groups[g], there[g], anywhere[g], host)) {
        return g;
      }
    }
    return -1;
  }

  /** Whether a workload that is nowhere may go onto the host. */
  boolean takes(int workload, int host) {
    return board.allows(workload, host) && fits(workload, host) && agrees(workload, host);
  }
}
