package io.holdfast.engine.sim;

import io.holdfast.engine.record.RecordCodec;
import io.holdfast.engine.record.StateRecord;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A hash of values by all that they are made of, and of nothing else: it is the same in every JVM.
 * What is a record counts with each of its components, so that no text has to be made of it.
 */
final class SimDigest {
  private static final long FNV_PRIME = 0x100000001b3L;
  private static final int OPEN = 1;
  private static final int CLOSE = 2;

  private static final MethodHandle MIX_LONG;
  private static final MethodHandle MIX_ANY;
  private static final MethodHandle IS_THERE;

  static {
    MethodHandles.Lookup here = MethodHandles.lookup();
    try {
      MIX_LONG =
          here.findVirtual(SimDigest.class, "mix", MethodType.methodType(void.class, long.class));
      MIX_ANY =
          here.findVirtual(SimDigest.class, "mix", MethodType.methodType(void.class, Object.class));
      IS_THERE =
          here.findStatic(
              Objects.class, "nonNull", MethodType.methodType(boolean.class, Object.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

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

  /** One handle reads all of it, as fast as written code does: a run reads millions of records. */
  private static Intake recordIntake(Class<?> type) {
    MethodHandle whole =
        recordHandle(type).asType(MethodType.methodType(void.class, SimDigest.class, Object.class));
    return (digest, value) -> {
      try {
        whole.invokeExact(digest, value);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) { // what is called by a handle may throw anything
        throw new IllegalStateException("cannot read " + type, e);
      }
    };
  }

  /** Takes in a digest and one of this class: its name, then its components in their order. */
  private static MethodHandle recordHandle(Class<?> type) {
    MethodHandle whole =
        MethodHandles.dropArguments(
            MethodHandles.empty(MethodType.methodType(void.class, SimDigest.class)), 1, type);
    RecordComponent[] components = type.getRecordComponents();
    for (int i = components.length - 1; i >= 0; i--) {
      whole = MethodHandles.foldArguments(whole, componentHandle(components[i].getAccessor()));
    }
    MethodHandle name =
        MethodHandles.insertArguments(MIX_LONG, 1, (long) type.getName().hashCode());
    return MethodHandles.foldArguments(whole, MethodHandles.dropArguments(name, 1, type));
  }

  private static MethodHandle componentHandle(Method accessor) {
    Class<?> type = accessor.getReturnType();
    MethodHandle read = reader(accessor);
    MethodHandle mix;
    if (type == long.class) {
      mix = MIX_LONG;
    } else if (type.isRecord() && !StateRecord.class.isAssignableFrom(type)) {
      MethodHandle isThere =
          MethodHandles.dropArguments(
              IS_THERE.asType(MethodType.methodType(boolean.class, type)), 0, SimDigest.class);
      MethodHandle nothing = MethodHandles.insertArguments(MIX_LONG, 1, 0L);
      mix =
          MethodHandles.guardWithTest(
              isThere, recordHandle(type), MethodHandles.dropArguments(nothing, 1, type));
    } else {
      mix = MIX_ANY.asType(MethodType.methodType(void.class, SimDigest.class, type));
    }
    return MethodHandles.filterArguments(mix, 1, read);
  }

  private static MethodHandle reader(Method accessor) {
    Class<?> type = accessor.getDeclaringClass();
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      if (type.getModule().equals(SimDigest.class.getModule())) {
        lookup = MethodHandles.privateLookupIn(type, lookup);
      }
      return lookup.unreflect(accessor);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("cannot read " + accessor, e);
    }
  }
}
