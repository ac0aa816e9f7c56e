package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.HostUse;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.HostPreference;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A preference that goes by the names of hosts, and throws while it is told to. Safe for use by
 * several threads.
 */
public final class InMemoryHostPreference implements HostPreference {
  private final String name;
  private final SortedMap<HostId, Long> costs;
  private volatile boolean broken;

  /**
   * @param costs of whatever workload there; a host that is not named costs nothing
   */
  public InMemoryHostPreference(String name, Map<HostId, Long> costs) {
    this.name = name;
    this.costs = new TreeMap<>(costs);
  }

  /** Throws from now on, or does not any more. */
  public void setBroken(boolean next) {
    broken = next;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long cost(Workload workload, HostUse host) {
    if (broken) {
      throw new IllegalStateException("broken, as a test wanted it");
    }
    return costs.getOrDefault(host.host().id(), 0L);
  }
}
