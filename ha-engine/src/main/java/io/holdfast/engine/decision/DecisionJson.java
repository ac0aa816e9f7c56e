package io.holdfast.engine.decision;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.holdfast.engine.core.ControllerConfig;
import io.holdfast.engine.core.ControllerEvent;
import io.holdfast.engine.record.JsonValues;
import io.holdfast.engine.record.StateRecord;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lines of a decision log. A value of a sealed type carries the name of its own type. */
public final class DecisionJson {
  public static final String LOG = "decisions";
  public static final String CONFIG = "config";
  public static final String RECORD = "record";
  public static final String STEP = "step";
  public static final String EVENT = "event";
  public static final String DECIDED = "decided";

  /** Of the configuration; where it is missing there is none. */
  private static final String PREFERENCE = "preference";

  private final JsonMapper mapper =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(JsonValues.module())
          .annotationIntrospector(new SealedTypes())
          // A record's components are all there is to a value.
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  public String begin(ControllerConfig config) {
    ObjectNode line = mapper.createObjectNode();
    line.put(LOG, DecisionLog.FORMAT);
    ObjectNode fields = mapper.valueToTree(config);
    if (config.preference().isEmpty()) {
      fields.remove(PREFERENCE); // as it has always been written
    }
    line.set(CONFIG, fields);
    return line.toString();
  }

  public String record(StateRecord record) {
    if (record instanceof StateRecord.WorkloadDefinition) {
      throw new IllegalArgumentException("a definition may hold secrets: " + record.key());
    }
    return "{\"" + RECORD + "\":" + text(StateRecord.class, record) + "}";
  }

  public String step(long step, ControllerEvent event, String decided) {
    return "{\"%s\":%d,\"%s\":%s,\"%s\":\"%s\"}"
        .formatted(STEP, step, EVENT, text(ControllerEvent.class, event), DECIDED, decided);
  }

  private String text(Class<?> type, Object value) {
    try {
      return mapper.writerFor(type).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot be written: " + value, e);
    }
  }

  /**
   * @throws IllegalArgumentException if it is not a JSON object
   */
  public ObjectNode line(String text) {
    JsonNode line = read(JsonNode.class, text);
    if (!(line instanceof ObjectNode object)) {
      throw new IllegalArgumentException("not a JSON object");
    }
    return object;
  }

  public ControllerConfig config(JsonNode json) {
    JsonNode whole = json.deepCopy();
    if (whole instanceof ObjectNode fields && !fields.has(PREFERENCE)) {
      fields.putNull(PREFERENCE);
    }
    return read(ControllerConfig.class, whole.toString());
  }

  public StateRecord record(JsonNode json) {
    return read(StateRecord.class, json.toString());
  }

  public ControllerEvent event(JsonNode json) {
    return read(ControllerEvent.class, json.toString());
  }

  private <T> T read(Class<T> type, String text) {
    try {
      T value = mapper.readValue(text, type);
      if (value == null) {
        throw new IllegalArgumentException("null");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(String.valueOf(e.getOriginalMessage()), e);
    }
  }

  /** What a sealed interface permits is all there is to be told apart. */
  private static final class SealedTypes extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public JsonTypeInfo.@Nullable Value findPolymorphicTypeInfo(
        MapperConfig<?> config, Annotated annotated) {
      return isSealed(annotated.getRawType())
          ? JsonTypeInfo.Value.construct(
              JsonTypeInfo.Id.NAME, JsonTypeInfo.As.PROPERTY, "type", null, false, null, null)
          : null;
    }

    @Override
    public @Nullable List<NamedType> findSubtypes(Annotated annotated) {
      if (!isSealed(annotated.getRawType())) {
        return null;
      }
      List<NamedType> types = new ArrayList<>();
      for (Class<?> permitted : annotated.getRawType().getPermittedSubclasses()) {
        types.add(new NamedType(permitted, permitted.getSimpleName()));
      }
      return types;
    }

    private static boolean isSealed(Class<?> type) {
      return type.isSealed() && type.getName().startsWith("io.holdfast.");
    }
  }
}
