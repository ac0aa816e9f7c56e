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

  // Written out for the reason that WorkloadId gives.

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HostId id && value.equals(id.value);
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
