package io.holdfast.zookeeper;

import io.holdfast.api.spi.Subscription;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * News for one listener: delivered one at a time on the executor, so that neither ZooKeeper's event
 * thread nor another listener waits for it. Of several news about one subject that wait, only the
 * last is delivered, so a slow listener costs no memory.
 */
final class Mailbox<L> implements Subscription {
  private static final Logger log = LoggerFactory.getLogger(Mailbox.class);

  private final L listener;
  private final Executor executor;
  private final Consumer<Mailbox<L>> onClose;
  private final Object delivery = new Object();
  private final Map<Object, Consumer<? super L>> waiting = new LinkedHashMap<>();
  private boolean scheduled;
  private volatile boolean closed;

  Mailbox(L listener, Executor executor, Consumer<Mailbox<L>> onClose) {
    this.listener = listener;
    this.executor = executor;
    this.onClose = onClose;
  }

  void post(Object subject, Consumer<? super L> news) {
    synchronized (waiting) {
      if (closed) {
        return;
      }
      waiting.remove(subject);
      waiting.put(subject, news);
      if (scheduled) {
        return;
      }
      scheduled = true;
    }
    try {
      executor.execute(this::drain);
    } catch (RejectedExecutionException e) {
      log.warn("The executor for listeners refuses to run: {} is not told any more", listener, e);
      close();
    }
  }

  private void drain() {
    for (Consumer<? super L> news = next(); news != null; news = next()) {
      synchronized (delivery) {
        if (closed) {
          return;
        }
        try {
          news.accept(listener);
        } catch (RuntimeException e) {
          log.error("Listener {} failed", listener, e);
        }
      }
    }
  }

  private @Nullable Consumer<? super L> next() {
    synchronized (waiting) {
      Iterator<Consumer<? super L>> first = waiting.values().iterator();
      if (!first.hasNext()) {
        scheduled = false;
        return null;
      }
      Consumer<? super L> news = first.next();
      first.remove();
      return news;
    }
  }

  /** Waits for a delivery that is running, unless it is that delivery which closes. */
  @Override
  public void close() {
    synchronized (delivery) {
      closed = true;
    }
    onClose.accept(this);
  }
}
