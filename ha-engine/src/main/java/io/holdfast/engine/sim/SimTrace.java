package io.holdfast.engine.sim;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import io.holdfast.engine.record.RecordCodec;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * The timeline of a run: a hash of all of it, and its last lines, or all of them. The hash depends
 * on nothing but what happened: it is the same in every JVM.
 */
final class SimTrace {
  private static final int LAST = 60;

  /**
   * @param what immutable: its text is made only when somebody reads it
   */
  private record Line(long at, String who, String prefix, Object what) {
    String text() {
      return String.format(Locale.ROOT, "%11.6f %-10s %s%s", at / 1e9, who, prefix, what);
    }
  }

  private final boolean keepAll;
  private final Deque<Line> lines = new ArrayDeque<>();
  private final SimDigest digest;
  private final Hasher sha256 = Hashing.sha256().newHasher();
  private long count;

  SimTrace(RecordCodec codec, boolean keepAll) {
    this.keepAll = keepAll;
    digest = new SimDigest(codec);
  }

  /**
   * @param what a text, or an event or an effect of a core
   */
  void add(long at, String who, String prefix, Object what) {
    count++;
    digest.mix(at);
    digest.mix(who);
    digest.mix(prefix);
    digest.mix(what);
    if (keepAll) {
      sha256.putLong(digest.value());
    }
    lines.addLast(new Line(at, who, prefix, what));
    if (!keepAll && lines.size() > LAST) {
      lines.removeFirst();
    }
  }

  long hash() {
    return digest.value();
  }

  /** A SHA-256 over what is hashed of each line, once, at the end of a run that is kept whole. */
  String sha256() {
    return sha256.hash().toString();
  }

  long count() {
    return count;
  }

  List<String> lines() {
    return lines.stream().map(Line::text).toList();
  }

  List<String> lastLines() {
    return lines.stream().skip(Math.max(0, lines.size() - LAST)).map(Line::text).toList();
  }
}
