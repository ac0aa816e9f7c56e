package io.holdfast.api;

import java.time.Duration;

/**
 * What happens to a workload that stops without being asked to: it is restarted on its host, then
 * relocated.
 *
 * @param maxRestarts how often it is restarted on the same host within {@code window}, 0 to 1000
 * @param interval the pause before each restart, 0 to 1 hour; attempts are spread in time because
 *     five without a pause are worth one
 * @param window restarts older than this no longer count, greater than zero, at most 365 days
 * @param maxRelocations how many other hosts are tried before it is left Failed with its reason, 0
 *     to 1000
 */
public record RestartPolicy(
    int maxRestarts, Duration interval, Duration window, int maxRelocations) {
  /** One restart after a second, one relocation, forgotten after an hour. */
  public static final RestartPolicy DEFAULT =
      new RestartPolicy(1, Duration.ofSeconds(1), Duration.ofHours(1), 1);

  public RestartPolicy {
    if (maxRestarts < 0 || maxRestarts > 1000) {
      throw new InvalidConfigException("restart.maxRestarts", maxRestarts, "0 to 1000");
    }
    if (interval.isNegative() || interval.compareTo(Duration.ofHours(1)) > 0) {
      throw new InvalidConfigException("restart.interval", interval, "PT0S to PT1H");
    }
    if (window.isNegative() || window.isZero() || window.compareTo(Duration.ofDays(365)) > 0) {
      throw new InvalidConfigException(
          "restart.window", window, "greater than zero, at most P365D");
    }
    if (maxRelocations < 0 || maxRelocations > 1000) {
      throw new InvalidConfigException("restart.maxRelocations", maxRelocations, "0 to 1000");
    }
  }
}
