package io.holdfast.engine.core;

import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.Optional;

/**
 * When it is looked at how many failures would be survived: seldom enough, and in large clusters
 * while nobody waits for anything else to be decided.
 */
final class LookPace {
  /** Not looked at more often, however often the state is compared. */
  private static final Duration EVERY = Duration.ofSeconds(10);

  /** The same for large clusters, where a look may take some tenths of a second. */
  private static final Duration EVERY_LARGE = Duration.ofMinutes(1);

  /** So long a look at a large cluster waits at most until nothing else is to be decided. */
  static final Duration MOST_PATIENCE = Duration.ofMinutes(10);

  /** What stays amiss for longer may stay so for days, and is not about to be decided. */
  private static final Duration PRESSING = Duration.ofMinutes(2);

  private final ControllerState state;
  private long next = Long.MIN_VALUE;

  /** Since when a look has been due. */
  private Optional<Long> dueSince = Optional.empty();

  LookPace(ControllerState state) {
    this.state = state;
  }

  void reset() {
    next = Long.MIN_VALUE;
    dueSince = Optional.empty();
  }

  /** Whether it is looked at now; if so, the next time is later. */
  boolean takeLook(boolean large) {
    if (state.now < next) {
      return false;
    }
    long since = dueSince.orElse(state.now);
    if (large && state.now < since + MOST_PATIENCE.toNanos() && !isQuiet()) {
      dueSince = Optional.of(since);
      return false;
    }
    dueSince = Optional.empty();
    next = state.now + (large ? EVERY_LARGE : EVERY).toNanos();
    return true;
  }

  /** Whether nobody waits for a decision that a look would hold up. */
  boolean isQuiet() {
    long recent = state.now - PRESSING.toNanos();
    return state.hosts.values().stream()
            .noneMatch(host -> host.since > recent && isAboutToFail(host))
        && state.workloads.values().stream()
            .noneMatch(
                workload ->
                    workload.status == WorkloadStatus.RECOVERING && workload.since > recent);
  }

  private static boolean isAboutToFail(HostEntry host) {
    return switch (host.state) {
      case SUSPECT, ISOLATED, STORAGE_LOST -> true;
      case LOST, FENCING -> !host.awaitedBy.isEmpty(); // a dead one with nothing on it may stay so
      case JOINING, ONLINE, MAINTENANCE, SHUTTING_DOWN, FENCED -> false;
    };
  }
}
