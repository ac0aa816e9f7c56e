package io.holdfast.engine.core;

import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Deadlines by name, in order. One per name; setting it again moves it. Costs the logarithm of the
 * number of deadlines.
 *
 * @param <K> what a deadline is for
 */
final class Timers<K extends Comparable<K>> {
  private record Due<K extends Comparable<K>>(long at, K key) implements Comparable<Due<K>> {
    @Override
    public int compareTo(Due<K> other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : key.compareTo(other.key);
    }
  }

  private final TreeMap<K, Long> byKey = new TreeMap<>();
  private final SortedSet<Due<K>> byTime = new TreeSet<>();
  private long next = Long.MAX_VALUE;

  void set(K key, long at) {
    cancel(key);
    byKey.put(key, at);
    byTime.add(new Due<>(at, key));
    next = Math.min(next, at);
  }

  /** Sees to it that there is a deadline by then: one that is earlier stays. */
  void setAtLatest(K key, long at) {
    Long before = byKey.get(key);
    if (before == null || before > at) {
      set(key, at);
    }
  }

  /** Sees to it that there is a deadline between the two: at the latest, if there is none yet. */
  void setBetween(K key, long earliest, long latest) {
    Long before = byKey.get(key);
    if (before == null || before < earliest || before > latest) {
      set(key, latest);
    }
  }

  void cancel(K key) {
    Long at = byKey.remove(key);
    if (at != null) {
      byTime.remove(new Due<>(at, key));
      next = byTime.isEmpty() ? Long.MAX_VALUE : byTime.first().at();
    }
  }

  /** When this is due, if it is. */
  Optional<Long> at(K key) {
    return Optional.ofNullable(byKey.get(key));
  }

  /** Takes out the earliest deadline that is due. */
  Optional<K> pollDue(long now) {
    if (byTime.isEmpty() || next > now) {
      return Optional.empty();
    }
    K key = byTime.first().key();
    cancel(key);
    return Optional.of(key);
  }

  /** The earliest deadline, {@link Long#MAX_VALUE} if there is none. */
  long next() {
    return next;
  }
}
