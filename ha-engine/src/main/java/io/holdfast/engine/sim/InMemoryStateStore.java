package io.holdfast.engine.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.Subscription;
import io.holdfast.engine.sim.InMemoryConnection.Call;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** The records, as one connection reaches them. Answers at once. */
final class InMemoryStateStore implements StateStore {
  private record Watch(Table table, Optional<String> name, Feed<ChangeListener> feed) {
    boolean covers(Key key) {
      return key.table() == table && name.map(key.name()::equals).orElse(true);
    }
  }

  private final InMemoryConnection connection;
  private final InMemoryCoordination service;
  private final List<Watch> watches = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  InMemoryStateStore(InMemoryConnection connection, InMemoryCoordination service) {
    this.connection = connection;
    this.service = service;
  }

  @Override
  public boolean guardsEpoch() {
    return true;
  }

  @Override
  public int maxValueBytes() {
    return service.limits().maxValueBytes();
  }

  @Override
  public int maxWritesPerCommit() {
    return service.limits().maxWritesPerCommit();
  }

  @Override
  public Outcome<Optional<Stored>> read(Key key, Duration timeout) {
    return closed ? refuse() : connection.call(Call.READ, () -> service.read(key));
  }

  @Override
  public Outcome<List<Stored>> readAll(Table table, Duration timeout) {
    return closed ? refuse() : connection.call(Call.READ_ALL, () -> service.readAll(table));
  }

  @Override
  public Outcome<Ack> commit(Optional<Epoch> guard, List<Write> writes, Duration timeout) {
    if (closed) {
      return refuse();
    }
    List<Write> copy = List.copyOf(writes);
    return check(copy)
        .orElseGet(() -> connection.call(Call.COMMIT, () -> service.commit(guard, copy)));
  }

  @Override
  public Subscription watch(Table table, Optional<String> name, ChangeListener listener) {
    Feed<ChangeListener> feed =
        new Feed<>(listener, ended -> watches.removeIf(watch -> watch.feed() == ended));
    watches.add(new Watch(table, name, feed));
    return feed;
  }

  @Override
  public void close() {
    closed = true;
    closeFeeds();
  }

  void tellDirty(OrderedDelivery delivery, Key key) {
    for (Watch watch : watches) {
      if (watch.covers(key)) {
        delivery.add(() -> watch.feed().tell(listener -> listener.onDirty(key)));
      }
    }
  }

  void tellResync(OrderedDelivery delivery) {
    for (Watch watch : watches) {
      delivery.add(() -> watch.feed().tell(ChangeListener::onResync));
    }
  }

  void closeFeeds() {
    watches.forEach(watch -> watch.feed().close());
  }

  private static <T> Outcome<T> refuse() {
    return Outcome.failed(Cause.ERROR, "the store is closed");
  }

  private Optional<Outcome<Ack>> check(List<Write> writes) {
    InMemoryCoordination.Limits limits = service.limits();
    if (writes.size() > limits.maxWritesPerCommit()) {
      return tooLarge(writes.size() + " writes", limits.maxWritesPerCommit());
    }
    Set<Key> seen = new HashSet<>();
    long total = 0;
    for (Write write : writes) {
      if (!seen.add(write.key())) {
        return Optional.of(Outcome.failed(Cause.INVALID, write.key() + " is written twice"));
      }
      int bytes = write.value().map(value -> value.getBytes(UTF_8).length).orElse(0);
      if (bytes > limits.maxValueBytes()) {
        return tooLarge(bytes + " bytes for " + write.key(), limits.maxValueBytes());
      }
      total += bytes + write.key().name().length();
    }
    return total > limits.maxCommitBytes()
        ? tooLarge(total + " bytes", limits.maxCommitBytes())
        : Optional.empty();
  }

  private static Optional<Outcome<Ack>> tooLarge(String found, int limit) {
    return Optional.of(
        Outcome.failed(Cause.TOO_LARGE, found + " in a commit, at most " + limit + " go"));
  }
}
