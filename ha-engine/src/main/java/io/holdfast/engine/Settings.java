package io.holdfast.engine;

import io.holdfast.api.HaListener;
import io.holdfast.api.Timings;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/** What engines and agents are run with: a copy, whatever becomes of the builder. */
record Settings(
    Timings timings,
    List<HaListener> listeners,
    Optional<Executor> executor,
    LongSupplier clock,
    InstantSource wallClock) {
  Settings {
    listeners = List.copyOf(listeners);
  }
}
