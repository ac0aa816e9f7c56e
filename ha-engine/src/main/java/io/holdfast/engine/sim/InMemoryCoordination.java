package io.holdfast.engine.sim;

import io.holdfast.api.Epoch;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.Expected;
import io.holdfast.api.spi.StateStore.Stored;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.api.spi.StateStore.Write;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A coordination service in memory: one linearizable copy of everything, from which every node gets
 * a connection of its own. Nothing is lost when connections end, so it outlives every controller
 * and agent that a test starts and kills.
 *
 * <p>Deterministic: it has no clock, no threads and no randomness; sessions end only when told to.
 * Safe for use by several threads. Listeners are called through the executor, in order and one at a
 * time per connection, and never with a lock of the service held; with {@code Runnable::run} that
 * is before the call that caused it returns.
 */
public final class InMemoryCoordination {

  /**
   * What a commit may hold. The defaults are those of a ZooKeeper with its default packet size.
   *
   * @param maxValueBytes of one value, in UTF-8
   * @param maxWritesPerCommit at least 100
   * @param maxCommitBytes of all values and names of one commit, in UTF-8
   */
  public record Limits(int maxValueBytes, int maxWritesPerCommit, int maxCommitBytes) {
    public static final Limits DEFAULT = new Limits(1_000_000, 1_000, 1_040_000);

    public Limits {
      require("limits.maxValueBytes", maxValueBytes, 1);
      require("limits.maxWritesPerCommit", maxWritesPerCommit, 100);
      require("limits.maxCommitBytes", maxCommitBytes, maxValueBytes);
    }

    private static void require(String field, int value, int least) {
      if (value < least) {
        throw new InvalidConfigException(field, value, least + " or greater");
      }
    }
  }

  /** What the service knows a connection by until it expires. */
  static final class Session {}

  /** Told of every commit that is made, in order, before anybody else. Must not call back. */
  interface CommitObserver {
    void onCommit(Optional<Epoch> guard, List<Write> writes);
  }

  private static final class Member {
    long incarnation;
    long sequence;
    @Nullable Session session;
  }

  private record Place(String candidate, Session session) {}

  private final Executor executor;
  private final Limits limits;

  /** Replaced whenever one comes or goes. */
  private List<InMemoryConnection> connections = List.of();

  private final SortedMap<HostId, Member> members = new TreeMap<>();
  private final SortedMap<StateStore.Key, Stored> records = new TreeMap<>();
  private final List<CommitObserver> commitObservers = new ArrayList<>();
  private @Nullable Place place;
  private long epoch;
  private long transaction;

  /**
   * @param executor runs the listeners' callbacks
   */
  public InMemoryCoordination(Executor executor) {
    this(executor, Limits.DEFAULT);
  }

  public InMemoryCoordination(Executor executor, Limits limits) {
    this.executor = executor;
    this.limits = limits;
  }

  /**
   * A new connection with a session of its own.
   *
   * @param name for people; several connections may have the same
   */
  public InMemoryConnection connect(String name) {
    return connect(name, executor);
  }

  /**
   * A new connection whose listeners are called through an executor of its own.
   *
   * @param name for people; several connections may have the same
   */
  public InMemoryConnection connect(String name, Executor listeners) {
    InMemoryConnection connection =
        new InMemoryConnection(this, name, new OrderedDelivery(listeners));
    synchronized (this) {
      List<InMemoryConnection> more = new ArrayList<>(connections);
      more.add(connection);
      connections = List.copyOf(more);
    }
    return connection;
  }

  /** Every open connection, in the order in which they were made. */
  public synchronized List<InMemoryConnection> connections() {
    return connections;
  }

  /** All leases, as they are. Not a call of any node: nothing cuts it off. */
  public synchronized List<Lease> leases() {
    List<Lease> leases = new ArrayList<>();
    members.forEach((host, member) -> leases.add(lease(host, member)));
    return leases;
  }

  /** All records, as they are. Not a call of any node: nothing cuts it off. */
  public synchronized Collection<Stored> stored() {
    return List.copyOf(records.values());
  }

  /** The epoch of the last controller elected. */
  public synchronized Epoch epoch() {
    return new Epoch(epoch);
  }

  synchronized void observe(CommitObserver observer) {
    commitObservers.add(observer);
  }

  Limits limits() {
    return limits;
  }

  /** Runs one step of the service alone, then has everybody told what came of it. */
  <T> T transact(Supplier<T> step) {
    T result;
    List<InMemoryConnection> told;
    synchronized (this) {
      result = step.get();
      told = connections;
    }
    told.forEach(InMemoryConnection::flush);
    return result;
  }

  // All below run within transact.

