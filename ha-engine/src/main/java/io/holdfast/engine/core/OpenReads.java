package io.holdfast.engine.core;

import io.holdfast.api.OpId;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerState.TimerKind;
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
  /** After so many times the tolerated silence another controller is to try. */
  private static final int HOPELESS = 4;

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
  private Optional<OpId> comparison = Optional.empty();

  /** Since when it is known that changes may have been missed. */
  private Optional<Long> missedSince = Optional.empty();

  OpenReads(ControllerState state) {
    this.state = state;
  }

  void reset() {
    records.clear();
    comparison = Optional.empty();
    missedSince = Optional.empty();
  }

  void asked(Key key, OpId op) {
    Open before = records.get(key);
    records.put(key, new Open(Optional.of(op), before == null ? state.now : before.since()));
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

  void askedForAll(OpId op) {
    comparison = Optional.of(op);
  }

  /** Changes may have been missed: only what is asked for from now on tells of them. */
  void missed() {
    missedSince = missedSince.or(() -> Optional.of(state.now));
  }

  boolean answeredAll(OpId op, boolean outcomeKnown) {
    boolean latest = comparison.equals(Optional.of(op));
    if (latest) {
      comparison = Optional.empty();
      missedSince = outcomeKnown ? Optional.empty() : missedSince;
    }
    return latest;
  }

  /** Whether what was announced is overdue: usually it is read within milliseconds. */
  boolean areOwed() {
    return owedFor() >= patience();
  }

  /** Whether another controller is to try. */
  boolean areHopeless() {
    return owedFor() >= HOPELESS * state.timings().silence().toNanos();
  }

  private long owedFor() {
    long since = missedSince.orElse(state.now);
    for (Map.Entry<Key, Open> read : records.entrySet()) {
      if (read.getKey().table() == Table.REPORT) {
        since = Math.min(since, read.getValue().since());
      }
    }
    return state.now - since;
  }

  private long patience() {
    return state.timings().renewInterval().toNanos();
  }

  /** Has what is overdue asked for again, for an answer may have been lost. */
  void askAgain() {
    missedSince.ifPresent(since -> state.timer(TimerKind.RESYNC, "state", next(since)));
    records.forEach(
        (key, open) -> {
          if (key.table() == Table.REPORT && state.now - open.since() >= patience()) {
            state.timer(TimerKind.REREAD, key.toString(), next(open.since()));
          }
        });
  }

  /** However often this is asked, the time does not move away. */
  private long next(long since) {
    return since + ((state.now - since) / patience() + 1) * patience();
  }
}
