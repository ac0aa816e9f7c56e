package io.holdfast.engine;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HaListener;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of one engine or agent: for calls (the caller's, if given), time-outs, listeners. */
final class Threads {
  private static final Logger log = LoggerFactory.getLogger(Threads.class);

  private final List<HaListener> listeners;
  private final Optional<ExecutorService> ownCalls;
  private final ExecutorService publishing;
  private final ScheduledExecutorService timer;
  final EffectQueues queues;

  Threads(String name, Optional<Executor> callers, List<HaListener> listeners) {
    this.listeners = List.copyOf(listeners);
    ownCalls =
        callers.isPresent()
            ? Optional.empty()
            : Optional.of(Executors.newCachedThreadPool(daemons(name + "-call-")));
    publishing = Executors.newSingleThreadExecutor(daemons(name + "-listener-"));
    timer = Executors.newSingleThreadScheduledExecutor(daemons(name + "-timer-"));
    queues = new EffectQueues(callers.or(() -> ownCalls).orElseThrow(), timer);
  }

  /** Tells the listeners, on their thread and in order. */
  void publish(Instant at, HaEvent event) {
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
