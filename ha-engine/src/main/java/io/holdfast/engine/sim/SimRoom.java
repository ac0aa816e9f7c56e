package io.holdfast.engine.sim;

import io.holdfast.api.ClusterStatus.WorkloadInfo;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadStatus;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Whoever looks after the cluster, where something may be started on one host only and others have
 * filled that one meanwhile, as the controller says: one of those after the other is moved away. It
 * is counted here as well, so that room which the controller has lost count of is not made up for.
 */
final class SimRoom {
  private static final int LOOKS_FOR_EACH = 5;
  private static final Predicate<String> SAYS_FULL =
      Pattern.compile("^waiting for .* needs \\d+, free \\d+").asPredicate();

  private final SimWorld world;
  private int looks;

  SimRoom(SimWorld world) {
    this.world = world;
  }

  /** To be called at each look at what is missing. */
  void make() {
    if (looks++ % LOOKS_FOR_EACH > 0) {
      return;
    }
    for (Workload workload : world.platform().workloads()) {
      Optional<Host> full = homeOf(workload).filter(host -> isFull(host, workload));
      if (full.isPresent() && moveAway(full.get().id(), looks / LOOKS_FOR_EACH)) {
        return;
      }
    }
  }

  private Optional<Host> homeOf(Workload workload) {
    return workload.desired() == DesiredState.STARTED && !workload.policy().failover()
        ? world
            .statusOf(workload.id())
            .filter(info -> info.status() == WorkloadStatus.STOPPED)
            .filter(info -> SAYS_FULL.test(info.reason()))
            .flatMap(WorkloadInfo::host)
            .flatMap(world.platform()::host)
        : Optional.empty();
  }

  private boolean isFull(Host host, Workload workload) {
    List<Workload> there = on(host.id());
    return host.limit().amounts().entrySet().stream()
        .anyMatch(
            limit -> {
              long wanted = workload.demand().amount(limit.getKey());
              long used = there.stream().mapToLong(w -> w.demand().amount(limit.getKey())).sum();
              return wanted > 0 && used + wanted > limit.getValue();
            });
  }

  /**
   * @return whether there was something to move
   */
  private boolean moveAway(HostId from, int attempt) {
    List<Workload> there = on(from).stream().filter(w -> w.policy().failover()).toList();
    List<HostId> others =
        world.machines().keySet().stream().filter(host -> !host.equals(from)).toList();
    if (there.isEmpty() || others.isEmpty()) {
      return false;
    }
    world
        .platform()
        .move(
            there.get(attempt % there.size()).id(),
            others.get(attempt / there.size() % others.size()),
            true);
    return true;
  }

  private List<Workload> on(HostId host) {
    return world.platform().workloads().stream()
        .filter(
            w ->
                world
                    .statusOf(w.id())
                    .filter(info -> info.status() == WorkloadStatus.STARTED)
                    .filter(info -> info.host().equals(Optional.of(host)))
                    .isPresent())
        .toList();
  }
}
