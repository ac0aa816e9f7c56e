package io.holdfast.engine.record;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.google.common.collect.Interner;
import com.google.common.collect.Interners;
import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import java.io.IOException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.function.Function;

/** The small values of the model as JSON text, and evidence with its type. */
public final class JsonValues {
  private JsonValues() {}

  /** Names the type of evidence in a field of its own. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Evidence.PoweredOff.class, name = "PoweredOff"),
    @JsonSubTypes.Type(value = Evidence.StorageFenced.class, name = "StorageFenced"),
    @JsonSubTypes.Type(value = Evidence.LeaseExpired.class, name = "LeaseExpired"),
    @JsonSubTypes.Type(value = Evidence.StoppedByHypervisor.class, name = "StoppedByHypervisor"),
    @JsonSubTypes.Type(value = Evidence.ConfirmedByOperator.class, name = "ConfirmedByOperator"),
    @JsonSubTypes.Type(value = Evidence.AssumedByPolicy.class, name = "AssumedByPolicy")
  })
  public interface EvidenceJson {}

  /** Names the type of a rule in a field of its own. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Rule.HostAffinity.class, name = "HostAffinity"),
    @JsonSubTypes.Type(value = Rule.WorkloadAffinity.class, name = "WorkloadAffinity")
  })
  public interface RuleJson {}

  /** Names what is asked for in a field of its own. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = WorkloadRequest.Action.Move.class, name = "Move"),
    @JsonSubTypes.Type(value = WorkloadRequest.Action.Relocate.class, name = "Relocate"),
    @JsonSubTypes.Type(value = WorkloadRequest.Action.Stop.class, name = "Stop"),
    @JsonSubTypes.Type(value = WorkloadRequest.Action.Cleanup.class, name = "Cleanup")
  })
  public interface ActionJson {}

  /** Reads and writes the values as text. */
  public static SimpleModule module() {
    SimpleModule values = new SimpleModule("holdfast-values");
    text(values, HostId.class, HostId::value, shared(HostId::new));
    text(values, WorkloadId.class, WorkloadId::toString, workloadIds());
    text(values, Incarnation.class, Incarnation::toString, shared(t -> new Incarnation(number(t))));
    text(values, Epoch.class, Epoch::toString, t -> new Epoch(number(t)));
    text(values, Priority.class, p -> Integer.toString(p.value()), shared(JsonValues::priority));
    text(
        values,
        Rule.Level.class,
        level -> Integer.toString(level.index()),
        t -> new Rule.Level(Math.toIntExact(number(t))));
    text(values, OpId.class, OpId::toString, JsonValues::opId);
    text(values, Duration.class, Duration::toString, shared(Duration::parse));
    values.setDeserializerModifier(new SharedValues());
    return values;
  }

  /** Equal ones become one: a cluster's records name the same things many times over. */
  private static <T> Function<String, T> shared(Function<String, T> read) {
    Interner<T> known = Interners.newWeakInterner();
    return text -> known.intern(read.apply(text));
  }

  /** All of a kind hold the one text that names it. */
  private static Function<String, WorkloadId> workloadIds() {
    Interner<String> kinds = Interners.newWeakInterner();
    return shared(
        text -> {
          WorkloadId id = WorkloadId.parse(text);
          return new WorkloadId(kinds.intern(id.kind()), id.name());
        });
  }

  private static OpId opId(String text) {
    int dot = text.indexOf('.');
    if (dot < 0) {
      throw new IllegalArgumentException("not an operation id: " + text);
    }
    return new OpId(number(text.substring(0, dot)), number(text.substring(dot + 1)));
  }

  private static Priority priority(String text) {
    return new Priority(Math.toIntExact(number(text)));
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a number: " + text, e);
    }
  }

  private static <T> void text(
      SimpleModule module, Class<T> type, Function<T, String> write, Function<String, T> read) {
    module.addSerializer(
        type,
        new JsonSerializer<>() {
          @Override
          public void serialize(T value, JsonGenerator out, SerializerProvider context)
              throws IOException {
            out.writeString(write.apply(value));
          }
        });
    module.addKeySerializer(
        type,
        new JsonSerializer<>() {
          @Override
          public void serialize(T value, JsonGenerator out, SerializerProvider context)
              throws IOException {
            out.writeFieldName(write.apply(value));
          }
        });
    module.addDeserializer(
        type,
        new JsonDeserializer<>() {
          @Override
          public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
            if (!in.hasToken(JsonToken.VALUE_STRING)) {
              throw new IllegalArgumentException("not a text");
            }
            return parse(in.getText());
          }

          private T parse(String value) {
            try {
              return read.apply(value);
            } catch (DateTimeParseException | ArithmeticException e) {
              throw new IllegalArgumentException("not a " + type.getSimpleName() + ": " + value, e);
            }
          }
        });
    module.addKeyDeserializer(
        type,
        new KeyDeserializer() {
          @Override
          public Object deserializeKey(String key, DeserializationContext context) {
            return read.apply(key);
          }
        });
  }
}
