package io.holdfast.engine.record;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MutableCoercionConfig;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.holdfast.api.Evidence;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Rule;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns records into JSON and back. Strict: an unknown field, a missing one (but for {@link
 * Defaults}) or an unknown format makes a record {@link StateRecord.Unreadable}, never a guess.
 * Safe for use by several threads.
 */
public class RecordCodec {
  /**
   * Written into every record; a record with a greater number was written by a newer version, and
   * means something that this one cannot know.
   */
  public static final int FORMAT = 1;

  private static final String FORMAT_FIELD = "format";
  private static final int MOST_QUOTED = 200;

  private final JsonMapper mapper;

  public RecordCodec() {
    mapper =
        JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addModule(JsonValues.module())
            .addMixIn(Evidence.class, JsonValues.EvidenceJson.class)
            .addMixIn(Rule.class, JsonValues.RuleJson.class)
            .addMixIn(WorkloadRequest.Action.class, JsonValues.ActionJson.class)
            .addMixIn(StateRecord.class, RecordJson.class)
            .enable(
                DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS,
                DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY,
                DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(LogicalType.Textual, RecordCodec::onlyStrings)
            .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
            .build();
  }

  /** One that shares what the other has learnt of the records' classes, which takes a while. */
  protected RecordCodec(RecordCodec other) {
    mapper = other.mapper;
  }

  private static void onlyStrings(MutableCoercionConfig text) {
    text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
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
    try {
      ObjectNode fields = mapper.valueToTree(record);
      Defaults.leaveOut(record.key(), fields);
      ObjectNode json = mapper.createObjectNode().put(FORMAT_FIELD, FORMAT);
      return mapper.writeValueAsString(json.setAll(fields));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("record " + record.key() + " cannot be written", e);
    }
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
        return unreadable(key, "%s, this version reads format %d".formatted(named(format), FORMAT));
      }
      Defaults.fillIn(key, object);
      StateRecord record = mapper.treeToValue(object, typeOf(key));
      if (!record.key().equals(key)) {
        return unreadable(key, "holds the record of " + record.key());
      }
      return record;
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return unreadable(key, reason(key, e));
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
      case FENCE -> HostReturns.hostOf(key).isPresent() ? HostReturns.class : FenceRecord.class;
      case CLUSTER -> StateRecord.ClusterConfig.class;
      case RULE -> StateRecord.RuleConfig.class;
      case DIRECTIVE -> HostDirective.class;
      case REQUEST -> WorkloadRequest.class;
    };
  }

  private static StateRecord unreadable(Key key, String reason) {
    return new StateRecord.Unreadable(key, reason);
  }

  private static String named(@Nullable JsonNode format) {
    return format != null && format.isInt() ? "format " + format : "without a format number";
  }

  /**
   * One line in words of our own: those of the parser quote the record, and a definition may hold
   * secrets. What a constructor refused is quoted, but never of a definition.
   */
  private static String reason(Key key, Exception e) {
    if (!(e instanceof JsonMappingException mapping)) {
      return e instanceof JsonProcessingException json
          ? "not JSON" + place(json.getLocation())
          : refused(key, e);
    }
    String field = key.table() == Table.DEFINITION ? "" : pathOf(mapping);
    if (e instanceof UnrecognizedPropertyException) {
      return "unknown field" + field;
    }
    if (mapping.getCause() instanceof IllegalArgumentException cause) {
      return "field" + field + ": " + refused(key, cause);
    }
    return field.isEmpty()
        ? "not one JSON object with the fields of its kind, each once"
        : "missing or of the wrong type:" + field;
  }

  private static String refused(Key key, Exception e) {
    return key.table() == Table.DEFINITION || !(e instanceof InvalidConfigException)
        ? "a value that is not allowed"
        : oneLine(String.valueOf(e.getMessage()));
  }

  private static String place(@Nullable JsonLocation at) {
    return at == null ? "" : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
  }

  private static String pathOf(JsonMappingException e) {
    String path =
        e.getPath().stream()
            .map(step -> step.getFieldName() == null ? "[]" : step.getFieldName())
            .collect(Collectors.joining("."));
    return path.isEmpty() ? "" : " " + oneLine(path);
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= MOST_QUOTED ? line : line.substring(0, MOST_QUOTED) + "...";
  }
}
