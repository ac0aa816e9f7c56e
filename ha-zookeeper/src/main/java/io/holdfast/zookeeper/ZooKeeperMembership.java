package io.holdfast.zookeeper;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The SPI, put together from the leases, the controller's place and their feed. */
final class ZooKeeperMembership implements Membership {
  private final Link link;
  private final Leases leases;
  private final ControllerPlace place;
  private final LeaseFeed feed;
  private final List<Mailbox<Listener>> mailboxes = new CopyOnWriteArrayList<>();
  private boolean feeding;

  ZooKeeperMembership(Link link, ControllerPlace place) {
    this.link = link;
    this.leases = new Leases(link);
    this.place = place;
    this.feed = new LeaseFeed(link, this::tell);
    // Every change of the connection is told, so no two are about the same subject.
    link.onConnection(state -> tell(new Object(), listener -> listener.onConnection(state)));
  }

  @Override
  public Outcome<Incarnation> join(HostId host, Duration timeout) {
    return leases.join(host, timeout);
  }

  @Override
  public Outcome<Ack> renew(HostId host, Incarnation incarnation, long sequence, Duration timeout) {
    return leases.renew(host, incarnation, sequence, timeout);
  }

  @Override
  public Outcome<Ack> leave(HostId host, Incarnation incarnation, Duration timeout) {
    return leases.leave(host, incarnation, timeout);
  }

  @Override
  public Outcome<Optional<Lease>> observe(HostId host, Duration timeout) {
    return leases.observe(host, timeout);
  }

  @Override
  public Outcome<List<Lease>> observeAll(Duration timeout) {
    return leases.observeAll(timeout);
  }

  @Override
  public Outcome<Election> campaign(String candidate, Duration timeout) {
    return place.campaign(Membership.requireCandidate(candidate), Optional.empty(), timeout);
  }

  @Override
  public Outcome<Election> takeOver(String candidate, Epoch deposed, Duration timeout) {
    return place.campaign(Membership.requireCandidate(candidate), Optional.of(deposed), timeout);
  }

  @Override
  public Outcome<Ack> resign(Duration timeout) {
    return place.resign(timeout);
  }

  /** The first subscription starts the feed of all leases. */
  @Override
  public Subscription subscribe(Listener listener) {
    Mailbox<Listener> mailbox = open(listener);
    startFeed();
    return mailbox;
  }

  @Override
  public Subscription subscribeToConnection(ConnectionListener listener) {
    return open(Listener.connectionOnly(listener));
  }

  private Mailbox<Listener> open(Listener listener) {
    Mailbox<Listener> mailbox = new Mailbox<>(listener, link.listeners(), mailboxes::remove);
    mailboxes.add(mailbox);
    return mailbox;
  }

  @Override
  public void close() {
    if (!link.isClosed()) {
      feed.close();
    }
    mailboxes.forEach(Mailbox::close);
    link.close();
  }

  private synchronized void startFeed() {
    if (!feeding) {
      feeding = true;
      feed.start();
    }
  }

  private void tell(Object subject, Consumer<Listener> news) {
    mailboxes.forEach(mailbox -> mailbox.post(subject, news));
  }
}
