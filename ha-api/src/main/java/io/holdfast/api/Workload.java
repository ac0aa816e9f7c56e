package io.holdfast.api;

import java.time.Duration;

/**
 * A protected workload, as its owner wants it. What it <em>is</em> (a domain XML, say) is its
 * {@link Definition}, kept apart because it is large and read only when it is started.
 *
 * @param id its name
 * @param priority who comes first when not all can
 * @param demand what it takes from its host, at most 10^15 in each dimension
 * @param desired started or stopped
 * @param origin whether it may already be running somewhere
 * @param restart what to do when it stops unasked
 * @param startTimeout how long a start may take before its result counts as unknown
 * @param stopTimeout how long a graceful stop may take before it is destroyed
 */
public record Workload(
    WorkloadId id,
    Priority priority,
    Capacity demand,
    DesiredState desired,
    Origin origin,
    RestartPolicy restart,
    Duration startTimeout,
    Duration stopTimeout) {

  /** What is known of a workload when it is first protected. */
  public enum Origin {
    /** It has just been made and runs nowhere: it may be started at once. */
    NEW,
    /**
     * It may be running somewhere: it is started only when every registered host has reported that
     * it does not run there, or is known to be off. Where it is found running, it is adopted.
     *
     * <p><b>A lost host that it waits for is fenced,</b> although nothing that is protected may run
     * there: what runs there unprotected ends with it.
     */
    EXISTING
  }

  private static final long MOST_DEMAND = 1_000_000_000_000_000L;

  public Workload {
    demand
        .amounts()
        .forEach(
            (dimension, amount) -> {
              // Sums over thousands of workloads still fit into a long.
              if (amount > MOST_DEMAND) {
                throw new InvalidConfigException(
                    "workload.demand." + dimension, amount, "0 to " + MOST_DEMAND);
              }
            });
    requirePositive("workload.startTimeout", startTimeout);
    requirePositive("workload.stopTimeout", stopTimeout);
  }

  /** A workload that may be running somewhere, with the defaults of every policy. */
  public static Workload of(String id, Priority priority, Capacity demand) {
    return new Workload(
        WorkloadId.parse(id),
        priority,
        demand,
        DesiredState.STARTED,
        Origin.EXISTING,
        RestartPolicy.DEFAULT,
        Duration.ofSeconds(120),
        Duration.ofSeconds(30));
  }

  /** The same, wanted started or stopped. */
  public Workload withDesired(DesiredState wanted) {
    return new Workload(id, priority, demand, wanted, origin, restart, startTimeout, stopTimeout);
  }

  /** The same, with another statement about where it may be running. */
  public Workload withOrigin(Origin known) {
    return new Workload(id, priority, demand, desired, known, restart, startTimeout, stopTimeout);
  }

  /** The same, with another policy for when it stops unasked. */
  public Workload withRestart(RestartPolicy policy) {
    return new Workload(id, priority, demand, desired, origin, policy, startTimeout, stopTimeout);
  }

  private static void requirePositive(String field, Duration value) {
    if (value.isNegative() || value.isZero() || value.compareTo(Duration.ofDays(1)) > 0) {
      throw new InvalidConfigException(field, value, "greater than zero, at most PT24H");
    }
  }
}
