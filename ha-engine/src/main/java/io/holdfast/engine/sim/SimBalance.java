package io.holdfast.engine.sim;

import io.holdfast.api.HaEvent;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Sees to it that moves for balance's sake do not go to and fro: while one controller leads, no
 * workload is moved for that twice within a pause. Another controller does not know of the moves of
 * the one before it, and finds the hosts as even as that has left them.
 */
final class SimBalance {
  private static final Duration PAUSE = Duration.ofMinutes(10);

  /** How reasons of such moves begin. */
  private static final String REASON = "imbalance ";

  private final SortedMap<WorkloadId, Duration> moved = new TreeMap<>();

  /**
   * An event was told.
   *
   * @return what is wrong about it
   */
  Optional<String> told(Duration now, HaEvent event) {
    if (event instanceof HaEvent.ControllerElected) {
      moved.clear();
    }
    if (event instanceof HaEvent.WorkloadStatusChanged told
        && told.from() == WorkloadStatus.UNDEFINED) {
      moved.remove(told.workload()); // protected anew, it is not known what happened to it before
    }
    if (event instanceof HaEvent.MoveBegun move && move.why().startsWith(REASON)) {
      Duration before = moved.put(move.workload(), now);
      if (before != null && now.minus(before).compareTo(PAUSE) < 0) {
        return Optional.of(
            "%s was moved for balance at %s and again at %s: %s"
                .formatted(move.workload(), before, now, move.why()));
      }
    }
    return Optional.empty();
  }
}
