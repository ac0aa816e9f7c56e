package io.holdfast.engine.sim;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * A real core and the real code that carries its effects out, as a simulated process runs them.
 *
 * @param <E> the core's events
 * @param <F> the core's effects
 * @param step takes an event in, gives what is to be done
 * @param tick the event that says that time has passed
 * @param nextWakeup when that event is due, on the process's clock
 * @param queueOf effects of one queue are carried out one after another
 * @param timeoutOf after which an effect's outcome counts as unknown
 * @param perform carries an effect out, gives its answer
 * @param givenUp the answer of an effect that was given up, and why it was
 */
record SimCore<E, F>(
    Function<E, List<F>> step,
    LongFunction<E> tick,
    LongSupplier nextWakeup,
    Function<F, String> queueOf,
    Function<F, Duration> timeoutOf,
    Function<F, Optional<LongFunction<E>>> perform,
    BiFunction<F, String, Optional<LongFunction<E>>> givenUp) {}