  void forget(InMemoryConnection connection) {
    connections = connections.stream().filter(c -> c != connection).toList();
  }

  Outcome<Incarnation> join(Session session, HostId host) {
    Member member = members.computeIfAbsent(host, h -> new Member());
    member.incarnation = ++transaction;
    member.sequence = 0;
    member.session = session;
    tellLease(host, member);
    return Outcome.done(new Incarnation(member.incarnation));
  }

  Outcome<Ack> renew(Session session, HostId host, Incarnation incarnation, long sequence) {
    Member member = members.get(host);
    if (member == null || !isCurrent(member, session, incarnation)) {
      return Outcome.failed(
          Cause.EXPIRED, "incarnation " + incarnation + " of host " + host + " has ended");
    }
    member.sequence = sequence;
    tellLease(host, member);
    return Outcome.ok();
  }

  Outcome<Ack> leave(Session session, HostId host, Incarnation incarnation) {
    Member member = members.get(host);
    if (member != null && isCurrent(member, session, incarnation)) {
      member.session = null;
      tellLease(host, member);
    }
    return Outcome.ok();
  }

  Outcome<Optional<Lease>> observe(HostId host) {
    return Outcome.done(Optional.ofNullable(members.get(host)).map(m -> lease(host, m)));
  }

  Outcome<Election> campaign(Session session, String candidate) {
    Place held = place;
    if (held == null) {
      return elect(session, candidate);
    }
    return Outcome.done(
        held.session == session
            ? new Election.Elected(epoch())
            : new Election.LedBy(held.candidate, epoch()));
  }

  Outcome<Election> takeOver(Session session, String candidate, Epoch deposed) {
    Place held = place;
    if (held != null && (held.session == session || !epoch().equals(deposed))) {
      return campaign(session, candidate);
    }
    return epoch().equals(deposed)
        ? elect(session, candidate)
        : Outcome.failed(Cause.CONFLICT, "the epoch is " + epoch + ", not " + deposed);
  }

  Outcome<Ack> resign(Session session) {
    if (place != null && place.session == session) {
      place = null;
      tellControllerChanged();
    }
    return Outcome.ok();
  }

  /** Ends a session as its time-out would: what it held is free, what it wrote stays. */
  void end(Session session) {
    members.forEach(
        (host, member) -> {
          if (member.session == session) {
            member.session = null;
            tellLease(host, member);
          }
        });
    resign(session);
  }

  Outcome<Optional<Stored>> read(StateStore.Key key) {
    return Outcome.done(Optional.ofNullable(records.get(key)));
  }

  Outcome<List<Stored>> readAll(Table table) {
    return Outcome.done(
        records.values().stream().filter(stored -> stored.key().table() == table).toList());
  }

  Outcome<Ack> commit(Optional<Epoch> guard, List<Write> writes) {
    if (guard.isPresent() && !guard.get().equals(epoch())) {
      return Outcome.failed(
          Cause.DEPOSED, "epoch " + guard.get() + " is not current, " + epoch + " is");
    }
    for (Write write : writes) {
      if (!isAsExpected(write)) {
        return Outcome.failed(Cause.CONFLICT, write.key() + " is not " + write.expected());
      }
    }
    transaction++;
    commitObservers.forEach(observer -> observer.onCommit(guard, writes));
    for (Write write : writes) {
      StateStore.Key key = write.key();
      write
          .value()
          .ifPresentOrElse(
              value -> records.put(key, new Stored(key, value, transaction)),
              () -> records.remove(key));
      connections.forEach(connection -> connection.tellDirty(key));
    }
    return Outcome.ok();
  }

  private Outcome<Election> elect(Session session, String candidate) {
    epoch++;
    place = new Place(candidate, session);
    tellControllerChanged();
    return Outcome.done(new Election.Elected(epoch()));
  }

  private boolean isAsExpected(Write write) {
    Stored stored = records.get(write.key());
    Expected expected = write.expected();
    return expected instanceof Expected.Any
        || (expected instanceof Expected.Version version
            ? stored != null && stored.version() == version.version()
            : stored == null);
  }

  private static boolean isCurrent(Member member, Session session, Incarnation incarnation) {
    return member.session == session && member.incarnation == incarnation.value();
  }

  private static Lease lease(HostId host, Member member) {
    return new Lease(
        host, new Incarnation(member.incarnation), member.sequence, member.session != null);
  }

  private void tellLease(HostId host, Member member) {
    Lease lease = lease(host, member);
    connections.forEach(connection -> connection.tellLease(lease));
  }

  private void tellControllerChanged() {
    connections.forEach(InMemoryConnection::tellControllerChanged);
  }
}
