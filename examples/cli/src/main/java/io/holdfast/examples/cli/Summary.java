package io.holdfast.examples.cli;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.util.ArrayList;
import java.util.List;

/** What came of a scenario, for people. */
final class Summary {
  private Summary() {}

  static List<String> lines(ScenarioResult result) {
    List<String> lines = new ArrayList<>();
    result
        .workloads()
        .forEach(
            (id, outcome) ->
                lines.add(
                    "%-14s %-10s %-12s %s"
                        .formatted(
                            id,
                            outcome.status(),
                            outcome.running().isEmpty() ? "-" : outcome.running(),
                            outcome.reason())));
    result
        .hosts()
        .forEach(
            (id, outcome) ->
                lines.add(
                    "%-14s %-13s %s"
                        .formatted(id, outcome.state(), outcome.power() ? "on" : "off")));
    result
        .recoveries()
        .forEach(
            r ->
                lines.add(
                    "%s came back on %s after %ss"
                        .formatted(r.workload(), r.to(), ResultJson.seconds(r.outage()))));
    result.errors().forEach(error -> lines.add("not done: " + error));
    result.violations().forEach(violation -> lines.add("BROKEN: " + violation));
    return lines;
  }
}
