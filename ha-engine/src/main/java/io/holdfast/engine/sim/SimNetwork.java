package io.holdfast.engine.sim;

import io.holdfast.engine.sim.InMemoryConnection.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The ways of all processes to the coordination service, and whether the service is there. */
final class SimNetwork {
  private final SimSchedule schedule;
  private final InMemoryCoordination coordination;
  private final SimTopology topology;
  private final Duration sessionTimeout;
  private final List<SimLink> links = new ArrayList<>();
  private boolean serviceDown;

  SimNetwork(
      SimSchedule schedule,
      InMemoryCoordination coordination,
      SimTopology topology,
      Duration sessionTimeout) {
    this.schedule = schedule;
    this.topology = topology;
    this.coordination = coordination;
    this.sessionTimeout = sessionTimeout;
  }

  /**
   * @param partitioned whether the network is down between the process and the service
   * @param oneWay what is lost if it carries in one direction only
   */
  SimLink link(String name, BooleanSupplier partitioned, Supplier<Optional<Fault>> oneWay) {
    SimLink link =
        new SimLink(schedule, coordination.connect(name), sessionTimeout, partitioned, oneWay);
    links.add(link);
    link.update(isServiceDown());
    return link;
  }

  /** A partition began or ended. */
  void changed() {
    links.removeIf(SimLink::isOver);
    boolean down = isServiceDown();
    links.forEach(link -> link.update(down));
  }

  boolean isServiceDown() {
    return serviceDown || !topology.isServiceUp();
  }

  void serviceDown(boolean down) {
    serviceDown = down;
    changed();
  }
}
