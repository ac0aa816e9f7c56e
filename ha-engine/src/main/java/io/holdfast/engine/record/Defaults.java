package io.holdfast.engine.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.spi.StateStore.Table;

/**
 * What fields mean that records of an earlier version do not have yet: during a rolling upgrade
 * both are written. Every other field is required.
 */
final class Defaults {
  private Defaults() {}

  static void fillIn(Table table, ObjectNode record) {
    switch (table) {
      case FENCE -> {
        array(record, "cut");
        nothing(record, "aim");
      }
      case REPORT -> {
        object(record, "facts");
        nothing(record, "leaving");
        eachOf(record, "assigned").forEach(entry -> no(entry, "paused"));
      }
      case INTENT -> {
        nothing(record, "parting");
        for (JsonNode entry : eachOf(record, "entries")) {
          array(entry, "conditions");
          nothing(entry, "probe");
        }
      }
      case WORKLOAD -> nothing(record.path("workload").path("policy"), "probe");
      case CLUSTER -> {
        number(record.path("policy"), "movesPerHost", ClusterPolicy.DEFAULT.movesPerHost());
        text(record.path("policy"), "isolationLimit", ClusterPolicy.DEFAULT.isolationLimit());
        text(record.path("policy"), "quorum", ClusterPolicy.DEFAULT.quorum());
      }
      case PLACEMENT -> {
        no(record.path("move"), "evacuates");
        number(record.path("trials"), "movesFailed", 0);
      }
      case HOST, DEFINITION, RULE, DIRECTIVE, REQUEST -> {}
    }
  }

  private static Iterable<JsonNode> eachOf(ObjectNode record, String field) {
    return record.path(field);
  }

  private static void text(JsonNode node, String field, Object value) {
    if (node instanceof ObjectNode object && !object.has(field)) {
      object.put(field, value.toString());
    }
  }

  private static void number(JsonNode node, String field, int value) {
    if (node instanceof ObjectNode object && !object.has(field)) {
      object.put(field, value);
    }
  }

  private static void no(JsonNode node, String field) {
    if (node instanceof ObjectNode object && !object.has(field)) {
      object.put(field, false);
    }
  }

  private static void nothing(JsonNode node, String field) {
    if (node instanceof ObjectNode object && !object.has(field)) {
      object.putNull(field);
    }
  }

  private static void object(JsonNode node, String field) {
    if (node instanceof ObjectNode object && !object.has(field)) {
      object.putObject(field);
    }
  }

  private static void array(JsonNode node, String field) {
    if (node instanceof ObjectNode object && !object.has(field)) {
      object.putArray(field);
    }
  }
}
