package io.holdfast.engine.sim;

import io.holdfast.api.Fact;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.GuestProbe;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Asks the workloads on one host of a {@link PhysicalWorld} whether they serve: they do unless they
 * are {@link PhysicalWorld#freeze frozen}. Calls return at once. Safe for use by several threads.
 */
public final class InMemoryGuestProbe implements GuestProbe {
  private final HostId host;
  private final PhysicalWorld world;
  private final SortedSet<String> kinds;

  /**
   * @param kinds not empty
   */
  public InMemoryGuestProbe(HostId host, PhysicalWorld world, Set<String> kinds) {
    this.host = host;
    this.world = world;
    this.kinds = Collections.unmodifiableSortedSet(new TreeSet<>(kinds));
  }

  @Override
  public Set<String> kinds() {
    return kinds;
  }

  @Override
  public Fact ask(WorkloadId workload, Duration timeout) {
    if (!world.copiesOn(host).contains(workload)) {
      return Fact.UNKNOWN;
    }
    return world.serves(workload, host) ? Fact.HOLDS : Fact.FAILS;
  }
}
