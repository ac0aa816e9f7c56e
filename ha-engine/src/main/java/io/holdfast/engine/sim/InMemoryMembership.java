package io.holdfast.engine.sim;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.Subscription;
import io.holdfast.engine.sim.InMemoryConnection.Call;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Membership of one connection. Answers at once, so time-outs are of no account. */
final class InMemoryMembership implements Membership {
  private final InMemoryConnection connection;
  private final InMemoryCoordination service;
  private final List<Feed<Listener>> feeds = new CopyOnWriteArrayList<>();
  private final List<Feed<ConnectionListener>> connectionFeeds = new CopyOnWriteArrayList<>();

  InMemoryMembership(InMemoryConnection connection, InMemoryCoordination service) {
    this.connection = connection;
    this.service = service;
  }

  @Override
  public Outcome<Incarnation> join(HostId host, Duration timeout) {
    return connection.call(Call.JOIN, () -> service.join(connection.session(), host));
  }

  @Override
  public Outcome<Ack> renew(HostId host, Incarnation incarnation, long sequence, Duration timeout) {
    return connection.call(
        Call.RENEW, () -> service.renew(connection.session(), host, incarnation, sequence));
  }

  @Override
  public Outcome<Ack> leave(HostId host, Incarnation incarnation, Duration timeout) {
    return connection.call(
        Call.LEAVE, () -> service.leave(connection.session(), host, incarnation));
  }

  @Override
  public Outcome<Optional<Lease>> observe(HostId host, Duration timeout) {
    return connection.call(Call.OBSERVE, () -> service.observe(host));
  }

  @Override
  public Outcome<List<Lease>> observeAll(Duration timeout) {
    return connection.call(Call.OBSERVE_ALL, () -> Outcome.done(service.leases()));
  }

  @Override
  public Outcome<Election> campaign(String candidate, Duration timeout) {
    Membership.requireCandidate(candidate);
    return connection.call(Call.CAMPAIGN, () -> service.campaign(connection.session(), candidate));
  }

  @Override
  public Outcome<Election> takeOver(String candidate, Epoch deposed, Duration timeout) {
    Membership.requireCandidate(candidate);
    return connection.call(
        Call.TAKE_OVER, () -> service.takeOver(connection.session(), candidate, deposed));
  }

  @Override
  public Outcome<Ack> resign(Duration timeout) {
    return connection.call(Call.RESIGN, () -> service.resign(connection.session()));
  }

  @Override
  public Subscription subscribe(Listener listener) {
    Feed<Listener> feed = new Feed<>(listener, feeds::remove);
    feeds.add(feed);
    return feed;
  }

  @Override
  public Subscription subscribeToConnection(ConnectionListener listener) {
    Feed<ConnectionListener> feed = new Feed<>(listener, connectionFeeds::remove);
    connectionFeeds.add(feed);
    return feed;
  }

  @Override
  public void close() {
    connection.close();
  }

  void tell(OrderedDelivery delivery, Consumer<Listener> news) {
    feeds.forEach(feed -> delivery.add(() -> feed.tell(news)));
  }

  void tellConnection(OrderedDelivery delivery, Connection state) {
    tell(delivery, listener -> listener.onConnection(state));
    connectionFeeds.forEach(
        feed -> delivery.add(() -> feed.tell(listener -> listener.onConnection(state))));
  }

  void closeFeeds() {
    feeds.forEach(Feed::close);
    connectionFeeds.forEach(Feed::close);
  }
}
