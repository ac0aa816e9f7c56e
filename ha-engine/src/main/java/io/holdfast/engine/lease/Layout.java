package io.holdfast.engine.lease;

import io.holdfast.api.InvalidConfigException;

/**
 * Where things are on a lease device: the superblock, one slot for each host, and for each lock one
 * block for each host. Every slot and block is as large as one unit of I/O, so a host writes only
 * what is its own.
 *
 * @param slotSize in bytes: a power of two from 4,096 to 1,048,576, and no less than the device's
 *     own block size
 * @param hosts 1 to 2,000
 * @param locks 0 to 100,000
 */
public record Layout(int slotSize, int hosts, int locks) {
  public static final int LEAST_SLOT = 4096;
  public static final int MOST_SLOT = 1 << 20;
  public static final int MOST_HOSTS = 2000;
  public static final int MOST_LOCKS = 100_000;

  /** All slots are read at once, and so are all blocks of a lock: this much memory at most. */
  public static final int MOST_AT_ONCE = 64 << 20;

  public Layout {
    if (slotSize < LEAST_SLOT || slotSize > MOST_SLOT || Integer.bitCount(slotSize) != 1) {
      throw new InvalidConfigException(
          "device.slotSize",
          slotSize,
          "a power of two from %d to %d".formatted(LEAST_SLOT, MOST_SLOT));
    }
    require("device.hosts", hosts, 1, MOST_HOSTS);
    require("device.locks", locks, 0, MOST_LOCKS);
    if ((long) slotSize * hosts > MOST_AT_ONCE) {
      throw new InvalidConfigException(
          "device.slotSize",
          slotSize,
          "at most %d bytes for %d hosts, which are read at once".formatted(MOST_AT_ONCE, hosts));
    }
  }

  private static void require(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidConfigException(field, value, least + " to " + most);
    }
  }

  /** How many slots and blocks there are, the superblock included. */
  public long slots() {
    return 1L + hosts + (long) locks * hosts;
  }

  /** How much of the device is used, in bytes. */
  public long size() {
    return slots() * slotSize;
  }

  /** Where a host's slot begins. */
  public long hostOffset(int host) {
    return (1L + checked("slot", host, hosts)) * slotSize;
  }

  /** Where a lock's blocks begin: one for each host, in the order of their slots. */
  public long lockOffset(int lock) {
    return (1L + hosts + (long) checked("lock", lock, locks) * hosts) * slotSize;
  }

  /** Where a host's block of a lock begins. */
  public long blockOffset(int lock, int host) {
    return lockOffset(lock) + (long) checked("slot", host, hosts) * slotSize;
  }

  private static int checked(String what, int index, int count) {
    if (index < 0 || index >= count) {
      throw new InvalidConfigException(what, index, count == 0 ? "none" : "0 to " + (count - 1));
    }
    return index;
  }
}
