package io.holdfast.engine.sim;

import io.holdfast.api.HostId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One machine of a world, and what it is made for.
 *
 * @param kinds of workload that its hypervisor runs
 * @param cold those of them that cannot be migrated live
 * @param fences what can cut its power
 * @param powered whether it is switched on at the beginning
 * @param agent whether it is a host
 * @param controller whether a controller candidate runs on it
 * @param facts whether its agent can find out how its conditions stand
 */
record SimMachine(
    HostId id,
    Set<String> kinds,
    Set<String> cold,
    SimConfig.FenceKit fences,
    boolean powered,
    boolean agent,
    boolean controller,
    boolean facts) {
  /** Machines, containers and iSCSI targets. */
  private static final List<String> KINDS = List.of("vm", "ct", "iscsi");

  SimMachine {
    kinds = Set.copyOf(kinds);
    cold = Set.copyOf(cold);
  }

  /** Hosts as most are: host1 and so on, each with everything. */
  static List<SimMachine> usual(int hosts, SimConfig.FenceKit fences) {
    List<SimMachine> machines = new ArrayList<>();
    for (int i = 1; i <= hosts; i++) {
      machines.add(
          new SimMachine(
              new HostId("host" + i),
              Set.copyOf(KINDS),
              Set.of("iscsi"),
              fences,
              true,
              true,
              true,
              true));
    }
    return machines;
  }
}
