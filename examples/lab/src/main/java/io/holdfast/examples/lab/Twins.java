package io.holdfast.examples.lab;

import io.holdfast.examples.lab.Emulators.Emulator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which guests have a second copy, judged from one look at the emulators after the other. Never
 * two: any second emulator is one, but for that of a live migration. It is there, with its
 * processors stopped, before the guest comes; and when they run, those of the first one must have
 * run for the last time.
 */
final class Twins {
  /** More than a processor's thread needs to begin, and less than a guest does in a moment. */
  private static final long EXECUTES_NANOS = 20_000_000;

  /** What a stopped processor's thread may need to end; a guest that runs needs more. */
  private static final long ENDS_NANOS = 5_000_000;

  private record Pair(long elder, long younger) {}

  /** How long the elder's processors had run when those of the younger were first seen to run. */
  private Map<Pair, Long> handedOver = new HashMap<>();

  /** Guests with a second copy, by this look at all emulators and those before. */
  List<String> of(List<Emulator> seen) {
    List<Emulator> byAge = new ArrayList<>(seen);
    byAge.sort(Comparator.comparingLong(Emulator::started).thenComparingLong(Emulator::pid));
    Map<Pair, Long> now = new HashMap<>();
    List<String> twins = new ArrayList<>();
    for (int i = 1; i < byAge.size(); i++) {
      Emulator younger = byAge.get(i);
      for (Emulator elder : byAge.subList(0, i)) {
        if (elder.guest().equals(younger.guest()) && isSecondCopy(elder, younger, now)) {
          twins.add(younger.guest());
        }
      }
    }
    handedOver = now;
    return twins;
  }

  private boolean isSecondCopy(Emulator elder, Emulator younger, Map<Pair, Long> now) {
    if (!younger.incoming()) {
      return true;
    }
    Pair pair = new Pair(elder.pid(), younger.pid());
    Long before = handedOver.get(pair);
    if (before == null && younger.executedNanos() < EXECUTES_NANOS) {
      return false;
    }
    if (before == null) {
      now.put(pair, elder.executedNanos());
      // Where the kernel does not tell, no migration can be told from a second copy.
      return elder.executedNanos() == Long.MAX_VALUE && younger.executedNanos() == Long.MAX_VALUE;
    }
    now.put(pair, before);
    return elder.executedNanos() != Long.MAX_VALUE && elder.executedNanos() - before > ENDS_NANOS;
  }
}
