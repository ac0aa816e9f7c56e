package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.record.FenceRecord;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Whether a controller that takes over goes on with the level of a host's topology that the former
 * one had come to, as long as the host is as silent as it was then.
 */
final class SimFenceLevels {
  private final SimWorld world;
  private final SortedMap<HostId, FenceRecord> stored = new TreeMap<>();

  SimFenceLevels(SimWorld world) {
    this.world = world;
  }

  /** This is committed. */
  void written(FenceRecord fence) {
    FenceRecord before = stored.put(fence.host(), fence);
    if (before != null && isForgotten(before, fence) && allReadIt()) {
      world.violated(
          "%s is fenced from the first level on by epoch %s, although the one before had come to %s"
              .formatted(fence.host(), fence.epoch(), before.level()));
    }
  }

  private boolean isForgotten(FenceRecord before, FenceRecord after) {
    return before.epoch().compareTo(after.epoch()) < 0
        && after.intends()
        && after.level().isEmpty()
        && before.level().filter(level -> isOfThisSilence(before.host(), level)).isPresent();
  }

  private boolean isOfThisSilence(HostId host, FenceRecord.Level level) {
    return world.coordination().leases().stream()
        .filter(lease -> lease.host().equals(host))
        .anyMatch(lease -> isLast(lease, level));
  }

  private static boolean isLast(Lease lease, FenceRecord.Level level) {
    return lease.incarnation().equals(level.incarnation()) && lease.sequence() == level.renewal();
  }

  /** One of an earlier version cannot. */
  private boolean allReadIt() {
    return world.machines().values().stream()
        .allMatch(host -> host.controllerVersion == world.codec());
  }
}
