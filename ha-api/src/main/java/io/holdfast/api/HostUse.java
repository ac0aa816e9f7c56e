package io.holdfast.api;

/**
 * A host, and what is taken of it.
 *
 * @param host as it is registered
 * @param taken what the workloads that are there, or on their way there, demand in all
 * @param workloads how many these are, 0 or greater
 */
public record HostUse(Host host, Capacity taken, int workloads) {
  public HostUse {
    if (workloads < 0) {
      throw new InvalidConfigException("hostUse.workloads", workloads, "0 or greater");
    }
  }

  /**
   * What is left in one dimension: below zero where more is taken than there is, {@link
   * Long#MAX_VALUE} where nothing limits it.
   */
  public long free(String dimension) {
    Long limit = host.capacity().amounts().get(dimension);
    return limit == null ? Long.MAX_VALUE : limit - taken.amount(dimension);
  }
}
