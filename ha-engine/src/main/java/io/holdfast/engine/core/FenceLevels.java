package io.holdfast.engine.core;

import io.holdfast.api.Epoch;
import io.holdfast.api.Incarnation;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.record.FenceRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * With which level of its topology a silent host is fenced first: the one that a former controller
 * had come to in this silence, or else the first. never two: the levels that failed for that one
 * come last, and not never, so that an attempt counts as failed only when one controller has gone
 * through all of it.
 */
final class FenceLevels {
  private FenceLevels() {}

  /** The topology, begun with what the record says that it is to be begun with. */
  static List<FenceStep> inOrder(HostEntry host, List<FenceStep> topology) {
    int first = first(host, topology);
    List<FenceStep> order = new ArrayList<>(topology.subList(first, topology.size()));
    order.addAll(topology.subList(0, first));
    return order;
  }

  private static int first(HostEntry host, List<FenceStep> topology) {
    List<String> devices = ofThisSilence(host).map(FenceRecord.Level::devices).orElse(List.of());
    for (int i = 0; i < topology.size(); i++) {
      if (topology.get(i).devices().equals(devices)) {
        return i;
      }
    }
    return 0; // also of one that is not configured any more
  }

  /** The record, without what counts no more. */
  static FenceRecord withoutFormer(HostEntry host, FenceRecord fence, Epoch by) {
    Optional<FenceRecord.Level> known = ofThisSilence(host);
    return fence.level().equals(known) ? fence : fence.beginningWith(known, by);
  }

  /** The record, for whoever goes on if this controller does not: this level is tried now. */
  static FenceRecord reached(FenceRecord fence, Lease lease, FenceStep level, Epoch by) {
    Incarnation incarnation = lease.incarnation();
    return fence.beginningWith(
        Optional.of(new FenceRecord.Level(incarnation, lease.sequence(), level.devices())), by);
  }

  private static Optional<FenceRecord.Level> ofThisSilence(HostEntry host) {
    return Optional.ofNullable(host.fence)
        .flatMap(FenceRecord::level)
        .filter(level -> host.renewedLast(level.incarnation(), level.renewal()));
  }
}
