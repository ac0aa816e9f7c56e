package io.holdfast.libvirt;

import io.holdfast.api.spi.Hypervisor.EventListener;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events to listeners on a thread of its own, so that a slow listener cannot stop libvirt's
 * event loop and with it everybody's keepalive.
 */
final class EventFeed implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EventFeed.class);
  private static final int MOST_WAITING = 4096;

  /** An event, and those who were listening when it came. */
  private record Delivery(HypervisorEvent event, List<Listening> to) {}

  private final BlockingQueue<Delivery> waiting = new LinkedBlockingQueue<>(MOST_WAITING);
  private final Thread thread;
  private List<Listening> listening = List.of();

  EventFeed(String threadName) {
    thread = NativeCalls.daemon(this::deliver, threadName);
    thread.start();
  }

  synchronized Subscription subscribe(EventListener listener) {
    Listening added = new Listening(listener);
    List<Listening> more = new ArrayList<>(listening);
    more.add(added);
    listening = List.copyOf(more);
    return () -> {
      remove(added);
      added.close();
    };
  }

  /** Never blocks. When too many events wait, they become one loss of connection and its end. */
  synchronized void emit(HypervisorEvent event) {
    if (!waiting.offer(new Delivery(event, listening))) {
      log.warn("{} events wait for their listeners and are dropped", waiting.size());
      waiting.clear();
      String reason = "events came faster than they were taken";
      waiting.add(new Delivery(new HypervisorEvent.Disconnected(reason), listening));
      if (!(event instanceof HypervisorEvent.Disconnected)) {
        waiting.add(new Delivery(new HypervisorEvent.Reconnected(), listening));
      }
    }
  }

  @Override
  public void close() {
    List<Listening> all;
    synchronized (this) {
      all = listening;
      listening = List.of();
    }
    all.forEach(Listening::close);
    thread.interrupt();
  }

  private synchronized void remove(Listening removed) {
    List<Listening> fewer = new ArrayList<>(listening);
    fewer.remove(removed);
    listening = List.copyOf(fewer);
  }

  private void deliver() {
    try {
      while (true) {
        Delivery delivery = waiting.take();
        delivery.to().forEach(listener -> listener.deliver(delivery.event()));
      }
    } catch (InterruptedException e) {
      log.debug("the feed is closed");
    }
  }

  /** One subscription. Its lock makes {@link #close} wait for a call that is under way. */
  private static final class Listening {
    private final EventListener listener;
    private boolean open = true;

    Listening(EventListener listener) {
      this.listener = listener;
    }

    synchronized void deliver(HypervisorEvent event) {
      if (!open) {
        return;
      }
      try {
        listener.onEvent(event);
      } catch (RuntimeException e) {
        log.error("a listener failed on {}", event, e);
      }
    }

    synchronized void close() {
      open = false;
    }
  }
}
