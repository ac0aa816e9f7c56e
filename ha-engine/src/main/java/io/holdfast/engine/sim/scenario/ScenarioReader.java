package io.holdfast.engine.sim.scenario;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.Rule;
import io.holdfast.api.Timings;
import io.holdfast.engine.json.InvalidInputException;
import io.holdfast.engine.json.JsonField;
import io.holdfast.engine.json.RuleReader;
import io.holdfast.engine.sim.scenario.Scenario.ClusterSpec;
import io.holdfast.engine.sim.scenario.Scenario.HostSpec;
import io.holdfast.engine.sim.scenario.Scenario.Step;
import io.holdfast.engine.sim.scenario.Scenario.WorkloadSpec;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a scenario, and refuses whatever is not one. */
public final class ScenarioReader {
  private static final long MOST_SECONDS = 604_800;
  private static final int MOST_HOSTS = 50;
  private static final int MOST_WORKLOADS = 1000;
  private static final Duration SESSION = Duration.ofSeconds(10);

  private final ScenarioNames names = new ScenarioNames();

  private ScenarioReader() {}

  /**
   * The scenario that the document describes.
   *
   * @param document JSON
   * @throws InvalidInputException for the first thing that is wrong, in one line
   */
  public static Scenario read(String document) {
    return new ScenarioReader().scenario(JsonField.parse(document));
  }

  private Scenario scenario(JsonField in) {
    in.object("name", "seed", "cluster", "hosts", "workloads", "rules", "timeline", "end");
    String name = in.required("name", "a text").text();
    long seed = in.optional("seed").map(s -> s.whole(Long.MIN_VALUE, Long.MAX_VALUE)).orElse(1L);
    JsonField hostList = in.required("hosts", "a list of at least one host");
    List<HostSpec> hosts = hosts(hostList);
    ClusterSpec cluster =
        in.optional("cluster").map(this::cluster).orElseGet(ScenarioReader::usualCluster);
    List<JsonField> timeline = list(in, "timeline");
    List<WorkloadSpec> workloads = workloads(list(in, "workloads"));
    timeline.forEach(names::announceAdded);
    RuleReader reader = new RuleReader(names::workload, names::knownHost, names.domainLevels());
    List<Rule> rules = reader.read(list(in, "rules"));
    List<Step> steps = steps(timeline);
    JsonField endField = in.required("end", "a number of seconds");
    Duration end = seconds(endField);
    if (!steps.isEmpty() && end.compareTo(steps.get(steps.size() - 1).at()) < 0) {
      throw endField.refuse("the time of the last step of the timeline, or later");
    }
    return new Scenario(name, seed, cluster, hosts, workloads, rules, steps, end);
  }

  private static List<JsonField> list(JsonField in, String field) {
    return in.optional(field).map(JsonField::elements).orElse(List.of());
  }

  private List<HostSpec> hosts(JsonField in) {
    List<JsonField> elements = in.elements();
    if (elements.isEmpty() || elements.size() > MOST_HOSTS) {
      throw in.refuse("of " + elements.size(), "1 to " + MOST_HOSTS + " hosts");
    }
    return elements.stream().map(names::host).toList();
  }

  private List<WorkloadSpec> workloads(List<JsonField> elements) {
    if (elements.size() > MOST_WORKLOADS) {
      throw elements.get(MOST_WORKLOADS).refuse("at most " + MOST_WORKLOADS + " workloads");
    }
    WorkloadReader reader = new WorkloadReader(names);
    List<WorkloadSpec> workloads = new ArrayList<>();
    for (JsonField element : elements) {
      WorkloadSpec spec = reader.read(element);
      names.present(element.required("id", "a name"), spec.id());
      if (spec.running() && !names.hasPower(spec.host().orElseThrow())) {
        throw element
            .required("host", "a host")
            .refuse("(which has no power)", "a host with power, because it is running");
      }
      workloads.add(spec);
    }
    return workloads;
  }

  private static ClusterSpec usualCluster() {
    return new ClusterSpec(
        ClusterPolicy.DEFAULT, Timings.DEFAULT, TimerReader.LEASE, SESSION, List.of(), false);
  }

  private ClusterSpec cluster(JsonField in) {
    in.object("shutdownPolicy", "capacity", "placement", "timers", "controllers", "store");
    Optional<JsonField> placement =
        in.optional("placement").map(p -> p.object("mode", "rebalanceOnStart", "autoRebalance"));
    ClusterPolicy policy =
        ClusterPolicy.DEFAULT.toBuilder()
            .shutdown(
                in.optional("shutdownPolicy")
                    .map(p -> p.oneOf(policies()))
                    .orElse(ShutdownPolicy.CONDITIONAL))
            .placement(
                placement
                    .flatMap(p -> p.optional("mode"))
                    .map(m -> m.oneOf(modes()))
                    .orElse(PlacementMode.BASIC))
            .hardCapacity(
                in.optional("capacity")
                    .map(c -> c.oneOf(Map.of("hard", true, "advisory", false)))
                    .orElse(true))
            .rebalanceOnStart(flag(placement, "rebalanceOnStart"))
            .autoRebalance(flag(placement, "autoRebalance"))
            .build();
    Optional<TimerReader> timers = in.optional("timers").map(TimerReader::new);
    return new ClusterSpec(
        policy,
        timers.map(TimerReader::timings).orElse(Timings.DEFAULT),
        timers.map(TimerReader::lease).orElse(TimerReader.LEASE),
        timers.flatMap(t -> t.time("session")).orElse(SESSION),
        in.optional("controllers").map(names::controllers).orElse(List.of()),
        in.optional("store")
            .map(s -> s.oneOf(Map.of("hosts", false, "external", true)))
            .orElse(false));
  }

  private static boolean flag(Optional<JsonField> in, String name) {
    return in.flatMap(p -> p.optional(name)).map(JsonField::flag).orElse(false);
  }

  private List<Step> steps(List<JsonField> elements) {
    OperationReader reader = new OperationReader(names, new WorkloadReader(names));
    List<Step> steps = new ArrayList<>();
    Duration last = Duration.ZERO;
    for (JsonField element : elements) {
      JsonField atField = element.required("at", "a number of seconds");
      Duration at = seconds(atField);
      if (at.compareTo(last) < 0) {
        throw atField.refuse("after " + last, "the time of the step before, or later");
      }
      last = at;
      steps.add(new Step(at, reader.read(element), element.path()));
    }
    return steps;
  }

  static Duration seconds(JsonField in) {
    return toDuration(in.number(0, MOST_SECONDS, 6));
  }

  private static Duration toDuration(BigDecimal seconds) {
    return Duration.ofNanos(seconds.movePointRight(9).longValueExact());
  }

  private static Map<String, ShutdownPolicy> policies() {
    return Map.of(
        "conditional", ShutdownPolicy.CONDITIONAL,
        "freeze", ShutdownPolicy.FREEZE,
        "failover", ShutdownPolicy.FAILOVER,
        "migrate", ShutdownPolicy.MIGRATE);
  }

  private static Map<String, PlacementMode> modes() {
    return Map.of(
        "basic", PlacementMode.BASIC,
        "static", PlacementMode.STATIC,
        "dynamic", PlacementMode.DYNAMIC,
        "packed", PlacementMode.PACKED);
  }
}
