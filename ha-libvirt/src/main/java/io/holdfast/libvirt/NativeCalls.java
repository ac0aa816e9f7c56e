package io.holdfast.libvirt;

import io.holdfast.api.Outcome;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a bound on calls that cannot be interrupted. Each runs on a worker of its own; when its time
 * is up the caller gets {@code Unknown} and the worker is left to finish. Workers are bounded, and
 * when half of them hang, further calls answer {@code Unknown} at once instead of piling up.
 */
final class NativeCalls implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NativeCalls.class);

  private final ExecutorService workers;
  private final Semaphore idle;
  private final int mostAbandoned;
  private final AtomicInteger abandoned = new AtomicInteger();

  NativeCalls(String name, int most) {
    AtomicInteger count = new AtomicInteger();
    // The semaphore bounds the threads: a worker that has just given back its permit may still be
    // on its way out, and its successor must not be refused for that.
    workers =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            30,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> daemon(task, name + "-" + count.incrementAndGet()));
    idle = new Semaphore(most);
    mostAbandoned = Math.max(1, most / 2);
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** How many calls were given up and have not ended. */
  int abandoned() {
    return abandoned.get();
  }

  /**
   * Runs a call.
   *
   * @param what for messages
   * @param ended run exactly once: when the body has ended, however long after the deadline that
   *     is, or when it is not going to run. Before the answer is given, unless that is {@code
   *     Unknown}
   */
  <T> Outcome<T> call(String what, Deadline deadline, Callable<Outcome<T>> body, Runnable ended) {
    Call<T> call = new Call<>(what, body, ended);
    try {
      int hanging = abandoned.get();
      if (hanging >= mostAbandoned) {
        ended.run();
        return Outcome.unknown(what + ": not tried, " + hanging + " earlier calls hang");
      }
      if (!idle.tryAcquire(deadline.nanosLeft(), TimeUnit.NANOSECONDS)) {
        ended.run();
        return Outcome.unknown(what + ": not tried, all workers were busy");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended.run();
      return Outcome.unknown(what + ": not tried, interrupted");
    }
    try {
      workers.execute(call);
    } catch (RejectedExecutionException e) {
      idle.release();
      ended.run();
      return Outcome.unknown(what + ": not tried, closed");
    }
    return call.await(deadline);
  }

  /** Takes no further calls; those under way end by themselves. */
  @Override
  public void close() {
    workers.shutdown();
  }

  private final class Call<T> implements Runnable {
    private final String what;
    private final Callable<Outcome<T>> body;
    private final Runnable ended;
    private final CompletableFuture<Outcome<T>> answer = new CompletableFuture<>();
    private boolean finished;
    private boolean givenUp;

    Call(String what, Callable<Outcome<T>> body, Runnable ended) {
      this.what = what;
      this.body = body;
      this.ended = ended;
    }

    @Override
    public void run() {
      Outcome<T> outcome = Outcome.unknown(what + " ended unexpectedly");
      try {
        outcome = body.call();
      } catch (Exception | LinkageError e) {
        log.warn("{} ended unexpectedly", what, e);
      } finally {
        // In this order: whoever has the answer may rely on the end having been told.
        ended.run();
        idle.release();
        finish();
        answer.complete(outcome);
      }
    }

    Outcome<T> await(Deadline deadline) {
      try {
        return answer.get(deadline.nanosLeft(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        return giveUp() ? Outcome.unknown(what + ": no answer in time") : answer.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return giveUp() ? Outcome.unknown(what + ": interrupted") : answer.join();
      } catch (ExecutionException e) {
        throw new IllegalStateException("an answer is never completed exceptionally", e);
      }
    }

    private synchronized boolean giveUp() {
      if (finished) {
        return false;
      }
      givenUp = true;
      abandoned.incrementAndGet();
      return true;
    }

    private synchronized void finish() {
      finished = true;
      if (givenUp) {
        abandoned.decrementAndGet();
        log.info("{} has ended long after its time-out", what);
      }
    }
  }
}
