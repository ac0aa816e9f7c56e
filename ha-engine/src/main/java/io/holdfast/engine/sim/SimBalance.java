package io.holdfast.engine.sim;

import io.holdfast.api.HaEvent;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Sees to it that moves for balance's sake do not go to and fro: whichever controllers lead, no
 * workload is moved for that twice within a pause. Another controller knows of those moves of the
 * one before it that are in the store.
 */
final class SimBalance {
  private static final Duration PAUSE = Duration.ofMinutes(10);

  /** How reasons of such moves begin. */
  private static final String REASON = "imbalance ";

  private final SortedMap<WorkloadId, Duration> moved = new TreeMap<>();
  private final Predicate<WorkloadId> isStored;
  private String leader = "";

  /**
   * @param isStored whether the store says that it was moved for balance lately
   */
  SimBalance(Predicate<WorkloadId> isStored) {
    this.isStored = isStored;
  }

  /**
   * An event was told by this process. One that is deposed, and does not know it yet, moves
   * nothing.
   *
   * @return what is wrong about it
   */
  Optional<String> told(Duration now, String by, HaEvent event) {
    if (event instanceof HaEvent.ControllerElected) {
      moved.keySet().removeIf(isStored.negate());
      leader = by;
    }
    if (event instanceof HaEvent.WorkloadStatusChanged told
        && told.from() == WorkloadStatus.UNDEFINED) {
      moved.remove(told.workload()); // protected anew, it is not known what happened to it before
    }
    if (event instanceof HaEvent.MoveBegun move
        && move.why().startsWith(REASON)
        && by.equals(leader)) {
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
