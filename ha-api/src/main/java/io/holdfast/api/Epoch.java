package io.holdfast.api;

/**
 * The term of one controller. Every election increments it; a store refuses writes of an older
 * epoch, and agents refuse intents of one.
 *
 * @param value zero (never led) or greater
 */
public record Epoch(long value) implements Comparable<Epoch> {
  /** No controller has led yet. */
  public static final Epoch NONE = new Epoch(0);

  public Epoch {
    if (value < 0) {
      throw new InvalidConfigException("epoch", value, "0 or greater");
    }
  }

  @Override
  public int compareTo(Epoch other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
