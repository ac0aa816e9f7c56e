package io.holdfast.api;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;

/**
 * The arithmetic of a lease: how long its holder may rely on it, and how long another must wait
 * before the holder is certainly gone. With clocks whose rates are wrong by at most ρ, holder
 * validity F counted from before its last acknowledged renewal was sent, watchdog period W and I/O
 * drain D, the one who takes over waits {@code H ≥ (1+ρ)·[(F+W)/(1−ρ)+D]} on its own clock since it
 * last saw the record change. {@code docs/safety.md} has the proof.
 *
 * @param renewInterval R: a renewal is sent this often
 * @param validity F: after this long without an acknowledged renewal the holder starts nothing
 * @param watchdog W: the holder's host is reset at most this long after validity ran out
 * @param drain D: a write submitted before the reset lands at most this much later
 * @param rateErrorPpm ρ in parts per million, 0 to 100,000
 * @param takeoverWait H, at most 24 hours
 */
public record LeaseTiming(
    Duration renewInterval,
    Duration validity,
    Duration watchdog,
    Duration drain,
    int rateErrorPpm,
    Duration takeoverWait) {
  private static final BigInteger MILLION = BigInteger.valueOf(1_000_000);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final Duration LONGEST_WAIT = Duration.ofHours(24);

  public LeaseTiming {
    Timings.require("lease.renewInterval", renewInterval, Duration.ofMillis(1), LONGEST);
    Timings.require("lease.validity", validity, renewInterval.multipliedBy(2), LONGEST);
    Timings.require("lease.watchdog", watchdog, Duration.ofMillis(1), LONGEST);
    Timings.require("lease.drain", drain, Duration.ZERO, LONGEST);
    Duration least = leastTakeoverWait(validity, watchdog, drain, rateErrorPpm);
    if (takeoverWait.compareTo(least) < 0) {
      throw new InvalidConfigException(
          "lease.takeoverWait",
          takeoverWait,
          "H >= (1+p)*[(F+W)/(1-p)+D] = (1+%s)*[(%s+%s)/(1-%s)+%s] = %s"
              .formatted(
                  ratio(rateErrorPpm), validity, watchdog, ratio(rateErrorPpm), drain, least));
    }
    if (takeoverWait.compareTo(LONGEST_WAIT) > 0) {
      throw new InvalidConfigException(
          "lease.takeoverWait", takeoverWait, "at most " + LONGEST_WAIT);
    }
  }

  /**
   * The lease that goes with these time-outs, with the least wait that is safe.
   *
   * @param watchdog W, 1 ms to 1 hour; the watchdog itself is given half of it, see {@link
   *     #watchdogPeriod}
   * @param drain D, up to 1 hour
   * @param rateErrorPpm ρ in parts per million, 0 to 100,000
   */
  public static LeaseTiming of(
      Timings timings, Duration watchdog, Duration drain, int rateErrorPpm) {
    return new LeaseTiming(
        timings.renewInterval(),
        timings.leaseValidity(),
        watchdog,
        drain,
        rateErrorPpm,
        leastTakeoverWait(timings.leaseValidity(), watchdog, drain, rateErrorPpm));
  }

  /**
   * The longest period with which a watchdog keeps the promise of W: half of it. A feed that was
   * begun just before validity ran out may be carried out up to one period later, and puts the
   * reset off by one more.
   */
  public Duration watchdogPeriod() {
    return watchdog.dividedBy(2);
  }

  /** Whether a host that counts like this is certainly reset when this timing says so. */
  public boolean covers(Duration othersValidity, Duration othersPeriod) {
    return othersValidity.compareTo(validity) <= 0 && othersPeriod.compareTo(watchdogPeriod()) <= 0;
  }

  /**
   * Refuses time-outs with which a host would rely on its lease for longer than this timing says.
   *
   * @throws InvalidConfigException with both numbers
   */
  public void requireConsistent(Timings timings) {
    if (timings.leaseValidity().compareTo(validity) > 0) {
      throw new InvalidConfigException(
          "timings.leaseValidity",
          timings.leaseValidity(),
          "at most lease.validity = " + validity + ", from which lease.takeoverWait follows");
    }
    if (timings.renewInterval().compareTo(renewInterval) > 0) {
      throw new InvalidConfigException(
          "timings.renewInterval",
          timings.renewInterval(),
          "at most lease.renewInterval = " + renewInterval);
    }
  }

  /**
   * The least H for these values, exact and rounded up to the next nanosecond.
   *
   * @throws InvalidConfigException for a value that no lease may have; nothing overflows
   */
  public static Duration leastTakeoverWait(
      Duration validity, Duration watchdog, Duration drain, int rateErrorPpm) {
    if (rateErrorPpm < 0 || rateErrorPpm > 100_000) {
      throw new InvalidConfigException("lease.rateErrorPpm", rateErrorPpm, "0 to 100000");
    }
    Timings.require("lease.validity", validity, Duration.ZERO, LONGEST);
    Timings.require("lease.watchdog", watchdog, Duration.ZERO, LONGEST);
    Timings.require("lease.drain", drain, Duration.ZERO, LONGEST);
    // never two: in whole numbers, because floating point could round to just below the bound.
    BigInteger slow = BigInteger.valueOf(1_000_000 - rateErrorPpm);
    BigInteger fast = BigInteger.valueOf(1_000_000 + rateErrorPpm);
    BigInteger held = BigInteger.valueOf(validity.plus(watchdog).toNanos()).multiply(MILLION);
    BigInteger drained = BigInteger.valueOf(drain.toNanos()).multiply(slow);
    BigInteger[] nanos =
        held.add(drained).multiply(fast).divideAndRemainder(slow.multiply(MILLION));
    return Duration.ofNanos(nanos[0].longValueExact() + nanos[1].signum());
  }

  private static String ratio(int ppm) {
    return BigDecimal.valueOf(ppm, 6).stripTrailingZeros().toPlainString();
  }
}
