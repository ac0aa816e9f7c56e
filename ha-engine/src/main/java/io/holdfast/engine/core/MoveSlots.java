package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Move;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many moves may begin now, in the cluster and at each end. Only those count that are work for
 * their hosts: never stuck, for one that is not settled because nobody can tell where it is may
 * stay so for long.
 */
final class MoveSlots {
  private final int mostInCluster;
  private final int mostPerHost;
  private final SortedMap<HostId, Integer> takenOn = new TreeMap<>();
  private int taken;

  /** As it is at this moment. */
  MoveSlots(ControllerState state) {
    mostInCluster = state.policy.movesInCluster();
    mostPerHost = state.policy.movesPerHost();
    for (WorkloadId id : state.moving) {
      WorkloadEntry workload = state.workload(id);
      workload.placement.move().filter(m -> isWork(state, workload, m)).ifPresent(this::take);
    }
  }

  private void take(Move move) {
    taken++;
    takenOn.merge(move.source(), 1, Integer::sum);
    takenOn.merge(move.target(), 1, Integer::sum);
  }

  boolean areTaken() {
    return taken >= mostInCluster;
  }

  /** Whether this host can be at neither end of another move. */
  boolean areTakenOn(HostId host) {
    return takenOn.getOrDefault(host, 0) >= mostPerHost;
  }

  /** Whether as many may begin at either end of each host as with those. */
  boolean areAs(@Nullable MoveSlots others) {
    return others != null
        && taken == others.taken
        && mostInCluster == others.mostInCluster
        && mostPerHost == others.mostPerHost
        && takenOn.equals(others.takenOn);
  }

  private static boolean isWork(ControllerState state, WorkloadEntry workload, Move move) {
    WorkloadFacts facts = WorkloadFacts.of(state, workload);
    Condition condition = facts.entry().condition();
    return facts.stand() == Stand.PRESENT
        && switch (move.phase()) {
          case LIVE -> true;
          case COLD -> condition != Condition.STOP_FAILED;
          case WITHDRAWN -> condition == Condition.MIGRATING;
          // It has left its host, and is followed, or started, like any other.
          case ARRIVING -> false;
        };
  }
}
