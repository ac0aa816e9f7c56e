package io.holdfast.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs blocking calls: in order and one at a time within a queue, side by side across queues, so
 * that a device that hangs holds up only itself. A call that is not back in time is given up, and
 * the call that comes back late is not heard.
 */
final class EffectQueues {
  private static final Logger log = LoggerFactory.getLogger(EffectQueues.class);

  /** A queue that is this long belongs to a device that has been hanging for ages. */
  private static final int MAX_WAITING = 10_000;

  /** How much later than its own time-out a call counts as hung. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private static final class Lane {
    final Queue<Runnable> waiting = new ArrayDeque<>();
    boolean busy;
  }

  private final Executor executor;
  private final ScheduledExecutorService timer;
  private final Map<String, Lane> lanes = new HashMap<>();

  EffectQueues(Executor executor, ScheduledExecutorService timer) {
    this.executor = executor;
    this.timer = timer;
  }

  /**
   * Queues a call.
   *
   * @param call blocks for at most the time-out, if it keeps its contract
   * @param givenUp told why, at most once, and only if the call's own result is not used
   */
  void submit(String queue, Duration timeout, Call call, Consumer<String> givenUp) {
    AtomicBoolean settled = new AtomicBoolean();
    Consumer<String> giveUp =
        why -> {
          if (settled.compareAndSet(false, true)) {
            givenUp.accept(why);
          }
        };
    Future<?> deadline = deadline(timeout, giveUp);
    Runnable task =
        () -> {
          if (settled.get()) {
            return; // it waited for too long behind a call that hangs
          }
          try {
            Runnable result = call.run();
            if (settled.compareAndSet(false, true)) {
              result.run();
            }
          } catch (Throwable e) { // an Error of a driver must not hold its queue up for ever
            log.error("a call of queue '{}' broke its contract", queue, e);
            giveUp.accept("the driver threw " + e);
          } finally {
            deadline.cancel(false);
          }
        };
    if (!enqueue(queue, task)) {
      giveUp.accept(
          "more than " + MAX_WAITING + " calls are waiting, or the executor refuses them");
    }
  }

  /** The wait in the queue counts as well: what cannot be done in time is not done at all. */
  private Future<?> deadline(Duration timeout, Consumer<String> giveUp) {
    try {
      return timer.schedule(
          () -> giveUp.accept("no answer within " + timeout),
          timeout.plus(GRACE).toNanos(),
          TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null); // closing: what is left runs without
    }
  }

  /** Waits until nothing is queued or running, so that what was begun is not cut off. */
  void drainAll(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    synchronized (lanes) {
      while (!lanes.isEmpty()) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          log.warn("calls still running: {}", lanes.keySet());
          return;
        }
        try {
          lanes.wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }

  /** A blocking call that gives what is to be done with its result. */
  @FunctionalInterface
  interface Call {
    Runnable run();
  }

  private boolean enqueue(String queue, Runnable task) {
    boolean begin;
    synchronized (lanes) {
      Lane lane = lanes.computeIfAbsent(queue, q -> new Lane());
      if (lane.waiting.size() >= MAX_WAITING) {
        return false;
      }
      lane.waiting.add(task);
      begin = !lane.busy;
      lane.busy = true;
    }
    return !begin || begin(queue);
  }

  private boolean begin(String queue) {
    try {
      executor.execute(() -> drain(queue));
      return true;
    } catch (RejectedExecutionException e) {
      log.error("the executor refuses the calls of queue '{}'", queue, e);
      synchronized (lanes) {
        lanes.remove(queue);
        lanes.notifyAll();
      }
      return false;
    }
  }

  private void drain(String queue) {
    while (true) {
      Runnable task;
      synchronized (lanes) {
        Lane lane = lanes.get(queue);
        task = lane == null ? null : lane.waiting.poll();
        if (task == null) {
          lanes.remove(queue);
          lanes.notifyAll();
          return;
        }
      }
      task.run();
    }
  }
}
