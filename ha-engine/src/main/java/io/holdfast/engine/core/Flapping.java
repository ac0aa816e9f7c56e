package io.holdfast.engine.core;

import io.holdfast.api.Incarnation;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How often a host has come back lately. One that comes and goes gets nothing new while there is a
 * steadier one, until it has been quiet for long enough.
 */
final class Flapping {
  static final int MANY = 4;

  /** One more while it is in quarantine makes many since that began, and prolongs it by itself. */
  private static final int KEPT = 2 * MANY - 2;

  static final Duration WINDOW = Duration.ofMinutes(10);
  static final Duration QUIET = Duration.ofMinutes(10);

  /** A return before that has no effect any more. */
  static final Duration FORGOTTEN = WINDOW.plus(QUIET);

  /** The same for all, and at all times: see {@link #describe} for how long. */
  static final String WHY =
      "came back %d times within %s, and is not relied upon yet".formatted(MANY, WINDOW);

  /** When it joined, the last times. */
  private final TreeMap<Incarnation, Long> joins = new TreeMap<>();

  private long quarantinedUntil = Long.MIN_VALUE;

  /**
   * It joined with a new incarnation.
   *
   * @return whether its quarantine begins with that
   */
  boolean joined(Incarnation incarnation, long now) {
    boolean before = isQuarantined(now);
    joins.put(incarnation, now);
    countAnew();
    return !before && isQuarantined(now);
  }

  /** What another controller has seen; what this one has seen itself it knows better. */
  void recall(SortedMap<Incarnation, Long> seen) {
    seen.forEach(joins::putIfAbsent);
    countAnew();
  }

  /** When it joined first with this incarnation or a later one; empty if that was not seen. */
  Optional<Long> firstSince(Incarnation incarnation) {
    return joins.tailMap(incarnation, true).values().stream().findFirst();
  }

  /** The returns that may have an effect yet. */
  SortedMap<Incarnation, Long> recent(long now) {
    SortedMap<Incarnation, Long> recent = new TreeMap<>(joins);
    recent.values().removeIf(at -> now - at > FORGOTTEN.toNanos());
    return recent;
  }

  private void countAnew() {
    while (joins.size() > KEPT) {
      joins.pollFirstEntry();
    }
    quarantinedUntil = Math.max(quarantinedUntil, endAfter(joins.values()));
  }

  /** Until when a host is in quarantine that came back at these times; long ago if it is not. */
  static long endAfter(Collection<Long> times) {
    long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
    for (int last = sorted.length - 1; last >= MANY - 1; last--) {
      if (sorted[last] - sorted[last - MANY + 1] <= WINDOW.toNanos()) {
        return sorted[last] + QUIET.toNanos();
      }
    }
    return Long.MIN_VALUE;
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
