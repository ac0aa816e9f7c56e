package io.holdfast.engine.core;

import java.time.Duration;
import java.util.ArrayDeque;

/**
 * How often a host has come back lately. One that comes and goes gets nothing new while there is a
 * steadier one, until it has been quiet for long enough.
 */
final class Flapping {
  static final int MANY = 4;
  static final Duration WINDOW = Duration.ofMinutes(10);
  static final Duration QUIET = Duration.ofMinutes(10);

  /** The same for all, and at all times: see {@link #describe} for how long. */
  static final String WHY =
      "came back %d times within %s, and is not relied upon yet".formatted(MANY, WINDOW);

  private final ArrayDeque<Long> joins = new ArrayDeque<>();
  private long quarantinedUntil = Long.MIN_VALUE;

  /**
   * It joined with a new incarnation.
   *
   * @return whether its quarantine begins with that
   */
  boolean joined(long now) {
    boolean before = isQuarantined(now);
    joins.addLast(now);
    if (joins.size() > MANY) {
      joins.removeFirst();
    }
    if (joins.size() == MANY && now - joins.getFirst() <= WINDOW.toNanos()) {
      quarantinedUntil = now + QUIET.toNanos();
    }
    return !before && isQuarantined(now);
  }

  boolean isQuarantined(long now) {
    return now < quarantinedUntil;
  }

  /** When it is over, if the host stays. */
  long until() {
    return quarantinedUntil;
  }

  String describe(long now) {
    return "came back %d times within %s: nothing new goes there before it was quiet for %s more"
        .formatted(MANY, WINDOW, Duration.ofNanos(Math.max(0, quarantinedUntil - now)));
  }
}
