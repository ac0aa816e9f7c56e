package io.holdfast.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.Subscription;
import io.holdfast.zookeeper.ZNodes.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;

/** Records as nodes; a commit is one transaction. */
final class ZooKeeperStateStore implements StateStore {
  private static final int MAX_WRITES = 1_000;

  /** Of a packet, for its header and for what the server adds when it logs a transaction. */
  private static final int PACKET_OVERHEAD = 8 * 1024;

  /** Of an operation besides path and value: type, versions, flags, an access list. */
  private static final int OPERATION_OVERHEAD = 160;

  /** How many reads are under way at once. */
  private static final int READ_WINDOW = 500;

  private final Link link;
  private final ControllerPlace place;
  private final List<RecordFeed> feeds = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  ZooKeeperStateStore(Link link, ControllerPlace place) {
    this.link = link;
    this.place = place;
  }

  @Override
  public boolean guardsEpoch() {
    return true;
  }

  @Override
  public int maxValueBytes() {
    return maxCommitBytes() - 1024;
  }

  @Override
  public int maxWritesPerCommit() {
    return MAX_WRITES;
  }

  private int maxCommitBytes() {
    return link.settings().maxPacketBytes - PACKET_OVERHEAD;
  }

  @Override
  public Outcome<Optional<Stored>> read(Key key, Duration timeout) {
    return repeat(
        timeout,
        calls ->
            Outcome.done(
                calls.await(calls.get(link.layout().record(key))).map(n -> stored(key, n))));
  }

  @Override
  public Outcome<List<Stored>> readAll(Table table, Duration timeout) {
    return repeat(
        timeout,
        calls -> {
          List<CompletableFuture<List<String>>> listings =
              link.layout().directories(table).stream().map(calls::children).toList();
          List<Key> keys = new ArrayList<>();
          for (List<String> names : calls.awaitAll(listings)) {
            names.forEach(name -> RecordFeed.key(table, name).ifPresent(keys::add));
          }
          keys.sort(Comparator.naturalOrder());
          List<Stored> found = new ArrayList<>(keys.size());
          for (int start = 0; start < keys.size(); start += READ_WINDOW) {
            readInto(found, calls, keys.subList(start, Math.min(keys.size(), start + READ_WINDOW)));
          }
          return Outcome.done(List.copyOf(found));
        });
  }

  private void readInto(List<Stored> found, Calls calls, List<Key> keys)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    List<CompletableFuture<Optional<Node>>> nodes =
        keys.stream().map(key -> calls.get(link.layout().record(key))).toList();
    for (int i = 0; i < keys.size(); i++) {
      Key key = keys.get(i);
      calls.await(nodes.get(i)).ifPresent(node -> found.add(stored(key, node)));
    }
  }

  @Override
  public Outcome<Ack> commit(Optional<Epoch> guard, List<Write> writes, Duration timeout) {
    List<Write> copy = List.copyOf(writes);
    return check(copy).orElseGet(() -> call(timeout, calls -> commit(calls, guard, copy)));
  }

  private Outcome<Ack> commit(Calls calls, Optional<Epoch> guard, List<Write> writes)
      throws KeeperException,
          RejectedException,
          RefusedException,
          TimeoutException,
          InterruptedException {
    OptionalInt epochVersion = OptionalInt.empty();
    if (guard.isPresent()) {
      epochVersion = place.guard(calls, guard.get());
      if (epochVersion.isEmpty()) {
        return deposed(guard.get());
      }
    }
    CommitPlan plan = new CommitPlan(link.layout(), link.settings().acls, writes);
    boolean lookUp = plan.expectsVersions();
    boolean upToDate = false;
    while (true) {
      if (lookUp) {
        plan.lookUp(calls);
        Optional<Write> mismatch = plan.mismatch();
        if (mismatch.isPresent() && upToDate) {
          return conflict(mismatch.get());
        }
        if (mismatch.isPresent()) {
          // The server asked may be behind: the verdict needs an answer of a majority.
          if (!holds(calls, epochVersion)) {
            return deposed(guard.orElseThrow());
          }
          upToDate = true;
          continue;
        }
      }
      try {
        calls.await(calls.multi(plan.operations(epochVersion)));
        return Outcome.ok();
      } catch (RejectedException e) {
        if (!e.isRace()) {
          throw e;
        }
        switch (plan.role(e.index())) {
          case EPOCH -> {
            return deposed(guard.orElseThrow());
          }
          case EXPECTATION -> {
            return Outcome.failed(Cause.CONFLICT, "a record is not as expected: " + e.code());
          }
          case DIRECTORY, GUESS -> {
            lookUp = true;
            upToDate = false;
          }
        }
      }
    }
  }

  /** Whether the epoch still is current, asked of a majority. */
  private boolean holds(Calls calls, OptionalInt epochVersion)
      throws KeeperException, RejectedException, TimeoutException, InterruptedException {
    if (epochVersion.isEmpty()) {
      calls.await(calls.barrier());
      return true;
    }
    Op epochIsCurrent = Op.check(link.layout().epoch(), epochVersion.getAsInt());
    try {
      calls.await(calls.multi(List.of(epochIsCurrent)));
      return true;
    } catch (RejectedException e) {
      if (e.code() == Code.BADVERSION) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public Subscription watch(Table table, Optional<String> name, ChangeListener listener) {
    RecordFeed feed = new RecordFeed(link, table, name, listener, feeds::remove);
    feeds.add(feed);
    feed.start();
    return feed;
  }

  /** Ends the feeds. The session is the membership's. */
  @Override
  public void close() {
    closed = true;
    feeds.forEach(RecordFeed::close);
  }

  private <T> Outcome<T> repeat(Duration timeout, Link.Request<T> request) {
    return closed
        ? Outcome.failed(Cause.ERROR, "the store is closed")
        : link.repeat(timeout, request);
  }

  private <T> Outcome<T> call(Duration timeout, Link.Request<T> request) {
    return closed
        ? Outcome.failed(Cause.ERROR, "the store is closed")
        : link.call(timeout, request);
  }

  private Optional<Outcome<Ack>> check(List<Write> writes) {
    if (writes.size() > MAX_WRITES) {
      return tooLarge(writes.size() + " writes", MAX_WRITES);
    }
    Set<Key> seen = new HashSet<>();
    long total = 0;
    for (Write write : writes) {
      if (!seen.add(write.key())) {
        return Optional.of(Outcome.failed(Cause.INVALID, write.key() + " is written twice"));
      }
      int bytes = write.value().map(value -> value.getBytes(UTF_8).length).orElse(0);
      if (bytes > maxValueBytes()) {
        return tooLarge(bytes + " bytes for " + write.key(), maxValueBytes());
      }
      total += bytes + 2L * link.layout().record(write.key()).length() + OPERATION_OVERHEAD;
    }
    return total > maxCommitBytes()
        ? tooLarge(total + " bytes", maxCommitBytes())
        : Optional.empty();
  }

  private static Optional<Outcome<Ack>> tooLarge(String found, int limit) {
    return Optional.of(
        Outcome.failed(Cause.TOO_LARGE, found + " in a commit, at most " + limit + " go"));
  }

  private static Outcome<Ack> deposed(Epoch epoch) {
    return Outcome.failed(Cause.DEPOSED, "epoch " + epoch + " is not current");
  }

  private static Outcome<Ack> conflict(Write write) {
    return Outcome.failed(Cause.CONFLICT, write.key() + " is not at " + write.expected());
  }

  private static Stored stored(Key key, Node node) {
    return new Stored(key, node.text(), node.stat().getMzxid());
  }
}
