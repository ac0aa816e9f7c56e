package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.spi.HostCheck;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Another channel to the hosts of a {@link PhysicalWorld}, with faults that can be switched for
 * each host. Calls return at once. Safe for use by several threads.
 */
public final class InMemoryHostCheck implements HostCheck {

  /** What is wrong with the channel to a host. */
  public enum Fault {
    /** Nothing: it says what is true. */
    NONE,
    /** It cannot be used. */
    BLIND,
    /** It breaks its contract, and takes a host for silent that lives. */
    DEAF,
    /** It breaks its contract, and sees a sign of life for ever. */
    STUCK
  }

  private final String name;
  private final PhysicalWorld world;
  private final SortedMap<HostId, Fault> faults = new TreeMap<>();

  /** One without faults. */
  public InMemoryHostCheck(String name, PhysicalWorld world) {
    this.name = name;
    this.world = world;
  }

  /** Switches the fault for all calls about this host from now on. */
  public synchronized void setFault(HostId host, Fault fault) {
    faults.put(host, fault);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized SignOfLife ask(HostId host, Duration timeout) {
    return switch (faults.getOrDefault(host, Fault.NONE)) {
      case NONE -> world.isUp(host) ? SignOfLife.ALIVE : SignOfLife.DEAD_SILENT;
      case BLIND -> SignOfLife.UNKNOWN;
      case DEAF -> SignOfLife.DEAD_SILENT;
      case STUCK -> SignOfLife.ALIVE;
    };
  }
}
