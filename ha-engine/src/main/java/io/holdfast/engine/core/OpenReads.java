package io.holdfast.engine.core;

import io.holdfast.api.OpId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was asked of the store and has not been answered. never two: a report that was announced and
 * is not read may say that a workload is there already, moved by hand; so nothing that has no host
 * is started before it is.
 */
final class OpenReads {
  /** Longer than any read may take by its time-out; then another controller is to try. */
  private static final Duration HOPELESS = Duration.ofMinutes(2);

  /**
   * @param op empty: none is under way
   */
  private record Open(Optional<OpId> op, long since) {
    boolean is(OpId other) {
      return op.equals(Optional.of(other));
    }
  }

  private final ControllerState state;
  private final SortedMap<Key, Open> records = new TreeMap<>();

  /** Of everything. */
  private Optional<Open> comparison = Optional.empty();

  /** Since when changes may have been missed that only a comparison asked for later tells of. */
  private Optional<Long> missedSince = Optional.empty();

  /** Whether another comparison is to follow the one that is under way. */
  private boolean onceMore;

  OpenReads(ControllerState state) {
    this.state = state;
  }

  void reset() {
    records.clear();
    comparison = Optional.empty();
    missedSince = Optional.empty();
    onceMore = false;
  }

  void asked(Key key, OpId op) {
    Open before = records.get(key);
    records.put(key, new Open(Optional.of(op), before == null ? state.now : before.since()));
  }

  /** It was announced some time ago: nothing is started before it is read. */
  void areOverdue() {
    long since = state.now - state.timings().renewInterval().toNanos();
    records.replaceAll((key, open) -> new Open(open.op(), Math.min(since, open.since())));
  }

  /**
   * Whether this is the latest answer; an earlier one may tell of a state that is long gone.
   *
   * @param outcomeKnown else it is still owed
   */
  boolean answered(Key key, OpId op, boolean outcomeKnown) {
    Open open = records.get(key);
    if (open == null || !open.is(op)) {
      return false;
    }
    if (outcomeKnown) {
      records.remove(key);
    } else {
      records.put(key, new Open(Optional.empty(), open.since()));
    }
    return true;
  }

  /**
   * Everything is to be compared: now, or once more when the comparison under way is answered.
   *
   * @return whether that is now
   */
  boolean wantComparison() {
    onceMore = comparison.isPresent();
    return comparison.isEmpty();
  }

  void askedForAll(OpId op) {
    comparison = Optional.of(new Open(Optional.of(op), state.now));
  }

  /** Changes may have been missed just now. */
  void missed() {
    missedSince = missedSince.or(() -> Optional.of(state.now));
  }

  /** Changes may have been missed for some time: nothing is started before all is compared. */
  void missedBefore() {
    missedSince = Optional.of(state.now - state.timings().silence().toNanos());
  }

  /**
   * @param outcomeKnown else it is still owed
   * @return whether this is what was asked for last
   */
  boolean answeredAll(OpId op, boolean outcomeKnown) {
    boolean latest = comparison.filter(open -> open.is(op)).isPresent();
    if (latest) {
      comparison = Optional.empty();
      // One that was asked for before changes were missed does not tell of them.
      missedSince = outcomeKnown && !onceMore ? Optional.empty() : missedSince;
    }
    return latest;
  }

  /** Whether another comparison was wanted meanwhile; once. */
  boolean takeOnceMore() {
    boolean wanted = onceMore;
    onceMore = false;
    return wanted;
  }

  /**
   * Whether what was announced is overdue. Usually a record is read within milliseconds, and
   * everything within seconds.
   */
  boolean areOwed() {
    return state.now - oldestReport() >= state.timings().renewInterval().toNanos()
        || state.now - missedSince.orElse(state.now) >= state.timings().silence().toNanos();
  }

  /** Whether another controller is to try. */
  boolean areHopeless() {
    long compared = comparison.map(Open::since).orElse(state.now);
    long since = Math.min(compared, missedSince.orElse(state.now));
    return state.now - Math.min(since, oldestReport()) >= HOPELESS.toNanos();
  }

  /** Since when a report is owed; now if none is. */
  private long oldestReport() {
    long since = state.now;
    for (Map.Entry<Key, Open> read : records.entrySet()) {
      if (read.getKey().table() == Table.REPORT) {
        since = Math.min(since, read.getValue().since());
      }
    }
    return since;
  }
}
