package io.holdfast.engine.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.holdfast.api.Evidence;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Stored;

/**
 * Turns records into JSON and back. Strict: an unknown field, a missing one or an unknown format
 * makes a record {@link StateRecord.Unreadable}, never a guess. Safe for use by several threads.
 */
public final class RecordCodec {
  /** Written into every record; a record with a greater number was written by a newer version. */
  public static final int FORMAT = 1;

  private static final String FORMAT_FIELD = "format";

  private final JsonMapper mapper;

  public RecordCodec() {
    mapper =
        JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(JsonValues.module())
            .addMixIn(Evidence.class, JsonValues.EvidenceJson.class)
            .addMixIn(StateRecord.class, RecordJson.class)
            .enable(
                DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
  }

  /** The key is where a record is kept, not part of it. */
  interface RecordJson {
    @com.fasterxml.jackson.annotation.JsonIgnore
    Key key();
  }

  /** The JSON of a record. */
  public String encode(StateRecord record) {
    if (record instanceof StateRecord.Unreadable unreadable) {
      throw new IllegalArgumentException("unreadable record is never written: " + unreadable.key());
    }
    ObjectNode json = mapper.valueToTree(record);
    ObjectNode stamped = mapper.createObjectNode();
    stamped.put(FORMAT_FIELD, FORMAT);
    stamped.setAll(json);
    return stamped.toString();
  }

  /** The record, or {@link StateRecord.Unreadable} with the reason. */
  public StateRecord decode(Stored stored) {
    Key key = stored.key();
    try {
      JsonNode json = mapper.readTree(stored.value());
      if (!(json instanceof ObjectNode object)) {
        return unreadable(key, "not a JSON object");
      }
      JsonNode format = object.remove(FORMAT_FIELD);
      if (format == null || !format.isInt() || format.intValue() != FORMAT) {
        return unreadable(key, "format " + format + ", this version reads " + FORMAT);
      }
      StateRecord record = mapper.treeToValue(object, typeOf(key));
      if (!record.key().equals(key)) {
        return unreadable(key, "holds the record of " + record.key());
      }
      return record;
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return unreadable(key, firstLine(e));
    }
  }

  private static Class<? extends StateRecord> typeOf(Key key) {
    return switch (key.table()) {
      case HOST -> StateRecord.HostConfig.class;
      case WORKLOAD -> StateRecord.WorkloadConfig.class;
      case DEFINITION -> StateRecord.WorkloadDefinition.class;
      case PLACEMENT -> Placement.class;
      case INTENT -> HostIntent.class;
      case REPORT -> HostReport.class;
      case FENCE -> FenceRecord.class;
    };
  }

  private static StateRecord unreadable(Key key, String reason) {
    return new StateRecord.Unreadable(key, reason);
  }

  // Only the first line: what follows may quote the record, and a definition may hold secrets.
  private static String firstLine(Exception e) {
    String message =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    return String.valueOf(message).lines().findFirst().orElse(e.getClass().getSimpleName());
  }
}
