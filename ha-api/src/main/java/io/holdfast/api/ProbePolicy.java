package io.holdfast.api;

import java.time.Duration;

/**
 * How a running workload is asked whether it serves.
 *
 * @param interval the pause between two questions, 100 milliseconds to 1 hour
 * @param timeout how long one may take, 10 milliseconds to 1 hour
 * @param grace how long after it began to run failures do not count, 0 to 24 hours
 * @param failuresToRestart so many failures in a row restart it in place, as a crash would, as long
 *     as its {@link RestartPolicy} has a restart left; 0 (never) to 1000
 */
public record ProbePolicy(
    Duration interval, Duration timeout, Duration grace, int failuresToRestart) {
  private static final Duration HOUR = Duration.ofHours(1);

  /** Asked every ten seconds, for readiness alone. */
  public static final ProbePolicy READINESS =
      new ProbePolicy(Duration.ofSeconds(10), Duration.ofSeconds(3), Duration.ofMinutes(2), 0);

  public ProbePolicy {
    Timings.require("probe.interval", interval, Duration.ofMillis(100), HOUR);
    Timings.require("probe.timeout", timeout, Duration.ofMillis(10), HOUR);
    Timings.require("probe.grace", grace, Duration.ZERO, Duration.ofHours(24));
    if (failuresToRestart < 0 || failuresToRestart > 1000) {
      throw new InvalidConfigException("probe.failuresToRestart", failuresToRestart, "0 to 1000");
    }
  }
}
