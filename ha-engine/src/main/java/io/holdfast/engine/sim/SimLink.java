package io.holdfast.engine.sim;

import io.holdfast.engine.sim.InMemoryConnection.Fault;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One process's way to the coordination service: up or down, and what becomes of its session. While
 * the service itself is down it drops nobody.
 */
final class SimLink {
  private final SimSchedule schedule;
  private final InMemoryConnection connection;
  private final Duration sessionTimeout;
  private final BooleanSupplier partitioned;
  private final Supplier<Optional<Fault>> oneWay;
  private Optional<Fault> way = Optional.empty();

  /** Found out that it is not answered: from then on it sends nothing either. */
  private boolean noticed;

  private long notices;
  private boolean cut;
  private boolean abandoned;
  private boolean over;
  private boolean unheard;
  private boolean mute;
  private boolean serviceDown;
  private long expiries;

  /**
   * @param partitioned whether the network is down between the process and the service
   * @param oneWay what is lost if it carries in one direction only
   */
  SimLink(
      SimSchedule schedule,
      InMemoryConnection connection,
      Duration sessionTimeout,
      BooleanSupplier partitioned,
      Supplier<Optional<Fault>> oneWay) {
    this.oneWay = oneWay;
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
    Optional<Fault> lost = oneWay.get();
    boolean down = partitioned.getAsBoolean() || serviceDown;
    // A connection that is gone is not made anew by a network that carries in one direction only.
    noticed = lost.isPresent() && (noticed || down);
    boolean nowCut = down || noticed;
    boolean asksInVain = lost.equals(Optional.of(Fault.REQUEST_LOST));
    boolean nowUnheard = (nowCut || asksInVain || abandoned || mute) && !serviceDown;
    if (nowUnheard && !unheard) {
      unheard();
    } else if (!nowUnheard) {
      heard();
    }
    if (!nowCut && !lost.equals(way)) {
      lost.ifPresentOrElse(this::loses, connection::restore);
    }
    way = lost;
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

  /** As clients of ZooKeeper do: whoever hears nothing for two thirds of the time-out gives up. */
  private void loses(Fault fault) {
    connection.oneWay(fault);
    long notice = ++notices;
    schedule.in(
        sessionTimeout.toNanos() / 3 * 2,
        () -> {
          if (notice == notices && way.isPresent()) {
            noticed = true;
            update(serviceDown);
          }
        });
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
