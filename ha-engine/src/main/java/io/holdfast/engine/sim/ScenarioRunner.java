package io.holdfast.engine.sim;

import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.engine.placement.RuleConflicts;
import io.holdfast.engine.sim.scenario.Operation;
import io.holdfast.engine.sim.scenario.Scenario;
import io.holdfast.engine.sim.scenario.Scenario.ClusterSpec;
import io.holdfast.engine.sim.scenario.Scenario.HostSpec;
import io.holdfast.engine.sim.scenario.Scenario.Step;
import io.holdfast.engine.sim.scenario.Scenario.WorkloadSpec;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Plays a scenario: the real cores of agents and controllers, in a {@link SimWorld} to which the
 * timeline's steps happen. For tests, for drills, and for the question what would happen if. Plays
 * once; not safe for use by several threads.
 */
public final class ScenarioRunner {
  private final Scenario scenario;
  private final SimWorld world;
  private final SimHistory history;
  private final SimStage stage;

  public ScenarioRunner(Scenario scenario) {
    this.scenario = scenario;
    world = SimWorld.of(config(scenario), machines(scenario));
    history = new SimHistory(world);
    stage = new SimStage(world, history);
  }

  /** Plays it to its end, or to the first promise that is broken. */
  public ScenarioResult run() {
    setUp();
    for (Step step : scenario.timeline()) {
      world.runFor(step.at().minus(world.now()));
      if (!world.violations().isEmpty()) {
        break;
      }
      history.step(step.operation().describe());
      step.operation().on(stage);
    }
    world.runFor(scenario.end().minus(world.now()));
    return result();
  }

  /** Every event and effect of every core, one line each. */
  public List<String> trace() {
    return world.trace();
  }

  // Setting up

  private static SimConfig config(Scenario scenario) {
    ClusterSpec cluster = scenario.cluster();
    return SimConfig.scenario(
        scenario.seed(),
        scenario.hosts().size(),
        cluster.timings(),
        cluster.lease(),
        cluster.session());
  }

  private static List<SimMachine> machines(Scenario scenario) {
    SortedSet<String> kinds = kinds(scenario);
    boolean apart = !scenario.cluster().controllers().isEmpty();
    boolean facts =
        scenario.timeline().stream().anyMatch(s -> s.operation() instanceof Operation.Storage);
    List<SimMachine> machines = new ArrayList<>();
    for (HostSpec host : scenario.hosts()) {
      SortedSet<String> own = host.host().kinds();
      machines.add(
          new SimMachine(
              host.id(),
              own.isEmpty() ? kinds : own,
              new TreeSet<>(),
              host.bmc() ? SimConfig.FenceKit.BMC : SimConfig.FenceKit.NONE,
              host.power(),
              true,
              !apart,
              facts));
    }
    for (HostId controller : scenario.cluster().controllers()) {
      machines.add(
          new SimMachine(
              controller,
              kinds,
              new TreeSet<>(),
              SimConfig.FenceKit.NONE,
              true,
              false,
              true,
              false));
    }
    return machines;
  }

  private static SortedSet<String> kinds(Scenario scenario) {
    SortedSet<String> kinds = new TreeSet<>(List.of("vm"));
    scenario.workloads().forEach(workload -> kinds.add(workload.id().kind()));
    scenario.hosts().forEach(host -> kinds.addAll(host.host().kinds()));
    for (Step step : scenario.timeline()) {
      if (step.operation() instanceof Operation.Add add) {
        kinds.add(add.workload().id().kind());
      }
    }
    return kinds;
  }

  private void setUp() {
    world.physical().observe(history);
    world.listen(history::told);
    if (!scenario.cluster().externalStore()) {
      SortedSet<HostId> servers = new TreeSet<>();
      scenario.hosts().forEach(host -> servers.add(host.id()));
      world.topology().serveOn(servers);
    }
    SimPlatform platform = world.platform();
    scenario.hosts().forEach(host -> platform.register(host.host()));
    platform.operator().setPolicy(scenario.cluster().policy());
    SortedSet<String> contradicting = contradicting();
    scenario.rules().stream()
        .filter(rule -> !contradicting.contains(rule.id()))
        .forEach(platform.operator()::putRule);
    if (scenario.cluster().policy().placement() == PlacementMode.DYNAMIC) {
      world.guests().measure();
    }
    new SimPast(world, scenario).write();
    for (WorkloadSpec workload : scenario.workloads()) {
      world.guests().define(workload.id(), workload.faults());
      world.guests().load(workload.id(), workload.load());
      platform.protect(workload.workload());
      if (workload.running()) {
        workload.host().ifPresent(host -> platform.startUnasked(workload.id(), host));
      }
    }
    for (HostSpec host : scenario.hosts()) {
      world.topology().plug(host.id(), host.network());
      if (!host.power()) {
        history.onPower(host.id(), false);
      }
      if (host.power() && !host.network()) {
        history.cable(host.id(), false);
      }
    }
    world.begin();
    world.network().changed();
  }

  /** Which of them are to hold is not for us to say, so none of them does. */
  private SortedSet<String> contradicting() {
    SortedSet<String> rules = new TreeSet<>();
    List<Host> hosts = scenario.hosts().stream().map(HostSpec::host).toList();
    for (RuleConflicts.Conflict conflict : RuleConflicts.find(scenario.rules(), hosts)) {
      if (conflict.kind() == RuleConflicts.Kind.CONTRADICTION) {
        rules.addAll(conflict.rules());
        stage.leftOut("rules " + conflict.rules() + ": " + conflict.describe());
      }
    }
    return rules;
  }

  // What came of it

  private ScenarioResult result() {
    List<HostId> hosts = scenario.hosts().stream().map(HostSpec::id).toList();
    return new SimOutcome(world, history).of(scenario.name(), hosts, stage.errors());
  }
}
