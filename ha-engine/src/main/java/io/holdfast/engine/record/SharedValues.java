package io.holdfast.engine.record;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.google.common.collect.Interner;
import com.google.common.collect.Interners;
import io.holdfast.api.Capacity;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.WorkloadPolicy;
import java.io.IOException;

/**
 * Equal policies and demands are read as one object: hundreds of thousands of workloads have a
 * handful of them, and each would be many objects.
 */
final class SharedValues extends BeanDeserializerModifier {
  private static final long serialVersionUID = 1;

  @Override
  public JsonDeserializer<?> modifyDeserializer(
      DeserializationConfig config, BeanDescription type, JsonDeserializer<?> deserializer) {
    return isShared(type.getBeanClass())
        ? new Shared(deserializer, Interners.newWeakInterner())
        : deserializer;
  }

  private static boolean isShared(Class<?> type) {
    return type == Capacity.class
        || type == RestartPolicy.class
        || type == WorkloadPolicy.class
        || type == Placement.Trials.class;
  }

  private static final class Shared extends DelegatingDeserializer {
    private static final long serialVersionUID = 1;
    private final transient Interner<Object> known;

    Shared(JsonDeserializer<?> read, Interner<Object> known) {
      super(read);
      this.known = known;
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> read) {
      return new Shared(read, known);
    }

    @Override
    public Object deserialize(JsonParser in, DeserializationContext context) throws IOException {
      return known.intern(super.deserialize(in, context));
    }
  }
}
