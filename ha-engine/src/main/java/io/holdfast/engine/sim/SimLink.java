package io.holdfast.engine.sim;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * One process's way to the coordination service: up or down, and what becomes of its session. While
 * the service itself is down it drops nobody.
 */
final class SimLink {
  private final SimSchedule schedule;
  private final InMemoryConnection connection;
  private final Duration sessionTimeout;
  private final BooleanSupplier partitioned;
  private boolean cut;
  private boolean abandoned;
  private boolean over;
  private boolean unheard;
  private boolean mute;
  private boolean serviceDown;
  private long expiries;

  /**
   * @param partitioned whether the network is down between the process and the service
   */
  SimLink(
      SimSchedule schedule,
      InMemoryConnection connection,
      Duration sessionTimeout,
      BooleanSupplier partitioned) {
    this.schedule = schedule;
    this.connection = connection;
    this.sessionTimeout = sessionTimeout;
    this.partitioned = partitioned;
  }

  InMemoryConnection connection() {
    return connection;
  }

  boolean isCut() {
    return cut;
  }

  /** The network changed, or the service did. */
  void update(boolean serviceIsDown) {
    serviceDown = serviceIsDown;
    boolean nowCut = partitioned.getAsBoolean() || serviceDown;
    boolean nowUnheard = (nowCut || abandoned || mute) && !serviceDown;
    if (nowUnheard && !unheard) {
      unheard();
    } else if (!nowUnheard) {
      heard();
    }
    if (nowCut == cut) {
      return;
    }
    cut = nowCut;
    if (cut) {
      connection.cutOff();
    } else {
      connection.restore();
    }
  }

  /** The process stands still, or goes on. */
  void mute(boolean isMute) {
    mute = isMute;
    update(serviceDown);
  }

  private void unheard() {
    unheard = true;
    long expiry = ++expiries;
    schedule.in(
        sessionTimeout.toNanos(),
        () -> {
          if (expiry == expiries) {
            expire();
          }
        });
  }

  private void heard() {
    unheard = false;
    expiries++;
  }

  /** The process is gone. Its session, and what it has sent, live on until the service notices. */
  void abandon() {
    abandoned = true;
    update(serviceDown);
  }

  private void expire() {
    if (abandoned) {
      over = true;
      connection.cutOff();
      connection.membership().close();
    }
    connection.expireSession();
  }

  /** Whether the process is gone and its session too. */
  boolean isOver() {
    return over;
  }
}
