package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.scenario.ScenarioReader;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** A small scenario in a test, written as in a file, without the words that are always the same. */
final class Drill {
  private final String cluster;
  private final List<String> hosts = new ArrayList<>();
  private final List<String> workloads = new ArrayList<>();
  private final List<String> rules = new ArrayList<>();
  private final List<String> timeline = new ArrayList<>();

  /**
   * @param cluster members of the object {@code cluster}
   */
  Drill(String cluster) {
    this.cluster = cluster;
  }

  Drill() {
    this("");
  }

  /** Hosts with power, a network and a fence device. */
  Drill hosts(String... ids) {
    for (String id : ids) {
      host(id, "");
    }
    return this;
  }

  Drill host(String id, String more) {
    hosts.add("{\"id\": \"%s\"%s}".formatted(id, more));
    return this;
  }

  Drill workload(String id, String host) {
    return workload(id, host, "");
  }

  Drill workload(String id, String host, String more) {
    workloads.add("{\"id\": \"%s\", \"host\": \"%s\"%s}".formatted(id, host, more));
    return this;
  }

  Drill together(String... ids) {
    return affinity("positive", "host", ids);
  }

  Drill apart(String... ids) {
    return affinity("negative", "host", ids);
  }

  /**
   * @param level {@code host} or the index of a failure domain
   */
  Drill affinity(String kind, String level, String... ids) {
    rules.add(
        "{\"id\": \"r%d\", \"type\": \"workload-affinity\", \"workloads\": %s, \"affinity\": \"%s\", \"level\": %s}"
            .formatted(rules.size(), list(ids), kind, level.equals("host") ? "\"host\"" : level));
    return this;
  }

  Drill rule(String text) {
    rules.add(text);
    return this;
  }

  private static String list(String... ids) {
    return List.of(ids).stream()
        .map(id -> '"' + id + '"')
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /**
   * @param step members of an operation, without the braces
   */
  Drill at(double second, String step) {
    timeline.add("{\"at\": %s, %s}".formatted(second, step));
    return this;
  }

  /** Plays it to its end; nothing may be violated, and every step has to be possible. */
  ScenarioResult until(int end) {
    String text =
        """
        {"name": "drill", "seed": 3, "cluster": {%s}, "hosts": [%s], "workloads": [%s],
         "rules": [%s], "timeline": [%s], "end": %d}
        """
            .formatted(
                cluster,
                String.join(", ", hosts),
                String.join(", ", workloads),
                String.join(", ", rules),
                String.join(", ", timeline),
                end);
    ScenarioResult result = new ScenarioRunner(ScenarioReader.read(text)).run();
    assertThat(result.violations()).isEmpty();
    assertThat(result.errors()).isEmpty();
    return result;
  }

  /** Its status and the hosts on which it runs, as in {@code Started [host1]}. */
  static String outcome(ScenarioResult result, String id) {
    ScenarioResult.WorkloadOutcome outcome = of(result, id);
    return outcome.status()
        + " "
        + outcome.running().stream().map(HostId::value).collect(Collectors.toList());
  }

  private static ScenarioResult.WorkloadOutcome of(ScenarioResult result, String id) {
    return Objects.requireNonNull(result.workloads().get(WorkloadId.parse(id)), id);
  }

  /** The one host on which it runs. */
  static String place(ScenarioResult result, String id) {
    List<HostId> running = of(result, id).running();
    assertThat(running).as(id).hasSize(1);
    return running.get(0).value();
  }
}
