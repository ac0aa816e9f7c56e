package io.holdfast.libvirt;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a connection to libvirt, and makes a new one when it is lost, with growing pauses, on a
 * thread of its own.
 */
final class Connector implements Link.Watcher, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Connector.class);
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

  private final LibvirtConfig config;
  private final EventFeed feed;
  private final NativeCalls attempts;
  private final Thread thread;

  // All below is guarded by this object's lock. Libvirt is never called under it.
  private Lifecycle lifecycle = new Lifecycle();
  private @Nullable Link current;
  private String whyNot = "not connected yet";
  private boolean tried;
  private boolean lossTold;
  private boolean closed;
  private long changes;

  Connector(LibvirtConfig config, EventFeed feed) {
    this.config = config;
    this.feed = feed;
    this.attempts = new NativeCalls("holdfast-libvirt-connect", config.connectAttempts());
    this.thread = NativeCalls.daemon(this::run, "holdfast-libvirt-connector");
  }

  void start() {
    thread.start();
  }

  /**
   * The link, to be released by the caller. Waits only for the first attempt to connect.
   *
   * @return Done with the link, or Unknown with the reason why there is none
   */
  synchronized Outcome<Link> acquire(Deadline deadline) {
    try {
      while (current == null && !tried && !closed && !deadline.passed()) {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.nanosLeft()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.unknown("interrupted");
    }
    return current != null && current.acquire() ? Outcome.done(current) : Outcome.unknown(whyNot);
  }

  /** A number that grows with each event and each loss of the connection. */
  synchronized long changes() {
    return changes;
  }

  /** Waits until {@link #changes} is not what it was, or the time is up. */
  synchronized void awaitChange(long seen, Duration atMost) throws InterruptedException {
    Deadline deadline = Deadline.in(atMost);
    while (changes == seen && !deadline.passed()) {
      TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.nanosLeft()));
    }
  }

  @Override
  public synchronized void onLifecycle(Link link, String domain, int event, int detail) {
    if (link != current) {
      return;
    }
    Optional<WorkloadId> workload = workloadOf(domain);
    workload.flatMap(w -> lifecycle.onEvent(w, event, detail)).ifPresent(feed::emit);
    changed();
  }

  @Override
  public void onClosed(Link link, String reason) {
    lost(link, reason);
  }

  /** The name as a workload's, if it can be one; others cannot be protected and are left out. */
  Optional<WorkloadId> workloadOf(String domain) {
    try {
      return Optional.of(new WorkloadId(config.kind(), domain));
    } catch (InvalidConfigException e) {
      log.debug("a domain whose name cannot be a workload's is left out: {}", e.getMessage());
      return Optional.empty();
    }
  }

  /** Says that a link is dead. Safe to say of one that is no longer the current one. */
  synchronized void lost(Link link, String reason) {
    if (link == current) {
      current = null;
      tellLoss(reason);
    }
    link.retire();
    changed();
  }

  /** Gives up the connection. What runs keeps running. */
  @Override
  public void close() {
    Link last;
    synchronized (this) {
      closed = true;
      whyNot = "closed";
      last = current;
      current = null;
      changed();
    }
    if (last != null) {
      last.retire();
    }
    attempts.close();
    thread.interrupt();
  }

  private void run() {
    Duration pause = config.firstPause();
    try {
      while (!isClosed()) {
        if (!isConnected()) {
          connect();
        }
        if (isConnected()) {
          pause = config.firstPause();
          watch();
        } else {
          awaitChange(changes(), pause);
          Duration doubled = pause.multipliedBy(2);
          pause = doubled.compareTo(config.longestPause()) > 0 ? config.longestPause() : doubled;
        }
      }
    } catch (InterruptedException e) {
      log.debug("the connector is closed");
    }
  }

  /** While there is a link, looks at it now and then: a close that was not told is noticed. */
  private void watch() throws InterruptedException {
    Link link;
    synchronized (this) {
      link = current;
      if (link == null) {
        return;
      }
      TimeUnit.NANOSECONDS.timedWait(this, LOOK_NANOS);
      if (link != current || !link.acquire()) {
        return;
      }
    }
    boolean alive = link.alive();
    link.release();
    if (!alive) {
      lost(link, "the connection is dead");
    }
  }

  private void connect() {
    Outcome<Ack> outcome =
        attempts.call("connecting", Deadline.in(config.connectTimeout()), this::attempt, () -> {});
    synchronized (this) {
      tried = true;
      if (current == null && !closed) {
        String reason = outcome instanceof Outcome.Unknown<Ack> unknown ? unknown.detail() : whyNot;
        tellLoss(reason);
      }
      changed();
    }
  }

  /** May end long after it was given up; the link it then brings is still welcome. */
  private Outcome<Ack> attempt() {
    try {
      adopt(Link.open(config.uri(), config.keepAliveSeconds(), config.keepAliveCount(), this));
      return Outcome.ok();
    } catch (LibvirtException e) {
      return Outcome.unknown("cannot connect: " + LibvirtErrors.line(e));
    }
  }

  private void adopt(Link link) {
    boolean alive = link.alive();
    synchronized (this) {
      if (alive && !link.retired() && !closed && current == null) {
        current = link;
        lifecycle = new Lifecycle();
        if (lossTold) {
          lossTold = false;
          feed.emit(new HypervisorEvent.Reconnected());
          log.info("libvirt for {} can be reached again", config.kind());
        }
        changed();
        return;
      }
    }
    link.retire();
  }

  private void tellLoss(String reason) {
    whyNot = "libvirt cannot be reached: " + reason;
    if (!lossTold) {
      lossTold = true;
      feed.emit(new HypervisorEvent.Disconnected(reason));
      log.warn("libvirt for {} cannot be reached: {}", config.kind(), reason);
    }
  }

  private void changed() {
    changes++;
    notifyAll();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized boolean isConnected() {
    return current != null;
  }
}
