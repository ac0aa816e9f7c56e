package io.holdfast.libvirt;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the connection that brings events, and whose loss means that libvirt cannot be reached.
 * Makes a new one when it is lost, with growing pauses, on a thread of its own, which is also the
 * only one that uses it.
 */
final class Connector implements Link.Watcher, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Connector.class);
  private static final int MOST_RETIRED = 8;
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

  private final LibvirtConfig config;
  private final EventFeed feed;
  private final LinkPool pool;
  private final NativeCalls attempts;
  private final Thread thread;
  // Kept a while longer, for libvirt may be about to call back. Touched by the thread alone.
  private final Deque<Link> retired = new ArrayDeque<>();

  // All below is guarded by this object's lock. Libvirt is never called under it.
  private Lifecycle lifecycle = new Lifecycle();
  private @Nullable Link current;
  private @Nullable String dead;
  private String whyNot = "not connected yet";
  private boolean tried;
  private boolean lossTold;
  private boolean closed;
  private long changes;
  private long connectedSince;

  Connector(LibvirtConfig config, EventFeed feed, LinkPool pool) {
    this.config = config;
    this.feed = feed;
    this.pool = pool;
    this.attempts = new NativeCalls("holdfast-libvirt-connect", config.connectAttempts());
    this.thread = NativeCalls.daemon(this::run, "holdfast-libvirt-connector");
  }

  void start() {
    thread.start();
  }

  /**
   * Why libvirt cannot be called, or null if it can. Waits only for the first attempt to connect.
   */
  synchronized @Nullable String unreachable(Deadline deadline) {
    try {
      while (current == null && !tried && !closed && !deadline.passed()) {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.nanosLeft()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
    return current == null ? whyNot : null;
  }

  /** Since when the connection stands, by {@link System#nanoTime}, if there is one. */
  synchronized OptionalLong connectedSince() {
    return current == null || dead != null ? OptionalLong.empty() : OptionalLong.of(connectedSince);
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
  public synchronized void onClosed(Link link, String reason) {
    if (link == current) {
      dead = reason;
      changed(); // the thread that owns the link takes it from here
    }
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

  /** Gives up the connection. What runs keeps running. */
  @Override
  public synchronized void close() {
    closed = true;
    whyNot = "closed";
    changed();
  }

  private void run() {
    Duration pause = config.firstPause();
    try {
      while (!isClosed()) {
        if (link() == null) {
          connect();
        }
        Link link = link(); // an attempt that was given up may have brought one
        if (link != null) {
          pause = config.firstPause();
          watch(link);
        } else {
          awaitChange(changes(), pause);
          Duration doubled = pause.multipliedBy(2);
          pause = doubled.compareTo(config.longestPause()) > 0 ? config.longestPause() : doubled;
        }
      }
    } catch (InterruptedException e) {
      log.error("the connector was interrupted: libvirt is not reconnected to any more", e);
    } finally {
      attempts.close();
      pool.clear();
    }
  }

  /** Until it is lost. Looks at it now and then, to notice a loss that was not told. */
  private void watch(Link link) throws InterruptedException {
    String loss = null;
    while (loss == null) {
      synchronized (this) {
        if (dead == null && !closed) {
          TimeUnit.NANOSECONDS.timedWait(this, LOOK_NANOS);
        }
        loss = closed ? "closed" : dead;
      }
      if (loss == null && !link.alive()) {
        loss = "the connection is dead";
      }
    }
    synchronized (this) {
      current = null;
      if (!closed) {
        tellLoss(loss);
      }
      changed();
    }
    retired.add(link);
    if (retired.size() > MOST_RETIRED) {
      retired.remove();
    }
    link.closeSoon();
    pool.clear();
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
      Link link = Link.open(config.uri(), config.keepAliveSeconds(), config.keepAliveCount());
      boolean watched = false;
      try {
        link.watch(this);
        watched = true;
      } finally {
        if (watched) {
          adopt(link);
        } else {
          link.closeSoon();
        }
      }
      return Outcome.ok();
    } catch (LibvirtException e) {
      return Outcome.unknown("cannot connect: " + LibvirtErrors.line(e));
    }
  }

  private void adopt(Link link) {
    boolean alive = link.alive();
    synchronized (this) {
      if (alive && !closed && current == null) {
        current = link;
        connectedSince = System.nanoTime();
        dead = null;
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
    link.closeSoon();
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

  private synchronized @Nullable Link link() {
    return current;
  }
}
