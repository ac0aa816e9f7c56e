package io.holdfast.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.planning.Objection;
import java.util.List;

/** What hosts object to, for programs. */
final class ObjectionJson {
  private ObjectionJson() {}

  static ArrayNode of(List<Objection> objections) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (Objection objection : objections) {
      ObjectNode json = all.addObject().put("code", PlanText.code(objection.code()));
      objection.rule().ifPresent(rule -> json.put("rule", rule));
      add(json, objection);
    }
    return all;
  }

  private static void add(ObjectNode json, Objection objection) {
    if (objection instanceof Objection.Unavailable one) {
      json.put("state", PlanText.code(one.state()));
    } else if (objection instanceof Objection.OtherKinds one) {
      json.put("kind", one.wanted());
    } else if (objection instanceof Objection.LabelMissing one) {
      json.put("label", one.label()).put("wanted", one.wanted());
      one.has().ifPresent(has -> json.put("has", has));
    } else if (objection instanceof Objection.ConditionUnmet one) {
      json.put("condition", one.condition());
    } else if (objection instanceof Objection.KeptApart one) {
      add(json, one.level(), one.others());
    } else if (objection instanceof Objection.WantedWith one) {
      add(json, one.level(), one.others());
    } else if (objection instanceof Objection.NoRoom one) {
      json.put("dimension", one.dimension()).put("needed", one.needed()).put("free", one.free());
      json.put("limit", one.limit()).put("promised", one.promised()).put("missing", one.missing());
    }
  }

  private static void add(ObjectNode json, Rule.Level level, List<WorkloadId> others) {
    json.put("level", level.toString());
    ArrayNode ids = json.putArray("others");
    others.forEach(id -> ids.add(id.toString()));
  }
}
