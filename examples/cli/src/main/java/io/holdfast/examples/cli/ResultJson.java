package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.HostId;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What came of a scenario, as JSON. */
final class ResultJson {
  private ResultJson() {}

  static String text(ScenarioResult result) {
    return document(result).toPrettyString();
  }

  static ObjectNode document(ScenarioResult result) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", result.name());
    ObjectNode workloads = json.putObject("workloads");
    result
        .workloads()
        .forEach(
            (id, outcome) -> {
              ObjectNode workload = workloads.putObject(id.toString());
              workload.put("status", outcome.status());
              workload.put("host", outcome.host().map(HostId::value).orElse(null));
              names(workload.putArray("running"), outcome.running());
              workload.put("reason", blankAsNull(outcome.reason()));
            });
    ObjectNode hosts = json.putObject("hosts");
    result
        .hosts()
        .forEach(
            (id, outcome) ->
                hosts
                    .putObject(id.value())
                    .put("state", outcome.state().name())
                    .put("power", outcome.power()));
    happened(json, result);
    ArrayNode errors = json.putArray("errors");
    result.errors().forEach(errors::add);
    ArrayNode violations = json.putArray("violations");
    result.violations().forEach(violations::add);
    json.put("events", result.events());
    json.put("trace", result.trace());
    return json;
  }

  private static void happened(ObjectNode json, ScenarioResult result) {
    ArrayNode fenced = json.putArray("fenced");
    result
        .fenced()
        .forEach(
            f ->
                fenced
                    .addObject()
                    .put("at", seconds(f.at()))
                    .put("host", f.host().value())
                    .put("evidence", f.evidence())
                    .put("device", f.device().orElse(null)));
    ArrayNode recoveries = json.putArray("recoveries");
    result
        .recoveries()
        .forEach(
            r ->
                recoveries
                    .addObject()
                    .put("at", seconds(r.at()))
                    .put("workload", r.workload().toString())
                    .put("from", r.from().value())
                    .put("to", r.to().value())
                    .put("outage", seconds(r.outage())));
    ArrayNode moves = json.putArray("moves");
    result
        .moves()
        .forEach(
            m ->
                moves
                    .addObject()
                    .put("at", seconds(m.at()))
                    .put("workload", m.workload().toString())
                    .put("from", m.from().value())
                    .put("to", m.to().value())
                    .put("kind", m.live() ? "live" : "cold"));
    ArrayNode selfFenced = json.putArray("selfFenced");
    result
        .selfFenced()
        .forEach(
            s -> selfFenced.addObject().put("at", seconds(s.at())).put("host", s.host().value()));
  }

  private static void names(ArrayNode array, List<HostId> hosts) {
    hosts.forEach(host -> array.add(host.value()));
  }

  static BigDecimal seconds(Duration time) {
    return BigDecimal.valueOf(time.toNanos(), 9).setScale(3, RoundingMode.HALF_UP);
  }

  private static @Nullable String blankAsNull(String text) {
    return text.isBlank() ? null : text;
  }
}
