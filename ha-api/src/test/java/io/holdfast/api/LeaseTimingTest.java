package io.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code H ≥ (1+ρ)·[(F+W)/(1−ρ)+D]}: exact at the bound, and never a nanosecond below it. */
class LeaseTimingTest {
  private static final Duration RENEW = Duration.ofMillis(1);

  /** F, W and D in nanoseconds, ρ in parts per million. */
  record Sample(long validity, long watchdog, long drain, int ppm) {
    /** The right side of the inequality times 10^6·(10^6 − ppm): a whole number. */
    BigDecimal scaledBound() {
      BigDecimal million = BigDecimal.valueOf(1_000_000);
      BigDecimal slow = million.subtract(BigDecimal.valueOf(ppm));
      BigDecimal fast = million.add(BigDecimal.valueOf(ppm));
      BigDecimal held = BigDecimal.valueOf(validity).add(BigDecimal.valueOf(watchdog));
      return fast.multiply(held.multiply(million).add(BigDecimal.valueOf(drain).multiply(slow)));
    }

    long exactNanos() {
      BigDecimal scale =
          BigDecimal.valueOf(1_000_000).multiply(BigDecimal.valueOf(1_000_000 - ppm));
      return scaledBound().divide(scale, 0, RoundingMode.CEILING).longValueExact();
    }

    LeaseTiming withWait(long nanos) {
      return new LeaseTiming(
          RENEW,
          Duration.ofNanos(validity),
          Duration.ofNanos(watchdog),
          Duration.ofNanos(drain),
          ppm,
          Duration.ofNanos(nanos));
    }
  }

  static Stream<Sample> samples() {
    long ms = 1_000_000L;
    long hour = 3_600_000_000_000L;
    List<Sample> samples = new ArrayList<>();
    for (long validity : new long[] {2 * ms, 6_000 * ms + 1, 15_000 * ms, hour}) {
      for (long watchdog : new long[] {ms, 10_000 * ms - 1, hour}) {
        for (long drain : new long[] {0, 1, 3_333_333_333L, hour}) {
          for (int ppm : new int[] {0, 1, 7, 200, 1_000, 33_333, 99_999, 100_000}) {
            samples.add(new Sample(validity, watchdog, drain, ppm));
          }
        }
      }
    }
    return samples.stream();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void exactlyTheBoundIsAcceptedAndANanosecondLessIsRefused(Sample sample) {
    long exact = sample.exactNanos();
    assertThat(
            LeaseTiming.leastTakeoverWait(
                Duration.ofNanos(sample.validity()),
                Duration.ofNanos(sample.watchdog()),
                Duration.ofNanos(sample.drain()),
                sample.ppm()))
        .isEqualTo(Duration.ofNanos(exact));
    assertThat(sample.withWait(exact).takeoverWait()).isEqualTo(Duration.ofNanos(exact));
    assertThatThrownBy(() -> sample.withWait(exact - 1))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("lease.takeoverWait: found " + Duration.ofNanos(exact - 1));
  }

  @Test
  void theRefusalSpellsTheInequalityOutWithItsNumbers() {
    assertThatThrownBy(
            () ->
                new LeaseTiming(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(2),
                    20_000,
                    Duration.ofSeconds(17)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "lease.takeoverWait: found PT17S, allowed: H >= (1+p)*[(F+W)/(1-p)+D]"
                + " = (1+0.02)*[(PT5S+PT10S)/(1-0.02)+PT2S] = PT17.652244898S");
  }

  @Test
  void whatNoLeaseMayHaveIsRefusedAndOverflowsNothing() {
    Duration forever = Duration.ofSeconds(Long.MAX_VALUE);
    Duration second = Duration.ofSeconds(1);
    assertThatThrownBy(() -> LeaseTiming.leastTakeoverWait(forever, second, second, 0))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("lease.validity: found " + forever + ", allowed: PT0S to PT1H");
    assertThatThrownBy(() -> LeaseTiming.leastTakeoverWait(second, forever, second, 0))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("lease.watchdog: found");
    assertThatThrownBy(
            () -> LeaseTiming.leastTakeoverWait(second, second, second.negated(), 100_000))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("lease.drain: found PT-1S, allowed: PT0S to PT1H");
    assertThatThrownBy(
            () -> new LeaseTiming(second, second.multipliedBy(2), second, second, 0, forever))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("lease.takeoverWait: found " + forever + ", allowed: at most PT24H");
  }

  @Test
  void whatGoesWithTheTimeOutsHasTheLeastWaitThatIsSafe() {
    LeaseTiming timing =
        LeaseTiming.of(Timings.DEFAULT, Duration.ofSeconds(10), Duration.ofSeconds(2), 10_000);
    assertThat(timing.validity()).isEqualTo(Timings.DEFAULT.leaseValidity());
    assertThat(timing.takeoverWait())
        .isEqualTo(
            LeaseTiming.leastTakeoverWait(
                Timings.DEFAULT.leaseValidity(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                10_000));
    assertThat(timing.watchdogPeriod()).isEqualTo(Duration.ofSeconds(5));
    timing.requireConsistent(Timings.DEFAULT);
  }

  @Test
  void timeOutsThatRelyOnTheLeaseForLongerAreRefusedWithBothNumbers() {
    LeaseTiming timing =
        LeaseTiming.of(Timings.DEFAULT, Duration.ofSeconds(10), Duration.ofSeconds(2), 10_000);
    assertThatThrownBy(() -> timing.requireConsistent(Timings.forSilence(Duration.ofSeconds(7))))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "timings.leaseValidity: found PT7S, allowed: at most lease.validity = PT6S, from which"
                + " lease.takeoverWait follows");
  }

  @Test
  void aHostIsCoveredOnlyIfItsNumbersAreNotLonger() {
    LeaseTiming timing =
        LeaseTiming.of(Timings.DEFAULT, Duration.ofSeconds(10), Duration.ofSeconds(2), 10_000);
    Duration validity = Duration.ofSeconds(6);
    Duration period = Duration.ofSeconds(5);
    assertThat(timing.covers(validity, period)).isTrue();
    assertThat(timing.covers(validity.plusNanos(1), period)).isFalse();
    assertThat(timing.covers(validity, period.plusNanos(1))).isFalse();
  }

  @Test
  void withPerfectClocksItIsAPlainSum() {
    assertThat(
            LeaseTiming.leastTakeoverWait(
                Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(2), 0))
        .isEqualTo(Duration.ofSeconds(17));
  }

  @Test
  void aWorseClockNeverShortensTheWait() {
    Duration before = Duration.ZERO;
    for (int ppm = 0; ppm <= 100_000; ppm += 500) {
      Duration wait =
          LeaseTiming.leastTakeoverWait(
              Duration.ofSeconds(6), Duration.ofSeconds(10), Duration.ofSeconds(1), ppm);
      assertThat(wait).isGreaterThan(before);
      before = wait;
    }
  }
}
