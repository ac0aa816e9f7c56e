package io.holdfast.api;

import java.time.Duration;

/**
 * Every time-out of failure detection, fencing and coordination, in one place. The same values are
 * given to all controllers and agents of a cluster. None of them is needed for safety: wrong ones
 * cost availability, never a second copy.
 *
 * @param renewInterval how often a host renews its lease
 * @param suspectAfter a host silent for this long is asked about, and gets nothing new; by a
 *     controller that is late or not answered itself up to twice as late, as for silence
 * @param silence a host silent for this long is lost, and is fenced if workloads depend on it
 * @param leaseValidity an agent that has had no renewal acknowledged for this long starts nothing
 * @param fenceTimeout how long one operation of one fence device may take
 * @param fenceRetryMin the first pause after a fence operation failed; it doubles every time
 * @param fenceRetryMax the longest such pause
 * @param storeTimeout how long one call of the coordination store may take
 * @param resyncInterval how often caches are compared with the store
 */
public record Timings(
    Duration renewInterval,
    Duration suspectAfter,
    Duration silence,
    Duration leaseValidity,
    Duration fenceTimeout,
    Duration fenceRetryMin,
    Duration fenceRetryMax,
    Duration storeTimeout,
    Duration resyncInterval) {

  /** A host is lost after six seconds of silence. */
  public static final Timings DEFAULT = forSilence(Duration.ofSeconds(6));

  public Timings {
    require("timings.renewInterval", renewInterval, Duration.ofMillis(10), Duration.ofHours(1));
    require("timings.silence", silence, Duration.ofMillis(50), Duration.ofHours(1));
    require("timings.leaseValidity", leaseValidity, Duration.ofMillis(20), Duration.ofHours(1));
    require("timings.fenceTimeout", fenceTimeout, Duration.ofMillis(10), Duration.ofHours(1));
    require("timings.fenceRetryMin", fenceRetryMin, Duration.ofMillis(10), Duration.ofHours(1));
    require("timings.fenceRetryMax", fenceRetryMax, fenceRetryMin, Duration.ofHours(24));
    require("timings.storeTimeout", storeTimeout, Duration.ofMillis(10), Duration.ofHours(1));
    require("timings.resyncInterval", resyncInterval, Duration.ofMillis(10), Duration.ofHours(24));
    if (suspectAfter.compareTo(renewInterval.multipliedBy(2)) < 0
        || suspectAfter.compareTo(silence) >= 0) {
      throw new InvalidConfigException(
          "timings.suspectAfter",
          suspectAfter,
          "2*renewInterval <= suspectAfter < silence = [%s, %s)"
              .formatted(renewInterval.multipliedBy(2), silence));
    }
    if (leaseValidity.compareTo(renewInterval.multipliedBy(2)) < 0) {
      throw new InvalidConfigException(
          "timings.leaseValidity",
          leaseValidity,
          "at least 2*renewInterval = " + renewInterval.multipliedBy(2));
    }
  }

  /**
   * Times that follow from how much silence is tolerated: renewals five times as often, suspicion
   * at half of it.
   *
   * @param silence 250 ms to 1 hour
   */
  public static Timings forSilence(Duration silence) {
    require("timings.silence", silence, Duration.ofMillis(250), Duration.ofHours(1));
    return new Timings(
        silence.dividedBy(5),
        silence.dividedBy(2),
        silence,
        silence,
        Duration.ofSeconds(20),
        Duration.ofSeconds(5),
        Duration.ofMinutes(5),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30));
  }

  /**
   * These, with another {@link #fenceTimeout}.
   *
   * @param timeout 10 ms to 1 hour
   */
  public Timings withFenceTimeout(Duration timeout) {
    return new Timings(
        renewInterval,
        suspectAfter,
        silence,
        leaseValidity,
        timeout,
        fenceRetryMin,
        fenceRetryMax,
        storeTimeout,
        resyncInterval);
  }

  /**
   * These, with other pauses between attempts to fence a host.
   *
   * @param least the first pause, 10 ms to 1 hour
   * @param most the longest, {@code least} to 24 hours
   */
  public Timings withFenceRetry(Duration least, Duration most) {
    return new Timings(
        renewInterval,
        suspectAfter,
        silence,
        leaseValidity,
        fenceTimeout,
        least,
        most,
        storeTimeout,
        resyncInterval);
  }

  static void require(String field, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new InvalidConfigException(field, value, least + " to " + most);
    }
  }
}
