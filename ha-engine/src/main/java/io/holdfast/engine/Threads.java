package io.holdfast.engine;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HaListener;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one engine or agent: for calls (the caller's, if given), time-outs, listeners.
 *
 * <p>Deciding never waits for a listener: when {@value #MAX_EVENTS} events wait for one that does
 * not return, further ones are dropped, counted, and told of in the log once per burst. A burst
 * ends when half of the waiting events have been told.
 */
final class Threads {
  private static final Logger log = LoggerFactory.getLogger(Threads.class);

  /** How many events may wait for the listeners. */
  static final int MAX_EVENTS = 10_000;

  private final List<HaListener> listeners;
  private final Optional<ExecutorService> ownCalls;
  private final BlockingQueue<Runnable> untold = new LinkedBlockingQueue<>(MAX_EVENTS);
  private final ExecutorService publishing;
  private final AtomicLong dropped = new AtomicLong();
  private final ScheduledExecutorService timer;
  final EffectQueues queues;

  Threads(String name, Optional<Executor> callers, List<HaListener> listeners) {
    this.listeners = List.copyOf(listeners);
    ownCalls =
        callers.isPresent()
            ? Optional.empty()
            : Optional.of(Executors.newCachedThreadPool(daemons(name + "-call-")));
    publishing =
        new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, untold, daemons(name + "-listener-"), this::drop);
    timer = Executors.newSingleThreadScheduledExecutor(daemons(name + "-timer-"));
    queues = new EffectQueues(callers.or(() -> ownCalls).orElseThrow(), timer);
  }

  /** Tells the listeners, on their thread and in order. Never waits. */
  void publish(Instant at, HaEvent event) {
    endBurst();
    publishing.execute(
        () -> {
          for (HaListener listener : listeners) {
            try {
              listener.onEvent(at, event);
            } catch (RuntimeException e) {
              log.warn("a listener threw on {}", event, e);
            }
          }
        });
  }

  /** How many events of the present burst were dropped. */
  long dropped() {
    return dropped.get();
  }

  private void drop(Runnable telling, ThreadPoolExecutor full) {
    if (!full.isShutdown() && dropped.getAndIncrement() == 0) {
      log.warn("a listener does not return, events are dropped: {} are waiting", MAX_EVENTS);
    }
  }

  private void endBurst() {
    long lost = dropped.get();
    if (lost > 0 && untold.size() < MAX_EVENTS / 2) {
      dropped.addAndGet(-lost);
      log.warn("listeners are told of events again, {} were dropped", lost);
    }
  }

  void shutdown() {
    publishing.shutdown();
    timer.shutdownNow();
    ownCalls.ifPresent(ExecutorService::shutdown);
    try {
      if (!publishing.awaitTermination(5, TimeUnit.SECONDS)) {
        log.warn("a listener has not returned within 5 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ThreadFactory daemons(String prefix) {
    AtomicLong number = new AtomicLong();
    return task -> {
      Thread thread = new Thread(task, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
