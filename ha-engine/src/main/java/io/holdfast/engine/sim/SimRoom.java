package io.holdfast.engine.sim;

import io.holdfast.api.ClusterStatus.WorkloadInfo;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadStatus;
import java.util.List;
import java.util.Optional;

/**
 * Whoever looks after the cluster, where something may be started on one host only and others have
 * filled that one meanwhile: one of those after the other is moved away.
 */
final class SimRoom {
  private static final int LOOKS_FOR_EACH = 5;

  private final SimWorld world;
  private int looks;

  SimRoom(SimWorld world) {
    this.world = world;
  }

  /** To be called at each look at what is missing. */
  void make() {
    for (Workload workload : world.platform().workloads()) {
      Optional<WorkloadInfo> info = world.statusOf(workload.id());
      if (info.filter(i -> isKeptOut(workload, i)).isPresent()) {
        if (looks++ % LOOKS_FOR_EACH == 0) {
          info.get().host().ifPresent(host -> moveAway(host, looks / LOOKS_FOR_EACH));
        }
        return;
      }
    }
  }

  private static boolean isKeptOut(Workload workload, WorkloadInfo info) {
    return workload.desired() == DesiredState.STARTED
        && !workload.policy().failover()
        && info.status() == WorkloadStatus.STOPPED
        && info.reason().startsWith("waiting for ")
        && info.reason().contains(" needs ");
  }

  private void moveAway(HostId from, int attempt) {
    List<Workload> there =
        world.platform().workloads().stream()
            .filter(w -> w.policy().failover() && isStartedOn(w, from))
            .toList();
    List<HostId> others =
        world.machines().keySet().stream().filter(host -> !host.equals(from)).toList();
    if (!there.isEmpty() && !others.isEmpty()) {
      world
          .platform()
          .move(
              there.get(attempt % there.size()).id(),
              others.get(attempt / there.size() % others.size()),
              true);
    }
  }

  private boolean isStartedOn(Workload workload, HostId host) {
    return world
        .statusOf(workload.id())
        .filter(info -> info.status() == WorkloadStatus.STARTED)
        .filter(info -> info.host().equals(Optional.of(host)))
        .isPresent();
  }
}
