package io.holdfast.api;

import java.util.List;
import java.util.Optional;

/**
 * What a host's maintenance would do now, before it begins, and how it would be undone. Later it
 * may come otherwise: hosts and workloads go on changing.
 *
 * @param steps what would become of each workload that is placed there, in the order in which it
 *     would be its turn
 */
public record MaintenancePlan(HostId host, List<Step> steps) {

  /**
   * One workload.
   *
   * @param target where it would go; empty if it would stay, and {@code why} says why
   * @param live whether it would be moved without being stopped
   * @param why one line for people: why there, or why not at all
   * @param wayBack where it would go when the maintenance ends; empty if it stays where it is then
   */
  public record Step(
      WorkloadId workload,
      Optional<HostId> target,
      boolean live,
      String why,
      Optional<HostId> wayBack) {}

  public MaintenancePlan {
    steps = List.copyOf(steps);
  }

  /** Whether the host would be empty. */
  public boolean isComplete() {
    return steps.stream().allMatch(step -> step.target().isPresent());
  }
}
