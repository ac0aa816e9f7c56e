package io.holdfast.api;

import java.time.Duration;

/**
 * What happens to a workload that stops without being asked to: it is restarted on its host, then
 * relocated.
 *
 * @param maxRestarts how often it is restarted on the same host within {@code window}, 0 to 1000
 * @param interval the pause before the first restart, 0 to 1 hour; it doubles with every further
 *     one within the window, because five attempts without a pause are worth one
 * @param maxInterval the longest such pause, {@code interval} to 24 hours
 * @param window restarts older than this no longer count, greater than zero, at most 365 days
 * @param maxRelocations how many other hosts are tried before it is left Failed with its reason, 0
 *     to 1000
 * @param hostMemory how long a host that gave it up is avoided, greater than zero, at most 365 days
 */
public record RestartPolicy(
    int maxRestarts,
    Duration interval,
    Duration maxInterval,
    Duration window,
    int maxRelocations,
    Duration hostMemory) {
  /** One restart after a second, one relocation, forgotten after an hour. */
  public static final RestartPolicy DEFAULT =
      new RestartPolicy(
          1,
          Duration.ofSeconds(1),
          Duration.ofMinutes(5),
          Duration.ofHours(1),
          1,
          Duration.ofHours(1));

  /** A policy whose other values follow {@link #DEFAULT}. */
  public static RestartPolicy of(
      int maxRestarts, Duration interval, Duration window, int maxRelocations) {
    Duration longest = interval.compareTo(DEFAULT.maxInterval) > 0 ? interval : DEFAULT.maxInterval;
    return new RestartPolicy(
        maxRestarts, interval, longest, window, maxRelocations, DEFAULT.hostMemory);
  }

  public RestartPolicy {
    if (maxRestarts < 0 || maxRestarts > 1000) {
      throw new InvalidConfigException("restart.maxRestarts", maxRestarts, "0 to 1000");
    }
    if (interval.isNegative() || interval.compareTo(Duration.ofHours(1)) > 0) {
      throw new InvalidConfigException("restart.interval", interval, "PT0S to PT1H");
    }
    if (maxInterval.compareTo(interval) < 0 || maxInterval.compareTo(Duration.ofDays(1)) > 0) {
      throw new InvalidConfigException("restart.maxInterval", maxInterval, interval + " to PT24H");
    }
    atMostAYear("restart.window", window);
    atMostAYear("restart.hostMemory", hostMemory);
    if (maxRelocations < 0 || maxRelocations > 1000) {
      throw new InvalidConfigException("restart.maxRelocations", maxRelocations, "0 to 1000");
    }
  }

  private static void atMostAYear(String field, Duration value) {
    if (value.isNegative() || value.isZero() || value.compareTo(Duration.ofDays(365)) > 0) {
      throw new InvalidConfigException(field, value, "greater than zero, at most P365D");
    }
  }
}
