package io.holdfast.libvirt;

import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Turns libvirt's lifecycle events, as numbered in {@code libvirt-domain.h}, into Holdfast's. Not
 * safe for use by several threads.
 */
final class Lifecycle {
  private static final int STARTED = 2;
  private static final int SUSPENDED = 3;
  private static final int RESUMED = 4;
  private static final int STOPPED = 5;
  private static final int SHUTDOWN = 6;
  private static final int CRASHED = 8;

  private static final int STARTED_MIGRATED = 1;
  private static final int SUSPENDED_MIGRATED = 1;
  private static final int RESUMED_MIGRATED = 1;
  private static final int SHUTDOWN_HOST = 2;

  private static final int STOPPED_SHUTDOWN = 0;
  private static final int STOPPED_DESTROYED = 1;
  private static final int STOPPED_CRASHED = 2;
  private static final int STOPPED_MIGRATED = 3;
  private static final int STOPPED_FAILED = 5;

  /**
   * Those whose emulator was told by the host to end. The end itself looks like a shutdown from
   * inside the guest; only the announcement before it tells the two apart.
   */
  private final Set<WorkloadId> takenAlong = new HashSet<>();

  Optional<HypervisorEvent> onEvent(WorkloadId workload, int event, int detail) {
    switch (event) {
      case SHUTDOWN -> {
        if (detail == SHUTDOWN_HOST) {
          takenAlong.add(workload);
        }
        return Optional.empty();
      }
      case STARTED -> {
        takenAlong.remove(workload);
        // One that only begins to arrive from elsewhere does not run here yet.
        return detail == STARTED_MIGRATED
            ? Optional.empty()
            : Optional.of(new HypervisorEvent.Started(workload));
      }
      case RESUMED -> {
        return Optional.of(
            detail == RESUMED_MIGRATED
                ? new HypervisorEvent.Started(workload)
                : new HypervisorEvent.Changed(workload));
      }
      case SUSPENDED -> {
        return detail == SUSPENDED_MIGRATED
            ? Optional.empty()
            : Optional.of(new HypervisorEvent.Changed(workload));
      }
      // One that is kept (on_crash preserve) still holds its resources: its end comes as STOPPED.
      case CRASHED -> {
        return Optional.of(new HypervisorEvent.Changed(workload));
      }
      case STOPPED -> {
        boolean byHost = takenAlong.remove(workload);
        return Optional.of(new HypervisorEvent.Stopped(workload, reasonOf(detail, byHost)));
      }
      default -> {
        return Optional.empty();
      }
    }
  }

  private static StopReason reasonOf(int detail, boolean byHost) {
    return switch (detail) {
      case STOPPED_SHUTDOWN -> byHost ? StopReason.HOST_SHUTDOWN : StopReason.GUEST_SHUTDOWN;
      case STOPPED_DESTROYED -> StopReason.DESTROYED;
      case STOPPED_CRASHED, STOPPED_FAILED -> StopReason.CRASHED;
      case STOPPED_MIGRATED -> StopReason.MIGRATED;
      default -> StopReason.UNKNOWN; // saved, or rolled back to a snapshot
    };
  }
}
