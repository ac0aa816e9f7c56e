package io.holdfast.engine;

import io.holdfast.api.HaEvent;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a core from start to close: events to its loop, calls to its queues, news to its listeners.
 * Safe for use by several threads.
 *
 * @param <E> the core's events
 * @param <F> the core's effects
 */
final class CoreRunner<E, F> {
  private static final Logger log = LoggerFactory.getLogger(CoreRunner.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /**
   * What effects are.
   *
   * @param published what is told to listeners; empty if the effect is a call
   * @param queueOf the queue of a call
   * @param summary what is told besides of all that one step published, and how long it took
   * @param lastWords what is called when the core has stopped deciding
   */
  record Effects<E, F>(
      Function<F, Optional<HaEvent>> published,
      Function<F, String> queueOf,
      Function<F, Duration> timeoutOf,
      Function<F, Optional<LongFunction<E>>> perform,
      BiFunction<F, String, Optional<LongFunction<E>>> givenUp,
      BiFunction<List<HaEvent>, Duration, Optional<HaEvent>> summary,
      List<F> lastWords) {}

  private final String subject;
  private final Settings settings;
  private final Effects<E, F> effects;
  private final Threads threads;
  private final CoreLoop<E, F> loop;
  private final List<Subscription> subscriptions = new ArrayList<>();
  private boolean started;
  private boolean closed;

  /**
   * @param name of its threads
   * @param subject whose alarms it raises
   */
  CoreRunner(
      String name,
      String subject,
      Settings settings,
      CoreLoop.Core<E, F> core,
      Effects<E, F> effects) {
    this.subject = subject;
    this.settings = settings;
    this.effects = effects;
    threads = new Threads(name, settings.executor(), settings.listeners());
    loop = new CoreLoop<>(name, core, settings.clock(), this::carryOut, this::broken);
  }

  /**
   * @param subscribe adds the feeds that this core follows, and posts its first event
   * @throws IllegalStateException if it was started or closed before
   */
  synchronized void start(Consumer<List<Subscription>> subscribe) {
    if (started || closed) {
      throw new IllegalStateException(closed ? "closed" : "started already");
    }
    started = true;
    loop.start();
    subscribe.accept(subscriptions);
  }

  void post(LongFunction<? extends E> event) {
    loop.post(event);
  }

  /**
   * Asks the core, between two events.
   *
   * @return empty before the start and after the close
   * @throws IllegalStateException if it does not answer
   */
  <T> Optional<T> ask(Callable<T> question) {
    synchronized (this) {
      if (!started || closed) {
        return Optional.empty();
      }
    }
    try {
      return Optional.of(loop.ask(question).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(subject + " does not decide any more", e);
    } catch (TimeoutException e) {
      throw new IllegalStateException(subject + " has not answered within " + PATIENCE, e);
    }
  }

  /**
   * Ends it, also when a feed or a clock that was given here throws: that is logged.
   *
   * @param closing the core's last event
   * @return false if it was closed before
   */
  boolean close(LongFunction<? extends E> closing) {
    synchronized (this) {
      if (closed) {
        return false;
      }
      closed = true;
    }
    if (started) {
      subscriptions.forEach(feed -> attempt("a feed could not be ended", feed::close));
      attempt("the last event was not taken in", () -> loop.post(closing));
      loop.stop();
      threads.queues.drainAll(settings.timings().storeTimeout().multipliedBy(3));
    }
    threads.shutdown();
    return true;
  }

  private void attempt(String otherwise, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) { // also of a driver whose classes have gone by now
      log.error("{} is being closed: {}", subject, otherwise, e);
    }
  }

  private void carryOut(List<F> wanted, long tookNanos) {
    Instant at = settings.wallClock().instant();
    List<HaEvent> events = new ArrayList<>();
    for (F effect : wanted) {
      effects.published().apply(effect).ifPresentOrElse(events::add, () -> submit(effect));
    }
    events.forEach(event -> threads.publish(at, event));
    effects
        .summary()
        .apply(events, Duration.ofNanos(tookNanos))
        .ifPresent(event -> threads.publish(at, event));
  }

  private void submit(F effect) {
    threads.queues.submit(
        effects.queueOf().apply(effect),
        effects.timeoutOf().apply(effect),
        () -> {
          Optional<LongFunction<E>> answer = effects.perform().apply(effect);
          return () -> answer.ifPresent(loop::post);
        },
        why -> effects.givenUp().apply(effect, why).ifPresent(loop::post));
  }

  private void broken(Throwable e) {
    threads.publish(
        settings.wallClock().instant(),
        new HaEvent.Alarm(subject, "stops deciding, a broken invariant: " + e));
    effects.lastWords().forEach(this::submit);
  }
}
