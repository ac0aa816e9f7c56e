package io.holdfast.examples.cli;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import io.holdfast.engine.sim.scenario.ScenarioResult.Happening;
import java.util.List;

/** What happened in a scenario, one line each, for people. */
final class Timeline {
  private Timeline() {}

  static List<String> lines(ScenarioResult result) {
    return result.history().stream().map(Timeline::line).toList();
  }

  private static String line(Happening happening) {
    String who =
        happening
            .workload()
            .map(w -> w + happening.host().map(host -> " on " + host).orElse(""))
            .orElseGet(() -> happening.host().map(Object::toString).orElse(""));
    return "%10.3f  %-9s %-18s %s"
        .formatted(happening.at().toNanos() / 1e9, mark(happening.kind()), who, happening.text());
  }

  private static String mark(Happening.Kind kind) {
    return switch (kind) {
      case STEP -> "step";
      case POWER_ON, POWER_OFF -> "power";
      case UP, DOWN -> "host";
      case NETWORK_ON, NETWORK_OFF -> "network";
      case HOST_STATE -> "believes";
      case DEPARTURE -> "leaves";
      case ELECTED -> "leads";
      case FENCING -> "fence";
      case FENCED -> "FENCED";
      case SELF_FENCED -> "RESET";
      case STATUS -> "status";
      case RUNS -> "runs";
      case MOVE -> "move";
      case MIGRATES -> "migrates";
      case ENDS -> "ends";
      case TROUBLE -> "trouble";
      case ALARM -> "ALARM";
      case VIOLATION -> "BROKEN";
    };
  }
}
