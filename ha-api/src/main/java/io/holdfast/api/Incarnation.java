package io.holdfast.api;

/**
 * One stay of a host in the cluster. A host that joins again has a greater incarnation and owns
 * nothing until it is told. Incarnations of one host are ordered; gaps are normal.
 *
 * @param value greater than zero
 */
public record Incarnation(long value) implements Comparable<Incarnation> {
  public Incarnation {
    if (value <= 0) {
      throw new InvalidConfigException("incarnation", value, "greater than 0");
    }
  }

  @Override
  public int compareTo(Incarnation other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
