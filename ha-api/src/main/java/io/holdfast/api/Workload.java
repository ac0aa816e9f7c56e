package io.holdfast.api;

import java.util.Optional;

/**
 * A protected workload, as its owner wants it. What it <em>is</em> (a domain XML, say) is its
 * {@link Definition}, kept apart because it is large and read only when it is started.
 *
 * @param id its name
 * @param priority who comes first when not all can
 * @param demand what it takes from its host, at most 10^15 in each dimension
 * @param desired what is wanted of it
 * @param origin whether it may already be running somewhere
 * @param policy how it is treated
 * @param lock while present, it is locked for this reason (a backup, a snapshot): it is not
 *     started, stopped or moved, except that it is recovered from a host that is proven down; one
 *     line of 1 to 200 characters, as an engine checks when it is given
 */
public record Workload(
    WorkloadId id,
    Priority priority,
    Capacity demand,
    DesiredState desired,
    Origin origin,
    WorkloadPolicy policy,
    Optional<String> lock) {

  /** What is known of a workload when it is first protected. */
  public enum Origin {
    /**
     * It has just been made and runs nowhere: it may be started at once. <b>That is believed</b>:
     * never say it of one that has run before, as when its protection ended for a while.
     */
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

  /** The greatest demand in a dimension: sums over thousands of workloads still fit into a long. */
  public static final long MOST_DEMAND = 1_000_000_000_000_000L;

  public Workload {
    demand
        .amounts()
        .forEach(
            (dimension, amount) -> {
              if (amount > MOST_DEMAND) {
                throw new InvalidConfigException(
                    "workload.demand." + dimension, amount, "0 to " + MOST_DEMAND);
              }
            });
    if (policy.dependsOn().contains(id)) {
      throw new InvalidConfigException("workload.dependsOn", id, "other workloads than itself");
    }
  }

  /** A workload that may be running somewhere, with the defaults of every policy. */
  public static Workload of(String id, Priority priority, Capacity demand) {
    return new Workload(
        WorkloadId.parse(id),
        priority,
        demand,
        DesiredState.STARTED,
        Origin.EXISTING,
        WorkloadPolicy.DEFAULT,
        Optional.empty());
  }

  /** The same, with something else wanted of it. */
  public Workload withDesired(DesiredState wanted) {
    return new Workload(id, priority, demand, wanted, origin, policy, lock);
  }

  /** The same, with another statement about where it may be running. */
  public Workload withOrigin(Origin known) {
    return new Workload(id, priority, demand, desired, known, policy, lock);
  }

  /** The same, taking something else from its host. */
  public Workload withDemand(Capacity next) {
    return new Workload(id, priority, next, desired, origin, policy, lock);
  }

  /** The same, treated in another way. */
  public Workload withPolicy(WorkloadPolicy next) {
    return new Workload(id, priority, demand, desired, origin, next, lock);
  }

  /** The same, with another policy for when it stops unasked. */
  public Workload withRestart(RestartPolicy next) {
    return withPolicy(policy.toBuilder().restart(next).build());
  }

  /** The same, locked for this reason, or not locked. */
  public Workload withLock(Optional<String> reason) {
    return new Workload(id, priority, demand, desired, origin, policy, reason);
  }
}
