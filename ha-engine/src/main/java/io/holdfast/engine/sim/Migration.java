package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;

/**
 * A workload on its way from one host to another. Held on both all the while, it executes on the
 * source, then on none, then on the target: never on two.
 */
final class Migration {
  enum Phase {
    /** It executes on the source. */
    COPYING,
    /** It executes nowhere; the source has let go, and the target has yet to begin. */
    HANDED_OVER,
    /** The source is gone before it let go: what lies at the target is of no use. */
    ORPHANED
  }

  final WorkloadId workload;
  final HostId source;
  final HostId target;

  /** Of the source: one that has come up anew knows nothing of it. */
  final long boot;

  Phase phase = Phase.COPYING;

  Migration(WorkloadId workload, HostId source, long boot, HostId target) {
    this.workload = workload;
    this.source = source;
    this.boot = boot;
    this.target = target;
  }
}
