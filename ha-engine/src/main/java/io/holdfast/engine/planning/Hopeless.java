package io.holdfast.engine.planning;

import java.util.ArrayList;
import java.util.List;

/**
 * What found no host while workloads were placed one after the other: whatever wants the same hosts
 * and is no smaller needs not be tried. Holds as long as nothing leaves its host.
 */
final class Hopeless {
  /** Looking through more than this would take longer than it saves. */
  private static final int MOST = 64;

  private final Board board;
  private final List<Integer> known = new ArrayList<>();

  Hopeless(Board board) {
    this.board = board;
  }

  /** This one found no host. */
  void add(int workload) {
    // a rule that keeps it away may not keep others away
    if (known.size() < MOST && board.groupsOf[workload].length == 0) {
      known.add(workload);
    }
  }

  /** Whether a workload cannot find a host, as far as is known. */
  boolean covers(int workload) {
    for (int other : known) {
      if (board.allowed[other] == board.allowed[workload] && isNoSmaller(workload, other)) {
        return true;
      }
    }
    return false;
  }

  private boolean isNoSmaller(int workload, int other) {
    for (int d = 0; d < board.dimensions; d++) {
      if (board.demand[workload * board.dimensions + d]
          < board.demand[other * board.dimensions + d]) {
        return false;
      }
    }
    return true;
  }
}
