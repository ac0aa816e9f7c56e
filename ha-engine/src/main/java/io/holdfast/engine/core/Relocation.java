package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.engine.placement.Move;
import java.util.Optional;

/**
 * A move that a workload should make.
 *
 * @param live without stopping it
 * @param request the number of the request behind it, or none
 */
record Relocation(HostId target, boolean live, String why, Optional<Long> request) {
  static Relocation of(Workload spec, Move move) {
    boolean live = spec.policy().migration() == Migration.LIVE;
    return new Relocation(move.to(), live, move.why(), Optional.empty());
  }

  /** Whether this one, which comes along, is not stopped either. */
  boolean isLiveFor(WorkloadEntry partner) {
    Workload spec = partner.spec;
    return live && spec != null && spec.policy().migration() == Migration.LIVE;
  }
}
