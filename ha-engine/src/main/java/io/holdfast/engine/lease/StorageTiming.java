package io.holdfast.engine.lease;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.LeaseTiming;
import java.time.Duration;

/**
 * The arithmetic of a lease that is kept on storage: that of every lease ({@link LeaseTiming}), and
 * δ, after which one read or write counts as unknown. A renewal is a read and a write, so it takes
 * 2δ at most, {@code R ≥ 2δ}; and a holder survives three renewals that hang for all of that,
 * {@code F ≥ R + 3·2δ}.
 *
 * @param lease R, F, W, D, ρ and H
 * @param ioTimeout δ, 1 ms or longer: what takes longer has no result for whoever asked, and
 *     nothing further is asked of that device before it ends
 */
public record StorageTiming(LeaseTiming lease, Duration ioTimeout) {
  private static final int RENEWALS_SURVIVED = 3;
  private static final long MILLION = 1_000_000;

  public StorageTiming {
    if (ioTimeout.compareTo(Duration.ofMillis(1)) < 0) {
      throw new InvalidConfigException("lease.ioTimeout", ioTimeout, "at least PT0.001S");
    }
    // compared by division, because a time-out that is far too long must not overflow either.
    Duration renewal = lease.renewInterval();
    if (ioTimeout.compareTo(renewal.dividedBy(2)) > 0) {
      throw new InvalidConfigException(
          "lease.renewInterval", renewal, "R >= 2*d, with d = lease.ioTimeout = " + ioTimeout);
    }
    Duration least = leastValidity(renewal, ioTimeout);
    if (lease.validity().compareTo(least) < 0) {
      throw new InvalidConfigException(
          "lease.validity",
          lease.validity(),
          "F >= R + 3*2*d = %s + 3*2*%s = %s".formatted(renewal, ioTimeout, least));
    }
  }

  /**
   * The lease that goes with a device: renewed as often as it bears ({@code R = 2δ}), with the
   * shortest validity ({@code F = 8δ}) and the least wait that are safe.
   *
   * @param ioTimeout δ, 1 ms to 7.5 minutes
   * @param watchdog W, see {@link LeaseTiming}
   * @param drain D
   * @param rateErrorPpm ρ in parts per million
   */
  public static StorageTiming of(
      Duration ioTimeout, Duration watchdog, Duration drain, int rateErrorPpm) {
    if (ioTimeout.compareTo(Duration.ofMillis(1)) < 0
        || ioTimeout.compareTo(Duration.ofSeconds(450)) > 0) {
      throw new InvalidConfigException("lease.ioTimeout", ioTimeout, "PT0.001S to PT7M30S");
    }
    Duration renewal = ioTimeout.multipliedBy(2);
    Duration validity = leastValidity(renewal, ioTimeout);
    Duration wait = LeaseTiming.leastTakeoverWait(validity, watchdog, drain, rateErrorPpm);
    return new StorageTiming(
        new LeaseTiming(renewal, validity, watchdog, drain, rateErrorPpm, wait), ioTimeout);
  }

  /**
   * How long a claim rests before it is read back: {@code 2δ·(1+ρ)/(1−ρ)}, rounded up. Whoever
   * found the slot free as well has written within 2δ of its own clock, or gives up.
   */
  public Duration settle() {
    long ppm = lease.rateErrorPpm();
    // at most 3.6e12 ns times 1.1e6: fits
    long scaled =
        Math.multiplyExact(ioTimeout.multipliedBy(2).toNanos(), Math.addExact(MILLION, ppm));
    long slow = MILLION - ppm;
    return Duration.ofNanos(scaled / slow + (scaled % slow == 0 ? 0 : 1));
  }

  private static Duration leastValidity(Duration renewal, Duration ioTimeout) {
    return renewal.plus(ioTimeout.multipliedBy(2L * RENEWALS_SURVIVED));
  }
}
