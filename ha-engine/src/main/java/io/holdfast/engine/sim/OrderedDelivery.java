package io.holdfast.engine.sim;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * Runs what it is given in order and one at a time, on somebody else's executor. Adding and running
 * are apart, so that nothing is run while a lock is held.
 */
final class OrderedDelivery {
  private final Executor executor;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private boolean scheduled;

  /** Whether anything may be waiting: to be asked often, without the lock. */
  private volatile boolean news;

  OrderedDelivery(Executor executor) {
    this.executor = executor;
  }

  synchronized void add(Runnable task) {
    waiting.add(task);
    news = true;
  }

  /** Hands what is waiting to the executor. Not to be called with a lock held. */
  void flush() {
    if (!news) {
      return;
    }
    synchronized (this) {
      if (scheduled || waiting.isEmpty()) {
        return;
      }
      scheduled = true;
    }
    executor.execute(this::drain);
  }

  private void drain() {
    boolean finished = false;
    try {
      while (!finished) {
        next().run();
        finished = isDrained();
      }
    } finally {
      if (!finished) { // A listener threw: the rest waits for the next flush.
        synchronized (this) {
          scheduled = false;
        }
      }
    }
  }

  private synchronized Runnable next() {
    return waiting.remove();
  }

  private synchronized boolean isDrained() {
    scheduled = !waiting.isEmpty();
    news = scheduled;
    return !scheduled;
  }
}
