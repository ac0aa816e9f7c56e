package io.holdfast.api;

/**
 * The name of a workload: its kind, which chooses the {@link io.holdfast.api.spi.Hypervisor}, and a
 * name unique within that kind. Written {@code kind:name}, for example {@code vm:101} or {@code
 * iscsi:store-1}. Kinds are open.
 *
 * @param kind 1 to 63 letters, digits, {@code . _ -}, starting with a letter or digit
 * @param name 1 to 64 of the same
 */
public record WorkloadId(String kind, String name) implements Comparable<WorkloadId> {
  public WorkloadId {
    Names.check("workload.kind", kind);
    if (kind.length() > 63) { // with the colon and the name it is a store key of 128 at most
      throw new InvalidConfigException("workload.kind", '"' + kind + '"', "1 to 63 characters");
    }
    Names.check("workload.name", name);
  }

  /**
   * @throws InvalidConfigException if the text is not {@code kind:name}
   */
  public static WorkloadId parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new InvalidConfigException("workload", '"' + text + '"', "kind:name, such as vm:101");
    }
    return new WorkloadId(text.substring(0, colon), text.substring(colon + 1));
  }

  // Written out, and equal to what a record is given: that is slow until it is compiled, and a
  // controller takes over for the first time in its JVM with nothing compiled.

  @Override
  public int hashCode() {
    return 31 * kind.hashCode() + name.hashCode();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WorkloadId id && name.equals(id.name) && kind.equals(id.kind);
  }

  @Override
  public int compareTo(WorkloadId other) {
    int byKind = kind.compareTo(other.kind);
    return byKind != 0 ? byKind : name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return kind + ":" + name;
  }
}
