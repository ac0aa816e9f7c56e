package io.holdfast.engine.decision;

import io.holdfast.engine.core.ControllerEffect;
import java.util.List;

/** What one step decided, in 16 digits: the same in every process that decides the same. */
public final class Fingerprint {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private Fingerprint() {}

  public static String of(List<ControllerEffect> effects) {
    long hash = FNV_OFFSET;
    for (ControllerEffect effect : effects) {
      // Its text, because the hash codes of enum constants differ from process to process.
      hash = mix(hash, effect.toString());
    }
    return "%d:%016x".formatted(effects.size(), hash);
  }

  public static String of(Throwable thrown) {
    return "threw:%016x".formatted(mix(FNV_OFFSET, thrown.toString()));
  }

  private static long mix(long before, String text) {
    long hash = before;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * FNV_PRIME;
    }
    return (hash ^ '\n') * FNV_PRIME;
  }
}
