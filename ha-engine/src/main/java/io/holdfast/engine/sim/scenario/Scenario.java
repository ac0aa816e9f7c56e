package io.holdfast.engine.sim.scenario;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Rule;
import io.holdfast.api.Timings;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A story that a simulated cluster lives through.
 *
 * @param seed of the little that is left to chance: how long hosts take to boot, and calls to be
 *     answered
 * @param hosts at least one
 * @param rules where workloads may run
 * @param timeline in the order of its times; what happens at one time happens in the order given
 * @param end when the story is over, not before its last step
 */
public record Scenario(
    String name,
    long seed,
    ClusterSpec cluster,
    List<HostSpec> hosts,
    List<WorkloadSpec> workloads,
    List<Rule> rules,
    List<Step> timeline,
    Duration end) {

  public Scenario {
    hosts = List.copyOf(hosts);
    workloads = List.copyOf(workloads);
    rules = List.copyOf(rules);
    timeline = List.copyOf(timeline);
  }

  /**
   * The cluster's policy and make.
   *
   * @param policy nothing is disarmed at first
   * @param timings of agents and controllers
   * @param lease of hosts, all of which have a watchdog
   * @param session after which the coordination service drops a client that it does not hear
   * @param controllers names of machines of their own; empty: every host runs a candidate
   * @param externalStore whether the coordination store stands apart from the hosts
   */
  public record ClusterSpec(
      ClusterPolicy policy,
      Timings timings,
      LeaseTiming lease,
      Duration session,
      List<HostId> controllers,
      boolean externalStore) {
    public ClusterSpec {
      controllers = List.copyOf(controllers);
    }
  }

  /**
   * A host, at the beginning.
   *
   * @param power whether it is switched on
   * @param network whether its network is plugged in
   * @param bmc whether it has a fence device
   */
  public record HostSpec(Host host, boolean power, boolean network, boolean bmc) {
    public HostId id() {
      return host.id();
    }
  }

  /**
   * A protected workload, as it is given to the engine.
   *
   * @param host where it has its place; empty: nowhere yet
   * @param running whether it runs there already
   * @param load what it is measured to use
   */
  public record WorkloadSpec(
      Workload workload, Optional<HostId> host, boolean running, Capacity load, FaultSpec faults) {
    public WorkloadId id() {
      return workload.id();
    }
  }

  /**
   * What goes wrong with a workload.
   *
   * @param startFailures so many starts fail before one succeeds
   * @param migrateFailures so many live migrations fail before one succeeds
   * @param stopFails whether it cannot be stopped
   * @param onlyOn the only host on which any of this goes wrong; empty: all
   */
  public record FaultSpec(
      int startFailures, int migrateFailures, boolean stopFails, Optional<HostId> onlyOn) {
    /** Nothing goes wrong. */
    public static final FaultSpec NONE = new FaultSpec(0, 0, false, Optional.empty());
  }

  /**
   * One entry of the timeline.
   *
   * @param path where it stands in its file, for messages
   */
  public record Step(Duration at, Operation operation, String path) {}
}
