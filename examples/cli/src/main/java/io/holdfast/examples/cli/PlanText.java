package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.Why;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A plan, for people and for programs. */
final class PlanText {
  private PlanText() {}

  static String json(Plan plan, double millis) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode placed = json.putArray("placed");
    for (Plan.Placed one : plan.placed()) {
      ObjectNode entry = placed.addObject();
      entry.put("workload", one.workload().toString()).put("host", one.host().value());
      reasons(entry, one.reasons());
    }
    ArrayNode moved = json.putArray("moved");
    for (Plan.Moved one : plan.moved()) {
      ObjectNode entry = moved.addObject();
      entry.put("workload", one.workload().toString());
      entry.put("from", one.from().value()).put("to", one.to().value());
      reasons(entry, one.reasons());
    }
    ArrayNode evicted = json.putArray("evicted");
    for (Plan.Evicted one : plan.evicted()) {
      ObjectNode entry = evicted.addObject();
      entry.put("workload", one.workload().toString()).put("host", one.host().value());
      reasons(entry, one.reasons());
    }
    unplaced(json.putArray("unplaced"), plan);
    ArrayNode steps = json.putArray("steps");
    plan.steps().forEach(step -> step(steps.addObject(), step));
    json.put("value", plan.value());
    json.put("price", plan.price());
    json.put("upperBound", plan.upperBound());
    json.put("lost", plan.lost());
    json.put("optimal", plan.optimal());
    json.put("millis", BigDecimal.valueOf(millis).setScale(3, RoundingMode.HALF_UP));
    return json.toString();
  }

  private static void reasons(ObjectNode entry, List<Why> whys) {
    ArrayNode reasons = entry.putArray("reasons");
    whys.forEach(
        why -> reasons.addObject().put("code", code(why.code())).put("detail", why.detail()));
  }

  private static void unplaced(ArrayNode json, Plan plan) {
    for (Plan.Unplaced one : plan.unplaced()) {
      ObjectNode entry = json.addObject();
      entry.put("workload", one.workload().toString());
      ArrayNode reasons = entry.putArray("reasons");
      for (Plan.Refused reason : one.reasons()) {
        reasons
            .addObject()
            .put("host", reason.host().value())
            .put("code", code(reason.code()))
            .put("detail", reason.detail())
            .put("change", reason.change())
            .set("objections", ObjectionJson.of(reason.objections()));
      }
    }
  }

  /** A constant's name as it stands in documents. */
  static String code(Enum<?> code) {
    return code.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static void step(ObjectNode json, Plan.Step step) {
    String workload = step.workload().toString();
    if (step instanceof Plan.Step.Start start) {
      json.put("do", "start").put("workload", workload).put("host", start.host().value());
    } else if (step instanceof Plan.Step.Move move) {
      json.put("do", "move").put("workload", workload);
      json.put("from", move.from().value()).put("to", move.to().value());
    } else if (step instanceof Plan.Step.Stop stop) {
      json.put("do", "stop").put("workload", workload).put("host", stop.host().value());
    }
    ArrayNode after = json.putArray("after");
    step.after().forEach(after::add);
  }

  static List<String> lines(Plan plan, double millis) {
    List<String> lines = new ArrayList<>();
    SortedMap<WorkloadId, List<Why>> reasons = new TreeMap<>();
    plan.placed().forEach(one -> reasons.put(one.workload(), one.reasons()));
    plan.moved().forEach(one -> reasons.put(one.workload(), one.reasons()));
    plan.evicted().forEach(one -> reasons.put(one.workload(), one.reasons()));
    for (int i = 0; i < plan.steps().size(); i++) {
      Plan.Step step = plan.steps().get(i);
      lines.add("%d. %s%s".formatted(i, words(step), after(step)));
      List<Why> whys = reasons.remove(step.workload()); // told once, with its first step
      if (whys != null && !whys.isEmpty()) {
        lines.add("   " + whys.stream().map(Why::detail).collect(Collectors.joining("; ")));
      }
    }
    for (Plan.Unplaced one : plan.unplaced()) {
      lines.add(one.workload() + " has no host:");
      for (Plan.Refused reason : one.reasons()) {
        lines.add("  " + reason.describe());
      }
    }
    lines.add("%s; %.1f ms".formatted(outcome(plan), millis));
    return lines;
  }

  /** One line. */
  static String outcome(Plan plan) {
    return "%d placed, %d moved, %d evicted, %d without a host; value %d of %d lost%s, %s"
        .formatted(
            plan.placed().size(),
            plan.moved().size(),
            plan.evicted().size(),
            plan.unplaced().size(),
            plan.value(),
            plan.lost(),
            plan.price() > 0 ? " at a price of " + plan.price() : "",
            plan.optimal() ? "proven the best" : most(plan));
  }

  private static String most(Plan plan) {
    String most = "at most " + plan.upperBound();
    return plan.price() > 0 ? most + " with the price taken off" : most;
  }

  static String words(Plan.Step step) {
    if (step instanceof Plan.Step.Start start) {
      return "start %s on %s".formatted(start.workload(), start.host());
    }
    if (step instanceof Plan.Step.Move move) {
      return "move %s from %s to %s".formatted(move.workload(), move.from(), move.to());
    }
    return "stop %s".formatted(step.workload());
  }

  static String after(Plan.Step step) {
    return step.after().isEmpty() ? "" : ", after " + step.after();
  }
}
