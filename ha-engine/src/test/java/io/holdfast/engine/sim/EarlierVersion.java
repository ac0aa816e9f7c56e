package io.holdfast.engine.sim;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostReturns;
import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.record.StateRecord;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Records as an earlier version writes and reads them: without the fields that came later, and
 * refusing each record that has one. What is to be fenced, and what cuts it off, it does write: a
 * core of a version that knew nothing of that acted otherwise than the one that is played here.
 */
final class EarlierVersion extends RecordCodec {
  /** Fields that came after the first version. */
  static final SortedMap<Table, List<String>> LATER =
      new TreeMap<>(
          Map.of(
              Table.HOST, List.of("overcommit"),
              Table.FENCE, List.of("cut", "aim", "pause", "level", "switchOnFailed"),
              Table.REPORT, List.of("leaving", "again", "paused"), // these hosts do have facts
              Table.INTENT, List.of("parting", "conditions", "probe", "disarmed"),
              Table.WORKLOAD, List.of("probe", "failbackAfter", "failover"),
              Table.PLACEMENT, List.of("evacuates", "movesFailed", "evened"),
              Table.CLUSTER, List.of("isolationLimit", "movesPerHost", "quorum", "admission")));

  private static final List<String> ALWAYS_WRITTEN = List.of("cut", "aim");

  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public String encode(StateRecord record) {
    JsonNode json = parse(super.encode(record));
    for (String field : later(record.key().table())) {
      removeFrom(json, field);
    }
    return json.toString();
  }

  private static void removeFrom(JsonNode json, String field) {
    if (json instanceof ObjectNode object) {
      object.remove(field);
    }
    json.forEach(child -> removeFrom(child, field));
  }

  @Override
  public StateRecord decode(Stored stored) {
    JsonNode json = parse(stored.value());
    Optional<String> unknown =
        later(stored.key().table()).stream()
            .filter(field -> json.findValue(field) != null)
            .findFirst();
    return unknown
        .map(field -> "unknown field " + field)
        .or(() -> laterMode(stored.key().table(), json))
        .or(() -> HostReturns.hostOf(stored.key()).map(host -> "unknown field returns"))
        .<StateRecord>map(why -> new StateRecord.Unreadable(stored.key(), why))
        .orElseGet(() -> super.decode(stored));
  }

  /** A value that it does not know is refused like a field. */
  private static Optional<String> laterMode(Table table, JsonNode json) {
    boolean later =
        table == Table.CLUSTER && json.at("/policy/placement").asText().equals("PACKED");
    return later ? Optional.of("missing or of the wrong type: policy.placement") : Optional.empty();
  }

  private static List<String> later(Table table) {
    return LATER.getOrDefault(table, List.of()).stream()
        .filter(field -> !ALWAYS_WRITTEN.contains(field))
        .toList();
  }

  private static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(text, e);
    }
  }
}
