package io.holdfast.engine.sim;

import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.record.StateRecord;
import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A hash of values by all that they are made of, and of nothing else: it is the same in every JVM.
 * What is a record counts with each of its components, so that no text has to be made of it.
 */
final class SimDigest {
  private static final long FNV_PRIME = 0x100000001b3L;
  private static final int OPEN = 1;
  private static final int CLOSE = 2;

  /** Takes in the values of one class. */
  private interface Intake {
    void take(SimDigest digest, Object value);
  }

  private static final ClassValue<Intake> INTAKES =
      new ClassValue<>() {
        @Override
        protected Intake computeValue(Class<?> type) {
          return intakeOf(type);
        }
      };

  private final RecordCodec codec;
  private long hash = 0xcbf29ce484222325L;

  /**
   * @param codec that remembers the texts of records
   */
  SimDigest(RecordCodec codec) {
    this.codec = codec;
  }

  long value() {
    return hash;
  }

  void mix(long value) {
    hash = (hash ^ value) * FNV_PRIME;
    hash ^= hash >>> 29; // the product alone carries nothing downwards
  }

  /** Takes a value in: a record, or whatever records are made of. */
  void mix(@Nullable Object value) {
    if (value == null) {
      mix(0L);
    } else if (value instanceof String text) {
      mix(text);
    } else {
      INTAKES.get(value.getClass()).take(this, value);
    }
  }

  void mix(String text) {
    mix((long) text.hashCode());
  }

  private static Intake intakeOf(Class<?> type) {
    if (type == Duration.class) {
      return (digest, value) -> digest.mix(value.hashCode());
    }
    if (Number.class.isAssignableFrom(type)) {
      return (digest, value) -> digest.mix(((Number) value).longValue());
    }
    if (Enum.class.isAssignableFrom(type)) {
      return (digest, value) -> digest.mix(((Enum<?>) value).name().hashCode());
    }
    if (type == Optional.class) {
      return (digest, value) -> {
        digest.mix(((Optional<?>) value).isPresent() ? OPEN : CLOSE);
        ((Optional<?>) value).ifPresent(digest::mix);
      };
    }
    if (Collection.class.isAssignableFrom(type)) {
      return (digest, value) -> digest.mixAll((Collection<?>) value);
    }
    if (Map.class.isAssignableFrom(type)) {
      return (digest, value) -> digest.mixAll((Map<?, ?>) value);
    }
    if (StateRecord.class.isAssignableFrom(type) && type != StateRecord.Unreadable.class) {
      // The text is made once, and is needed to store the record.
      return (digest, value) -> digest.mix(digest.codec.encode((StateRecord) value).hashCode());
    }
    return type.isRecord()
        ? recordIntake(type)
        : (digest, value) -> digest.mix(value.toString().hashCode());
  }

  private void mixAll(Collection<?> values) {
    mix(OPEN);
    for (Object value : values) {
      mix(value);
    }
    mix(CLOSE);
  }

  private void mixAll(Map<?, ?> values) {
    mix(OPEN);
    values.forEach(
        (key, value) -> {
          mix(key);
          mix(value);
        });
    mix(CLOSE);
  }

  private static Intake recordIntake(Class<?> type) {
    long name = type.getName().hashCode();
    Intake[] components =
        Stream.of(type.getRecordComponents())
            .map(RecordComponent::getAccessor)
            .map(SimDigest::componentIntake)
            .toArray(Intake[]::new);
    return (digest, value) -> {
      digest.mix(name);
      for (Intake component : components) {
        component.take(digest, value);
      }
    };
  }

  @SuppressWarnings("unchecked")
  private static Intake componentIntake(Method accessor) {
    if (accessor.getReturnType() == long.class) {
      ToLongFunction<Object> read =
          (ToLongFunction<Object>)
              reader(accessor, ToLongFunction.class, "applyAsLong", long.class);
      return (digest, value) -> digest.mix(read.applyAsLong(value));
    }
    Function<Object, @Nullable Object> read =
        (Function<Object, @Nullable Object>)
            reader(accessor, Function.class, "apply", Object.class);
    return (digest, value) -> digest.mix(read.apply(value));
  }

  /** Calls the accessor as fast as written code does: a run reads millions of components. */
  private static Object reader(Method accessor, Class<?> as, String method, Class<?> result) {
    Class<?> type = accessor.getDeclaringClass();
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      if (type.getModule().equals(SimDigest.class.getModule())) {
        lookup = MethodHandles.privateLookupIn(type, lookup);
      }
      MethodHandle handle = lookup.unreflect(accessor);
      MethodType dynamic = result.isPrimitive() ? handle.type() : handle.type().wrap();
      return LambdaMetafactory.metafactory(
              lookup,
              method,
              MethodType.methodType(as),
              MethodType.methodType(result, Object.class),
              handle,
              dynamic)
          .getTarget()
          .invoke();
    } catch (Throwable e) { // what is called by a handle may throw anything
      throw new IllegalStateException("cannot read " + accessor, e);
    }
  }
}
