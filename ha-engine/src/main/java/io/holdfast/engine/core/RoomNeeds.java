package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Wish;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who needs room that is made, and for how long it is of use. */
final class RoomNeeds {
  private final ControllerState state;

  RoomNeeds(ControllerState state) {
    this.state = state;
  }

  /** Whether room on this host is of use to it, if that host is there, or may be in a moment. */
  boolean isOfUse(WorkloadId beneficiary, HostId host, boolean byMoves) {
    HostEntry there = state.hosts.get(host);
    MakeRoom policy = state.policy.makeRoom();
    return (byMoves ? policy.moves() : policy.evicts())
        && !state.policyOutdated
        && !Disarming.isWanted(state)
        && isNeeded(beneficiary, host)
        && there != null
        && there.config != null
        && (state.whyNotUsable(there).isEmpty() || mayBeThereSoon(there));
  }

  /** never stuck: a host that comes up, or is suspected, is not waited for for ever. */
  private boolean mayBeThereSoon(HostEntry host) {
    boolean comes = host.state == HostState.SUSPECT || host.state == HostState.JOINING;
    long until = host.since + state.timings().silence().toNanos();
    if (comes && state.now < until) {
      state.timer(TimerKind.PLACE_AGAIN, "room on " + host.id, until);
    }
    return comes && state.now < until;
  }

  /** Whether it waits, or is there and those wait that follow it. */
  private boolean isNeeded(WorkloadId beneficiary, HostId host) {
    WorkloadEntry workload = state.workloads.get(beneficiary);
    boolean follows =
        workload != null
            && workload.placement.isOn(host)
            && !partnersWaiting(beneficiary).isEmpty();
    return follows || isWaiting(workload);
  }

  /** Whether it is to run, and has no host. */
  static boolean isWaiting(@Nullable WorkloadEntry workload) {
    return workload != null
        && workload.unreadable.isEmpty()
        && workload.placement.owner().isEmpty()
        && WorkloadFacts.wishOf(workload) == Wish.RUN
        && workload.placement.trials().failed().isEmpty();
  }

  /** Those that have to be where it is, lost their hosts as well, and have none yet. */
  List<WorkloadEntry> partnersWaiting(WorkloadId id) {
    List<WorkloadEntry> waiting = new ArrayList<>();
    for (WorkloadId partner : state.room.partnersOf(id)) {
      WorkloadEntry workload = state.workloads.get(partner);
      if (workload != null
          && isWaiting(workload)
          && workload.placement.move().isEmpty()
          && !OnlyHost.isBound(workload)
          && !AdmissionControl.isFirstStart(workload)
          && Evictions.why(workload).isEmpty()) {
        waiting.add(workload);
      }
    }
    return waiting;
  }
}
