package io.holdfast.api;

/**
 * Names one operation that a core asked for, so that its completion can be matched and a late one
 * ignored.
 *
 * @param epoch for a controller its epoch, for an agent its incarnation
 * @param sequence counts up within that epoch
 */
public record OpId(long epoch, long sequence) implements Comparable<OpId> {
  @Override
  public int compareTo(OpId other) {
    int byEpoch = Long.compare(epoch, other.epoch);
    return byEpoch != 0 ? byEpoch : Long.compare(sequence, other.sequence);
  }

  @Override
  public String toString() {
    return epoch + "." + sequence;
  }
}
