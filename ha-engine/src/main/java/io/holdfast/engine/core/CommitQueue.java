package io.holdfast.engine.core;

import io.holdfast.api.Epoch;
import io.holdfast.api.OpId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.engine.record.HostReturns;
import io.holdfast.engine.record.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The controller's writes: one commit at a time, what comes up meanwhile goes into the next. Keys
 * are written in the order of their tables reversed where it matters: evidence before placements
 * before intents, so that a batch that has to be split is still safe at every cut.
 */
final class CommitQueue {
  /** At least this many writes fit into one transaction of every store. */
  static final int MAX_CHANGES = 100;

  private final TreeMap<Key, Optional<StateRecord>> pending = new TreeMap<>(CommitQueue::safeOrder);
  private Optional<ControllerEffect.Commit> inFlight = Optional.empty();
  private int limit = MAX_CHANGES;

  void put(StateRecord record) {
    pending.put(record.key(), Optional.of(record));
  }

  void delete(Key key) {
    pending.put(key, Optional.empty());
  }

  /** The next commit, if there is something to write and nothing is on its way. */
  Optional<ControllerEffect.Commit> next(Epoch epoch, OpId op) {
    if (inFlight.isPresent() || pending.isEmpty()) {
      return Optional.empty();
    }
    List<ControllerEffect.Change> changes = new ArrayList<>();
    while (changes.size() < limit && !pending.isEmpty()) {
      var first = pending.pollFirstEntry();
      changes.add(new ControllerEffect.Change(first.getKey(), first.getValue()));
    }
    inFlight = Optional.of(new ControllerEffect.Commit(op, epoch, List.copyOf(changes)));
    return inFlight;
  }

  boolean wouldEmit() {
    return inFlight.isEmpty() && !pending.isEmpty();
  }

  /** The commit that this completion belongs to; a late one belongs to none. */
  Optional<ControllerEffect.Commit> complete(OpId op) {
    Optional<ControllerEffect.Commit> done = inFlight.filter(commit -> commit.op().equals(op));
    if (done.isPresent()) {
      inFlight = Optional.empty();
    }
    return done;
  }

  /**
   * Takes back a commit that was too large for the store, to be written in smaller ones.
   *
   * @return false if it cannot be split any more
   */
  boolean split(ControllerEffect.Commit tooLarge) {
    if (tooLarge.changes().size() <= 1) {
      return false;
    }
    limit = tooLarge.changes().size() / 2;
    tooLarge.changes().forEach(change -> pending.putIfAbsent(change.key(), change.value()));
    return true;
  }

  void clear() {
    limit = MAX_CHANGES;
    pending.clear();
    inFlight = Optional.empty();
  }

  private static int safeOrder(Key one, Key other) {
    int byRank = Integer.compare(rank(one), rank(other));
    return byRank != 0 ? byRank : one.compareTo(other);
  }

  private static int rank(Key key) {
    return switch (key.table()) {
      case FENCE -> HostReturns.hostOf(key).isPresent() ? 3 : 0; // nothing waits for those
      case PLACEMENT -> 1;
      case INTENT -> 2;
      case HOST, WORKLOAD, DEFINITION, REPORT, CLUSTER, RULE, DIRECTIVE, REQUEST ->
          throw new IllegalArgumentException("not written by the controller: " + key);
    };
  }
}
