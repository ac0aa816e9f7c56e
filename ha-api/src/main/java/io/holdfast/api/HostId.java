package io.holdfast.api;

/**
 * The name of a host, unique in its cluster.
 *
 * @param value 1 to 64 letters, digits, {@code . _ -}
 */
public record HostId(String value) implements Comparable<HostId> {
  public HostId {
    Names.check("host", value);
  }

  @Override
  public int compareTo(HostId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
