package io.holdfast.engine.sim;

import io.holdfast.api.ClusterStatus;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import io.holdfast.engine.sim.scenario.ScenarioResult.HostOutcome;
import io.holdfast.engine.sim.scenario.ScenarioResult.SelfFenced;
import io.holdfast.engine.sim.scenario.ScenarioResult.WorkloadOutcome;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What has come of a world, as people are told. */
final class SimOutcome {
  private final SimWorld world;
  private final SimHistory history;

  SimOutcome(SimWorld world, SimHistory history) {
    this.world = world;
    this.history = history;
  }

  /**
   * @param errors what could not be done as it was asked for
   */
  ScenarioResult of(String name, List<HostId> hosts, List<String> errors) {
    world.violations().forEach(violation -> history.violated(violation.what()));
    List<String> violations =
        world.violations().stream()
            .map(violation -> "at %s: %s".formatted(violation.at(), violation.what()))
            .toList();
    return new ScenarioResult(
        name,
        workloads(),
        hosts(hosts),
        history.fenced,
        history.recoveries,
        history.moves,
        world.selfFences().stream().map(reset -> new SelfFenced(reset.at(), reset.host())).toList(),
        errors,
        violations,
        world.result().events(),
        world.traceSha256(),
        history.happenings);
  }

  private SortedMap<WorkloadId, WorkloadOutcome> workloads() {
    SortedMap<WorkloadId, WorkloadOutcome> outcomes = new TreeMap<>();
    for (Workload workload : world.platform().workloads()) {
      WorkloadId id = workload.id();
      List<HostId> running = world.physical().hostsRunning(id);
      WorkloadOutcome outcome =
          world
              .statusOf(id)
              .map(
                  info ->
                      new WorkloadOutcome(
                          SimHistory.word(info.status()), info.host(), running, info.reason()))
              .orElseGet(() -> lastTold(id, running));
      boolean ignored = workload.desired() == DesiredState.IGNORED;
      outcomes.put(
          id,
          ignored
              ? new WorkloadOutcome("Ignored", outcome.host(), running, asOfNow(outcome.reason()))
              : new WorkloadOutcome(
                  outcome.status(), outcome.host(), running, asOfNow(outcome.reason())));
    }
    return outcomes;
  }

  /** What was known last is not to be taken for what is. */
  private String asOfNow(String reason) {
    boolean served = world.topology().isServiceUp();
    if (served && world.leader().isPresent()) {
      return reason;
    }
    String why = served ? "nobody is elected" : "the store has no majority";
    return "no controller leads (%s); last known: %s".formatted(why, reason);
  }

  /** Nobody leads: what the last controller said. */
  private WorkloadOutcome lastTold(WorkloadId id, List<HostId> running) {
    Optional<HaEvent.WorkloadStatusChanged> last = Optional.empty();
    for (SimWorld.Told told : world.told()) {
      if (told.event() instanceof HaEvent.WorkloadStatusChanged changed
          && changed.workload().equals(id)) {
        last = Optional.of(changed);
      }
    }
    return last.map(
            told ->
                new WorkloadOutcome(
                    SimHistory.word(told.to()), told.host(), running, told.reason()))
        .orElseGet(
            () ->
                new WorkloadOutcome(
                    SimHistory.word(WorkloadStatus.UNDEFINED),
                    Optional.empty(),
                    running,
                    "nothing, no controller has looked at it"));
  }

  private SortedMap<HostId, HostOutcome> hosts(List<HostId> hosts) {
    SortedMap<HostId, HostState> told = new TreeMap<>();
    for (SimWorld.Told each : world.told()) {
      if (each.event() instanceof HaEvent.HostStateChanged changed) {
        told.put(changed.host(), changed.to());
      }
    }
    SortedMap<HostId, HostOutcome> outcomes = new TreeMap<>();
    for (HostId host : hosts) {
      HostState state =
          world
              .statusOf(host)
              .map(ClusterStatus.HostInfo::state)
              .orElse(told.getOrDefault(host, HostState.JOINING));
      outcomes.put(host, new HostOutcome(state, world.physical().isPowered(host)));
    }
    return outcomes;
  }
}
