package io.holdfast.engine.lease;

/**
 * What is wrong with a lease device, and where. Nothing that has a finding is ever taken for free,
 * or written over but by a person's word.
 *
 * @param device its path
 * @param offset of the block, in bytes from the device's beginning
 * @param detail one line for people
 */
public record Finding(Kind kind, String device, long offset, String detail) {

  /** What it is. */
  public enum Kind {
    /** Nothing but zero bytes where a record should be. */
    BLANK,
    /** Something that is no record of this kind. */
    FOREIGN,
    /** The device ends before the block does. */
    TRUNCATED,
    /** The checksum or a value is wrong: torn, or bits have flipped. */
    DAMAGED,
    /** A record of a version that this program does not know. */
    OTHER_VERSION,
    /** A record of another cluster, or of another initialisation of the device. */
    OTHER_DEVICE,
    /** A sound record of another place. */
    MISPLACED,
    /** The initialisation has not come to its end. */
    UNFINISHED,
    /** The device's blocks are larger than the slots: a write would reach into neighbours. */
    BLOCK_SIZE,
    /** What stands in one place contradicts what stands in another. */
    CONTRADICTORY,
    /** It is read through caches of this host, which may hide what others have written. */
    CACHED,
    /** It could not be read or written, or not in time. */
    NO_ANSWER
  }

  /** One line: where, what, and the detail. */
  public String describe() {
    return "%s at byte %d: %s: %s".formatted(device, offset, kind, detail);
  }
}
