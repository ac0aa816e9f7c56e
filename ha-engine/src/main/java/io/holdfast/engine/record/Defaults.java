package io.holdfast.engine.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableListMultimap;
import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Fields that records of an earlier version do not have, and what it means when they are missing.
 * They are not written while they say no more than that: so earlier versions read what later ones
 * write for as long as nothing new is used, and both can run during a rolling upgrade, whichever is
 * begun with. Every other field is required.
 */
final class Defaults {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final JsonNode NOTHING = JSON.nullNode();
  private static final JsonNode YES = JSON.booleanNode(true);
  private static final JsonNode NO = JSON.booleanNode(false);

  /** For all elements of a list or an object. */
  private static final String EACH = "*";

  /**
   * @param parents the way to the objects that have it
   */
  private record Field(List<String> parents, String name, JsonNode missing) {}

  private static final ImmutableListMultimap<Table, Field> FIELDS =
      ImmutableListMultimap.<Table, Field>builder()
          .put(Table.HOST, field("overcommit", JSON.objectNode(), "host"))
          .put(Table.FENCE, field("cut", JSON.arrayNode()))
          .put(Table.FENCE, field("aim", NOTHING))
          .put(Table.FENCE, field("pause", NOTHING))
          .put(Table.FENCE, field("level", NOTHING))
          .put(Table.FENCE, field("switchOnFailed", JSON.numberNode(0)))
          .put(Table.REPORT, field("facts", JSON.objectNode()))
          .put(Table.REPORT, field("leaving", NOTHING))
          .put(Table.REPORT, field("again", NO))
          .put(Table.REPORT, field("paused", NO, "assigned", EACH))
          .put(Table.INTENT, field("parting", NOTHING))
          .put(Table.INTENT, field("disarmed", NO))
          .put(Table.INTENT, field("conditions", JSON.arrayNode(), "entries", EACH))
          .put(Table.INTENT, field("probe", NOTHING, "entries", EACH))
          .put(Table.WORKLOAD, field("probe", NOTHING, "workload", "policy"))
          .put(Table.PLACEMENT, field("evened", NO))
          .put(Table.WORKLOAD, field("failover", YES, "workload", "policy"))
          .put(
              Table.WORKLOAD,
              field(
                  "failbackAfter",
                  text(WorkloadPolicy.DEFAULT.failbackAfter()),
                  "workload",
                  "policy"))
          .put(Table.PLACEMENT, field("evacuates", NO, "move"))
          .put(Table.PLACEMENT, field("movesFailed", JSON.numberNode(0), "trials"))
          .put(
              Table.CLUSTER,
              field("isolationLimit", text(ClusterPolicy.DEFAULT.isolationLimit()), "policy"))
          .put(
              Table.CLUSTER,
              field(
                  "movesPerHost", JSON.numberNode(ClusterPolicy.DEFAULT.movesPerHost()), "policy"))
          .put(Table.CLUSTER, field("quorum", text(ClusterPolicy.DEFAULT.quorum()), "policy"))
          .put(Table.CLUSTER, field("admission", admission(AdmissionPolicy.DEFAULT), "policy"))
          .build();

  private Defaults() {}

  /** Has a record that was read say what its version did not have to. */
  static void fillIn(Key key, ObjectNode record) {
    forEach(
        key,
        record,
        (object, field) -> {
          if (!object.has(field.name())) {
            object.set(field.name(), field.missing().deepCopy());
          }
        });
  }

  /** Takes from a record that is about to be written what goes without saying. */
  static void leaveOut(Key key, ObjectNode record) {
    forEach(
        key,
        record,
        (object, field) -> {
          if (field.missing().equals(object.get(field.name()))) {
            object.remove(field.name());
          }
        });
  }

  private static void forEach(Key key, ObjectNode record, BiConsumer<ObjectNode, Field> change) {
    if (HostReturns.hostOf(key).isPresent()) {
      return; // every version that has it has all of it
    }
    for (Field field : FIELDS.get(key.table())) {
      descend(record, field, 0, change);
    }
  }

  private static void descend(
      JsonNode node, Field field, int depth, BiConsumer<ObjectNode, Field> change) {
    if (depth < field.parents().size()) {
      String step = field.parents().get(depth);
      Iterable<JsonNode> below = step.equals(EACH) ? node : List.of(node.path(step));
      below.forEach(child -> descend(child, field, depth + 1, change));
    } else if (node instanceof ObjectNode object) {
      change.accept(object, field);
    }
  }

  private static Field field(String name, JsonNode missing, String... parents) {
    return new Field(List.of(parents), name, missing);
  }

  private static JsonNode admission(AdmissionPolicy policy) {
    return JSON.objectNode()
        .put("action", policy.action().name())
        .put("failures", policy.failures())
        .put("level", Integer.toString(policy.level().index()));
  }

  private static JsonNode text(Object value) {
    return JSON.textNode(value.toString());
  }
}
