package io.holdfast.engine.sim;

import io.holdfast.api.Departure;
import io.holdfast.api.HostId;
import io.holdfast.engine.agent.AgentEvent;
import io.holdfast.engine.core.ControllerEvent;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What operating systems do that are told to shut down or to reboot, and service managers that are
 * told to restart an agent: they tell the agent, wait until it says that it may go, but not for
 * ever, and go.
 */
final class SimDepartures {
  private static final long SECOND = 1_000_000_000L;

  /** One that is under way, on the boot on which it began. */
  private record Leaving(long number, Departure departure, long boot) {}

  private final SimWorld world;
  private final SortedMap<HostId, Leaving> underWay = new TreeMap<>();
  private final SortedMap<HostId, Runnable> next = new TreeMap<>();
  private long begun;

  SimDepartures(SimWorld world) {
    this.world = world;
  }

  /**
   * @param patience how long the agent is waited for
   */
  void begin(HostId host, Departure departure, Duration patience) {
    SimHost machine = world.machine(host);
    Leaving before = underWay.get(host);
    boolean isLeaving = before != null && before.boot() == machine.boot();
    if (isLeaving || !world.physical().isUp(host)) {
      return;
    }
    world.trace("PEOPLE", host + " is to leave: " + departure);
    Leaving leaving = new Leaving(++begun, departure, machine.boot());
    underWay.put(host, leaving);
    if (machine.agent == null) {
      goIn(SECOND, host, leaving);
    } else {
      machine.agent.deliver(now -> new AgentEvent.DepartureAnnounced(now, departure, patience));
      goIn(patience.toNanos(), host, leaving);
    }
  }

  /** Whether its present boot is about to end, or its agent. */
  boolean isLeaving(HostId host) {
    Leaving leaving = underWay.get(host);
    return leaving != null && leaving.boot() == world.machine(host).boot();
  }

  /**
   * As {@link #begin}. A restart of the agent that is under way comes first.
   *
   * @return false if the host is to go off already
   */
  boolean beginOrQueue(HostId host, Departure departure, Duration patience) {
    if (!isLeaving(host)) {
      begin(host, departure, patience);
      return true;
    }
    Leaving leaving = underWay.get(host);
    boolean restarts = leaving != null && leaving.departure() == Departure.AGENT_RESTART;
    if (restarts && departure != Departure.AGENT_RESTART) {
      next.put(host, () -> begin(host, departure, patience));
    }
    return restarts;
  }

  /** Its agent says that it may go. */
  void ready(HostId host) {
    Leaving leaving = underWay.get(host);
    if (leaving != null) {
      goIn(SECOND, host, leaving);
    }
  }

  /** Whatever is under way is called off; processes that were told of it are replaced. */
  void callOff() {
    for (HostId host : List.copyOf(underWay.keySet())) {
      Leaving leaving = underWay.remove(host);
      if (leaving != null && leaving.boot() == world.machine(host).boot()) {
        world.faults().killAgent(host);
        world.faults().killController(host);
      }
    }
  }

  private void goIn(long nanos, HostId host, Leaving leaving) {
    world.schedule().in(nanos, () -> endServices(host, leaving));
  }

  private boolean isOver(HostId host, Leaving leaving) {
    return !leaving.equals(underWay.get(host)) || world.machine(host).boot() != leaving.boot();
  }

  private void endServices(HostId host, Leaving leaving) {
    if (isOver(host, leaving)) {
      return;
    }
    SimHost machine = world.machine(host);
    if (machine.agent != null) {
      machine.agent.deliver(AgentEvent.CloseRequested::new);
    }
    if (machine.controller != null && leaving.departure() != Departure.AGENT_RESTART) {
      machine.controller.deliver(ControllerEvent.CloseRequested::new);
    }
    world.schedule().in(SECOND, () -> go(host, leaving));
  }

  private void go(HostId host, Leaving leaving) {
    if (isOver(host, leaving)) {
      return;
    }
    underWay.remove(host);
    switch (leaving.departure()) {
      case SHUTDOWN -> world.faults().cutPower(host);
      case REBOOT -> {
        world.faults().crash(host);
        world.schedule().in(2 * SECOND, () -> world.faults().bringUp(host));
      }
      case AGENT_RESTART -> {
        world.faults().killAgent(host);
        world.schedule().in(SECOND, () -> agentIsBack(host));
      }
    }
  }

  private void agentIsBack(HostId host) {
    world.machine(host).startAgent();
    Runnable following = next.remove(host);
    if (following != null) {
      following.run();
    }
  }
}
