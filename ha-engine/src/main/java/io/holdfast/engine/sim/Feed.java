package io.holdfast.engine.sim;

import io.holdfast.api.spi.Subscription;
import java.util.function.Consumer;

/** One subscribed listener. */
final class Feed<L> implements Subscription {
  private final L listener;
  private final Consumer<Feed<L>> onClose;
  private boolean closed;

  Feed(L listener, Consumer<Feed<L>> onClose) {
    this.listener = listener;
    this.onClose = onClose;
  }

  synchronized void tell(Consumer<? super L> news) {
    if (!closed) {
      news.accept(listener);
    }
  }

  /** Waits for a call that is running, unless that call is what closes. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    onClose.accept(this);
  }
}
