package io.holdfast.engine.sim.scenario;

import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Timings;
import io.holdfast.engine.json.JsonField;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads a cluster's timers, by the names of {@link Timings}: what is not named follows from the
 * tolerated silence, as it does everywhere.
 */
final class TimerReader {
  private static final Duration WATCHDOG = Duration.ofSeconds(60);
  private static final Duration DRAIN = Duration.ofSeconds(1);
  private static final int RATE_ERROR_PPM = 1000;

  /** That of a cluster that names no timers. */
  static final LeaseTiming LEASE = lease(Timings.DEFAULT, WATCHDOG);

  private final JsonField in;

  TimerReader(JsonField in) {
    this.in =
        in.object(
            "silence",
            "renewInterval",
            "suspectAfter",
            "leaseValidity",
            "fenceTimeout",
            "fenceRetryMin",
            "fenceRetryMax",
            "storeTimeout",
            "resyncInterval",
            "watchdog",
            "session");
  }

  Optional<Duration> time(String name) {
    return in.optional(name).map(t -> t.duration(Duration.ofMillis(10), Duration.ofHours(1)));
  }

  /** What follows for the hosts' leases. */
  LeaseTiming lease() {
    Timings timings = timings();
    Duration watchdog = time("watchdog").orElse(WATCHDOG);
    return in.make(() -> lease(timings, watchdog));
  }

  private static LeaseTiming lease(Timings timings, Duration watchdog) {
    return LeaseTiming.of(timings, watchdog, DRAIN, RATE_ERROR_PPM);
  }

  Timings timings() {
    Timings usual =
        time("silence")
            .map(
                silence ->
                    in.required("silence", "a duration").make(() -> Timings.forSilence(silence)))
            .orElse(Timings.DEFAULT);
    return in.make(
        () ->
            new Timings(
                time("renewInterval").orElse(usual.renewInterval()),
                time("suspectAfter").orElse(usual.suspectAfter()),
                usual.silence(),
                time("leaseValidity").orElse(usual.leaseValidity()),
                time("fenceTimeout").orElse(usual.fenceTimeout()),
                time("fenceRetryMin").orElse(usual.fenceRetryMin()),
                time("fenceRetryMax").orElse(usual.fenceRetryMax()),
                time("storeTimeout").orElse(usual.storeTimeout()),
                time("resyncInterval").orElse(usual.resyncInterval())));
  }
}
