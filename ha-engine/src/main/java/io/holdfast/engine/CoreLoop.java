package io.holdfast.engine;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that decides: takes events in the order in which they came, gives them to the core and
 * hands its effects on. A core that throws has a broken invariant: it is never asked again, and
 * workloads stay as they are.
 *
 * @param <E> the core's events
 * @param <F> the core's effects
 */
final class CoreLoop<E, F> {
  private static final Logger log = LoggerFactory.getLogger(CoreLoop.class);

  /**
   * A core, seen from its loop.
   *
   * @param tick makes the event that says that time has passed
   */
  record Core<E, F>(
      Function<E, List<F>> step, LongSupplier nextWakeup, LongFunction<? extends E> tick) {}

  private sealed interface Item<E> {
    record Happened<E>(E event) implements Item<E> {}

    record Asked<E>(Runnable question, Runnable refused) implements Item<E> {}
  }

  private final String name;
  private final Core<E, F> core;
  private final LongSupplier clock;
  private final BiConsumer<List<F>, Long> effects;
  private final Consumer<Throwable> broken;
  private final LinkedBlockingQueue<Item<E>> queue = new LinkedBlockingQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopping;
  private @Nullable Thread thread;

  /**
   * @param clock monotonic nanoseconds
   * @param effects takes what one step gave, and how many nanoseconds the step took; on the loop's
   *     thread, must not block
   * @param broken told once when the core has thrown
   */
  CoreLoop(
      String name,
      Core<E, F> core,
      LongSupplier clock,
      BiConsumer<List<F>, Long> effects,
      Consumer<Throwable> broken) {
    this.name = name;
    this.core = core;
    this.clock = clock;
    this.effects = effects;
    this.broken = broken;
  }

  void start() {
    Thread started = new Thread(this::run, name);
    started.setDaemon(true);
    thread = started;
    started.start();
  }

  /** Takes an event in from any thread; it happened now. Of no effect once the loop has ended. */
  void post(LongFunction<? extends E> event) {
    if (!hasEnded()) {
      take(new Item.Happened<>(event.apply(clock.getAsLong())));
    }
  }

  /** Runs a question on the loop's thread, between two events. */
  <T> CompletableFuture<T> ask(Callable<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    take(
        new Item.Asked<>(
            () -> {
              try {
                answer.complete(question.call());
              } catch (Exception e) {
                answer.completeExceptionally(e);
              }
            },
            () -> answer.completeExceptionally(new IllegalStateException(name + " has ended"))));
    return answer;
  }

  /** How many events and questions the loop has not come to yet. */
  int waiting() {
    return queue.size();
  }

  private boolean hasEnded() {
    return ended.getCount() == 0;
  }

  /** Feeds go on after the end, for as long as nobody closes: nothing of them is kept. */
  private void take(Item<E> item) {
    queue.add(item);
    if (hasEnded()) {
      discard();
    }
  }

  /** Ends the loop after everything taken in so far. Not to be called from the loop's thread. */
  void stop() {
    take(new Item.Asked<>(() -> stopping = true, () -> {}));
    if (thread == null) {
      return;
    }
    try {
      if (!ended.await(10, TimeUnit.SECONDS)) {
        log.warn("{} has not ended after 10 s", name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (!stopping) {
        Optional<Item<E>> item = next();
        if (item.isEmpty()) {
          step(core.tick().apply(clock.getAsLong()));
        } else if (item.get() instanceof Item.Happened<E> happened) {
          step(happened.event());
        } else {
          ((Item.Asked<E>) item.get()).question().run();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      log.error("{} stops deciding: a broken invariant", name, e);
      broken.accept(e);
    } finally {
      stopping = true;
      ended.countDown();
      discard();
    }
  }

  /** What is left at the end: nobody waits for an answer that will not come. */
  private void discard() {
    for (Item<E> item = queue.poll(); item != null; item = queue.poll()) {
      if (item instanceof Item.Asked<E> asked) {
        asked.refused().run();
      }
    }
  }

  private Optional<Item<E>> next() throws InterruptedException {
    Item<E> waiting = queue.poll();
    if (waiting != null) {
      return Optional.of(waiting);
    }
    long wakeup = core.nextWakeup().getAsLong();
    if (wakeup == Long.MAX_VALUE) {
      return Optional.of(queue.take());
    }
    long nanos = wakeup - clock.getAsLong();
    return Optional.ofNullable(nanos <= 0 ? queue.poll() : queue.poll(nanos, TimeUnit.NANOSECONDS));
  }

  private void step(E event) {
    long begun = System.nanoTime();
    List<F> result = core.step().apply(event);
    effects.accept(result, System.nanoTime() - begun);
  }
}
