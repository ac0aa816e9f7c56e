package io.holdfast.engine.lease;

import io.holdfast.engine.lease.Finding.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A device in virtual time that keeps what it promises and nothing more: what it has acknowledged
 * is there for every read that begins later. What was not acknowledged may happen at any time, also
 * long after whoever asked was told that it has failed, or never; before a write takes effect its
 * record may be read torn; a write may be carried out twice within a second; a call may hang for a
 * minute, or all calls of one host; and of what a dead host had under way, some lands later.
 *
 * @param <T> its records, one in each place
 */
final class FaultyDisk<T> {
  static final long MS = 1_000_000;
  static final long SECOND = 1_000 * MS;
  private static final long MINUTE = 60 * SECOND;

  /** Told when a read has ended. */
  interface ReadEnded<T> {
    void ended(boolean done, List<Reading<T>> seen);
  }

  /** Told when a write has ended. */
  interface WriteEnded {
    void ended(boolean acknowledged);
  }

  /** A write that has not taken effect. */
  private static final class Pending<T> {
    final Object host;
    final int place;
    final T record;

    Pending(Object host, int place, T record) {
      this.host = host;
      this.place = place;
      this.record = record;
    }
  }

  private final VirtualTime time;
  private final SplittableRandom dice;
  private final String name;
  private final List<Reading<T>> places = new ArrayList<>();
  private final List<Pending<T>> pending = new ArrayList<>();
  private final Map<Object, Long> cutOff = new HashMap<>();
  private long outageUntil;
  private boolean calm;

  FaultyDisk(VirtualTime time, SplittableRandom dice, String name, List<T> records) {
    this.time = time;
    this.dice = dice;
    this.name = name;
    records.forEach(record -> places.add(new Reading.Sound<>(record)));
  }

  /** From now on it does all that it should, at once. */
  void calmDown() {
    calm = true;
  }

  void failsFor(long nanos) {
    outageUntil = time.now() + nanos;
  }

  /** This host alone does not reach it: all that it asks for waits. */
  void cutsOff(Object host, long nanos) {
    cutOff.put(host, time.now() + nanos);
  }

  /** What stands on it now. */
  List<Reading<T>> snapshot() {
    return List.copyOf(places);
  }

  /** It is set back to what stood there before, and forgets what it has acknowledged since. */
  void restore(List<Reading<T>> snapshot) {
    for (int place = 0; place < places.size(); place++) {
      if (snapshot.get(place).sound().isPresent()) {
        places.set(place, snapshot.get(place));
      }
    }
  }

  private long latency(Object host) {
    if (calm) {
      return MS + dice.nextLong(10 * MS);
    }
    long until = Math.max(outageUntil, cutOff.getOrDefault(host, 0L));
    if (time.now() < until) {
      return until - time.now() + dice.nextLong(SECOND);
    }
    int die = dice.nextInt(100);
    if (die < 2) {
      return dice.nextLong(60 * SECOND);
    }
    return die < 12 ? dice.nextLong(2 * SECOND) : MS + dice.nextLong(100 * MS);
  }

  private boolean fails() {
    return !calm && dice.nextInt(60) == 0;
  }

  /** Reads all places, each at some moment until it ends. */
  void read(Object host, ReadEnded<T> then) {
    long latency = latency(host);
    boolean fails = fails();
    List<Reading<T>> seen = new ArrayList<>();
    int half = places.size() / 2;
    time.after(
        dice.nextLong(latency / 2 + 1),
        () -> {
          seen.addAll(places.subList(0, half));
          time.after(
              dice.nextLong(latency / 2 + 1),
              () -> {
                seen.addAll(places.subList(half, places.size()));
                time.after(latency / 4, () -> then.ended(!fails, seen));
              });
        });
  }

  /** Writes one place. */
  void write(Object host, int place, T record, WriteEnded then) {
    long latency = latency(host);
    boolean fails = fails();
    int fate = fails ? dice.nextInt(3) : 0;
    long end = time.now() + latency;
    if (fate == 2) { // it has failed, and is still on its way
      takesEffect(host, place, record, end + dice.nextLong(dice.nextBoolean() ? SECOND : MINUTE));
    } else if (fate == 0) {
      long effect = time.now() + dice.nextLong(latency + 1);
      takesEffect(host, place, record, effect);
      if (!calm && dice.nextInt(20) == 0) { // carried out twice
        takesEffect(host, place, record, Math.min(end, effect + dice.nextLong(SECOND)));
      }
    }
    time.at(end, () -> then.ended(!fails));
  }

  private void takesEffect(Object host, int place, T record, long at) {
    Pending<T> write = new Pending<>(host, place, record);
    pending.add(write);
    if (!calm && dice.nextInt(5) == 0) {
      Finding torn = new Finding(Kind.DAMAGED, name, place * 4096L, "torn");
      time.at(
          at - dice.nextLong(2 * MS),
          () -> {
            if (isPending(write)) {
              places.set(place, new Reading.Unsound<>(torn));
            }
          });
    }
    time.at(at, () -> carryOut(write));
  }

  private void carryOut(Pending<T> write) {
    if (isPending(write)) {
      pending.removeIf(other -> other == write);
      places.set(write.place, new Reading.Sound<>(write.record));
    }
  }

  private boolean isPending(Pending<T> write) {
    return pending.stream().anyMatch(other -> other == write);
  }

  /** Whether a write of it has not taken effect yet. */
  boolean isUnderWay(Object host) {
    return pending.stream().anyMatch(write -> write.host == host);
  }

  /** The host is reset: what it had under way lands within the drain, or never. */
  void dies(Object host, long drain) {
    List<Pending<T>> left = pending.stream().filter(write -> write.host == host).toList();
    for (Pending<T> write : left) {
      time.after(
          dice.nextLong(drain + 1),
          () -> {
            if (dice.nextBoolean() || places.get(write.place).finding().isPresent()) {
              carryOut(write); // what was torn is made whole: records are written whole or not
            }
            pending.removeIf(other -> other == write);
          });
    }
  }
}
