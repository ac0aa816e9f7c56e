package io.holdfast.engine.sim.scenario;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Workload;
import io.holdfast.api.Workload.Origin;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.engine.json.JsonField;
import io.holdfast.engine.sim.scenario.Scenario.FaultSpec;
import io.holdfast.engine.sim.scenario.Scenario.WorkloadSpec;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads what a scenario says of a workload. */
final class WorkloadReader {
  private static final int MOST_ATTEMPTS = 1000;
  private final ScenarioNames names;

  WorkloadReader(ScenarioNames names) {
    this.names = names;
  }

  static Map<String, DesiredState> states() {
    SortedMap<String, DesiredState> states = new TreeMap<>();
    for (DesiredState state : DesiredState.values()) {
      states.put(state.name().toLowerCase(Locale.ROOT), state);
    }
    return states;
  }

  WorkloadSpec read(JsonField in) {
    in.object(
        "id",
        "host",
        "running",
        "desired",
        "failback",
        "maxRestarts",
        "maxRelocations",
        "priority",
        "demand",
        "load",
        "migration",
        "faults");
    WorkloadId id = names.newWorkload(in.required("id", "kind:name, such as vm:101"));
    boolean running = in.optional("running").map(JsonField::flag).orElse(false);
    if (running) {
      names.hostFor(in.required("host", "the host it runs on, because it is running"), id.kind());
    }
    Capacity demand = in.optional("demand").map(ScenarioNames::capacity).orElse(Capacity.NONE);
    return new WorkloadSpec(
        new Workload(
            id,
            new Priority(
                in.optional("priority")
                    .map(p -> (int) p.whole(Integer.MIN_VALUE, Integer.MAX_VALUE))
                    .orElse(0)),
            demand,
            in.optional("desired").map(d -> d.oneOf(states())).orElse(DesiredState.STARTED),
            running ? Origin.EXISTING : Origin.NEW,
            policy(in),
            Optional.empty()),
        in.optional("host").map(names::knownHost),
        running,
        in.optional("load").map(ScenarioNames::capacity).orElse(demand),
        in.optional("faults").map(this::faults).orElse(FaultSpec.NONE));
  }

  private static WorkloadPolicy policy(JsonField in) {
    RestartPolicy usual = RestartPolicy.DEFAULT;
    return WorkloadPolicy.DEFAULT.toBuilder()
        .restart(
            RestartPolicy.of(
                attempts(in, "maxRestarts", usual.maxRestarts()),
                usual.interval(),
                usual.window(),
                attempts(in, "maxRelocations", usual.maxRelocations())))
        .failback(in.optional("failback").map(JsonField::flag).orElse(true))
        .migration(
            in.optional("migration")
                .map(m -> m.oneOf(Map.of("live", Migration.LIVE, "cold", Migration.COLD)))
                .orElse(Migration.LIVE))
        .build();
  }

  private static int attempts(JsonField in, String name, int usual) {
    return in.optional(name).map(n -> (int) n.whole(0, MOST_ATTEMPTS)).orElse(usual);
  }

  private FaultSpec faults(JsonField in) {
    in.object("startFailures", "migrateFailures", "stopFails", "onlyOn");
    return new FaultSpec(
        attempts(in, "startFailures", 0),
        attempts(in, "migrateFailures", 0),
        in.optional("stopFails").map(JsonField::flag).orElse(false),
        in.optional("onlyOn").map(names::knownHost));
  }
}
