package io.holdfast.engine.core;

import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Move;

/**
 * How many moves may begin now. Only those count that are work for their hosts: never stuck, for
 * one that is not settled because nobody can tell where it is may stay so for long.
 */
final class MoveSlots {
  private final int most;
  private int taken;

  /** As it is at this moment. */
  MoveSlots(ControllerState state) {
    most = state.policy.movesInCluster();
    for (WorkloadId id : state.moving) {
      WorkloadEntry workload = state.workload(id);
      taken +=
          workload.placement.move().filter(m -> isWork(state, workload, m)).isPresent() ? 1 : 0;
    }
  }

  boolean areTaken() {
    return taken >= most;
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
