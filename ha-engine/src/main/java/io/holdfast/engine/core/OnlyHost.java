package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import java.util.Optional;

/** The one host on which a workload is started again that does not fail over. */
final class OnlyHost {
  static final String WHY = "its policy has it started again there and nowhere else";

  /** Why it is not started there now. */
  record Missing(String why, Wait waits) {}

  private OnlyHost() {}

  static boolean isBound(WorkloadEntry workload) {
    return workload.spec != null && !workload.spec.policy().failover();
  }

  /**
   * Whether it goes nowhere else even when that host is lost: nobody has asked for another, nothing
   * says that it is elsewhere by now, and the host was not taken out of the cluster.
   */
  static boolean isAwaitedBy(ControllerState state, WorkloadEntry workload) {
    Optional<HostId> place = workload.placement.place();
    Optional<HostId> asked = MoveRequests.open(workload).flatMap(MoveRequests::targetOf);
    return isBound(workload)
        && (asked.isEmpty() || asked.equals(place))
        && workload.placement.move().isEmpty()
        && workload.seenOn.stream().allMatch(seen -> place.equals(Optional.of(seen)))
        && place.filter(host -> state.host(host).isRegistered()).isPresent();
  }

  /** Where it was last, or was put; empty if it may be started anywhere. */
  static Optional<HostEntry> of(ControllerState state, WorkloadEntry workload) {
    return workload
        .placement
        .home()
        .filter(host -> isBound(workload) && state.host(host).isRegistered())
        .map(state::host);
  }

  /** There is no other, so one that comes and goes is good enough. */
  static Optional<Missing> whyNotNow(
      ControllerState state, WorkloadEntry workload, Workload spec, HostEntry host) {
    Optional<String> away = host.whyNotUsable().map(why -> host.id + " " + why);
    return away.or(() -> state.room.whyNotStartedOnEvenUnsteady(workload, host))
        .map(
            why ->
                new Missing(
                    "waiting for %s, %s: %s".formatted(host.id, WHY, why),
                    waitFor(spec, host, away.isPresent())));
  }

  private static Wait waitFor(Workload spec, HostEntry host, boolean away) {
    if (away) {
      return Wait.of(Kind.HOME, host.id);
    }
    return HostConditions.missing(host, spec).isPresent()
        ? Wait.of(Kind.CONDITION, host.id)
        : Wait.FOR_ROOM;
  }
}
