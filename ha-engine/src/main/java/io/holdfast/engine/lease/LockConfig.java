package io.holdfast.engine.lease;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.LockBlock.Owner;
import java.time.Duration;

/**
 * Whose lock it is, and who asks for it.
 *
 * @param lock its number on every device
 * @param workload that has this number, and no other
 * @param me the host that asks: no other writes to the blocks of its slot
 * @param writer drawn at random by every process
 * @param hosts how many slots there are
 * @param devices how many hold the lock, 1 or greater; more than half of them have to agree
 * @param patience how long one request may take before its outcome is unknown
 * @param backOff the first pause after another has outbid this host, times its place among those
 *     that compete: they pause for different times, and for no more than a part of {@code patience}
 */
public record LockConfig(
    int lock,
    WorkloadId workload,
    Owner me,
    long writer,
    int hosts,
    int devices,
    Duration patience,
    Duration backOff) {
  public LockConfig {
    if (me.slot() >= hosts) {
      throw new InvalidConfigException("lock.slot", me.slot(), "0 to " + (hosts - 1));
    }
    if (devices < 1) {
      throw new InvalidConfigException("lock.devices", devices, "1 or greater");
    }
    check(patience, backOff);
  }

  /**
   * Refuses times with which nothing can be asked for.
   *
   * @throws InvalidConfigException if they are
   */
  public static void check(Duration patience, Duration backOff) {
    require("lock.patience", patience);
    require("lock.backOff", backOff);
  }

  private static void require(String field, Duration value) {
    if (value.compareTo(Duration.ofMillis(1)) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
      throw new InvalidConfigException(field, value, "PT0.001S to PT1H");
    }
  }
}
