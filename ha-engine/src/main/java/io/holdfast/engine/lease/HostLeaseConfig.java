package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import java.time.Duration;
import java.util.Optional;

/**
 * Whose lease it is, and by which numbers.
 *
 * @param slot its number on every device; no other host has the same
 * @param incarnation of this stay, greater than of any before
 * @param writer drawn at random by every process
 * @param watchdogPeriod with which the host's watchdog is armed; zero if it has none, and then
 *     nobody ever takes the lease's end for the host's
 * @param devices how many hold the lease, 1 or greater; more than half of them have to be written
 */
public record HostLeaseConfig(
    StorageTiming timing,
    int slot,
    HostId host,
    Incarnation incarnation,
    long writer,
    Duration watchdogPeriod,
    int devices) {
  public HostLeaseConfig {
    if (slot < 0 || slot >= Layout.MOST_HOSTS) {
      throw new InvalidConfigException("lease.slot", slot, "0 to " + (Layout.MOST_HOSTS - 1));
    }
    if (devices < 1) {
      throw new InvalidConfigException("lease.devices", devices, "1 or greater");
    }
    Duration longest = timing.lease().watchdogPeriod();
    if (watchdogPeriod.isNegative() || watchdogPeriod.compareTo(longest) > 0) {
      throw new InvalidConfigException(
          "lease.watchdogPeriod",
          watchdogPeriod,
          "PT0S to %s, half of W, with which H was computed".formatted(longest));
    }
  }

  HostSlot slotWith(long sequence, boolean released) {
    return new HostSlot(
        slot,
        Optional.of(
            new HostSlot.Holder(
                host,
                incarnation,
                sequence,
                writer,
                released,
                timing.lease().validity(),
                watchdogPeriod)));
  }
}
