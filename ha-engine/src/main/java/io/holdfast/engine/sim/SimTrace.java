package io.holdfast.engine.sim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** The timeline of a run: a hash of all of it, and its last lines, or all of them. */
final class SimTrace {
  private static final int LAST = 60;
  private static final long FNV_PRIME = 0x100000001b3L;

  private record Line(long at, String who, String what) {
    String text() {
      return String.format(Locale.ROOT, "%11.6f %-10s %s", at / 1e9, who, what);
    }
  }

  private final boolean keepAll;
  private final Deque<Line> lines = new ArrayDeque<>();
  private long hash = 0xcbf29ce484222325L;
  private long count;

  SimTrace(boolean keepAll) {
    this.keepAll = keepAll;
  }

  void add(long at, String who, String what) {
    count++;
    mix(at);
    mix(who.hashCode());
    mix(what.hashCode());
    lines.addLast(new Line(at, who, what));
    if (!keepAll && lines.size() > LAST) {
      lines.removeFirst();
    }
  }

  private void mix(long value) {
    hash = (hash ^ value) * FNV_PRIME;
  }

  long hash() {
    return hash;
  }

  long count() {
    return count;
  }

  List<String> lines() {
    return lines.stream().map(Line::text).toList();
  }

  List<String> lastLines() {
    List<String> all = new ArrayList<>(lines());
    return all.subList(Math.max(0, all.size() - LAST), all.size());
  }
}
