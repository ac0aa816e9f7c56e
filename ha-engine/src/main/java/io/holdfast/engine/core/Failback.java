package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import java.util.Optional;

/**
 * Whether it is worth moving a workload that could stay where it is, only because it would rather
 * be elsewhere. What a strict rule, maintenance or a person wants is not asked about here.
 */
final class Failback {
  private final ControllerState state;
  private final Mobility mobility;

  Failback(ControllerState state, Mobility mobility) {
    this.state = state;
    this.mobility = mobility;
  }

  /**
   * What keeps it where it is although it would rather be on the target.
   *
   * @param returns whether it was driven away from there by maintenance, of which the return is a
   *     part: that has interrupted it before, and its operator was shown that it does so again
   * @param stay the wish with which it stays wherever strict rules let it
   */
  Optional<Wait> whyNot(WorkloadEntry workload, Relocation wanted, boolean returns, Wish stay) {
    boolean interrupted = !returns && isInterrupted(workload, wanted);
    return interrupted && mayStay(workload, stay)
        ? Optional.of(Wait.of(Kind.INTERRUPTION, wanted.target()))
        : Optional.empty();
  }

  private boolean isInterrupted(WorkloadEntry workload, Relocation wanted) {
    return !wanted.live()
        || mobility.goingAlong(workload, wanted.target()).stream()
            .anyMatch(partner -> !wanted.isLiveFor(partner));
  }

  private boolean mayStay(WorkloadEntry workload, Wish stay) {
    Optional<HostId> here = workload.placement.owner().map(owner -> owner.host());
    return state.room.choose(workload, stay) instanceof Choice.Chosen chosen
        && here.equals(Optional.of(chosen.host()));
  }

  /** Whether it may be moved for the sake of others' loads. */
  static boolean isWorthBalancing(Workload spec) {
    return Leaving.isLive(spec, Optional.empty());
  }
}
