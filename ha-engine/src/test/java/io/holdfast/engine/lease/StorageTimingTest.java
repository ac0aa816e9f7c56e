package io.holdfast.engine.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.LeaseTiming;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.math.BigInteger;
import java.time.Duration;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** The side conditions of a lease on storage: each exact at its bound, each refusal in one line. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class StorageTimingTest {
  private static final Duration WATCHDOG = Duration.ofSeconds(10);
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private static LeaseTiming lease(Duration renewal, Duration validity) {
    return new LeaseTiming(
        renewal,
        validity,
        WATCHDOG,
        DRAIN,
        10_000,
        LeaseTiming.leastTakeoverWait(validity, WATCHDOG, DRAIN, 10_000));
  }

  @Example
  void aRenewalHasRoomForAReadAndAWrite() {
    Duration io = Duration.ofSeconds(2);
    new StorageTiming(lease(io.multipliedBy(2), Duration.ofSeconds(16)), io);
    LeaseTiming hasty = lease(io.multipliedBy(2).minusNanos(1), Duration.ofSeconds(16));
    assertThatThrownBy(() -> new StorageTiming(hasty, io))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "lease.renewInterval: found PT3.999999999S, allowed: R >= 2*d, with d ="
                + " lease.ioTimeout = PT2S");
  }

  @Example
  void aHolderSurvivesThreeRenewalsThatHang() {
    Duration io = Duration.ofSeconds(2);
    Duration least = Duration.ofSeconds(17);
    new StorageTiming(lease(Duration.ofSeconds(5), least), io);
    LeaseTiming brief = lease(Duration.ofSeconds(5), least.minusNanos(1));
    assertThatThrownBy(() -> new StorageTiming(brief, io))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "lease.validity: found PT16.999999999S, allowed: F >= R + 3*2*d = PT5S + 3*2*PT2S ="
                + " PT17S");
  }

  @Example
  void aTimeOutFarOutOfRangeIsRefusedAndOverflowsNothing() {
    Duration forever = Duration.ofSeconds(Long.MAX_VALUE);
    LeaseTiming lease = lease(Duration.ofSeconds(4), Duration.ofSeconds(16));
    assertThatThrownBy(() -> new StorageTiming(lease, forever))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("lease.renewInterval: found PT4S");
    assertThatThrownBy(() -> new StorageTiming(lease, Duration.ZERO))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("lease.ioTimeout: found PT0S, allowed: at least PT0.001S");
    assertThatThrownBy(() -> StorageTiming.of(forever, WATCHDOG, DRAIN, 0))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageEndingWith("allowed: PT0.001S to PT7M30S");
  }

  @Property(tries = 300)
  void whatGoesWithADeviceIsAcceptedAndTheLeastThatIs(
      @ForAll @LongRange(min = 1_000_000, max = 450_000_000_000L) long io,
      @ForAll @IntRange(max = 100_000) int ppm) {
    Duration ioTimeout = Duration.ofNanos(io);
    StorageTiming timing = StorageTiming.of(ioTimeout, WATCHDOG, DRAIN, ppm);
    LeaseTiming lease = timing.lease();
    assertThat(lease.renewInterval()).isEqualTo(ioTimeout.multipliedBy(2));
    assertThat(lease.validity()).isEqualTo(ioTimeout.multipliedBy(8));
    assertThat(lease.takeoverWait())
        .isEqualTo(LeaseTiming.leastTakeoverWait(lease.validity(), WATCHDOG, DRAIN, ppm));
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.MIXIN)
  void aClaimRestsForExactlyAsLongAsARivalMayTake(
      @ForAll @LongRange(min = 1_000_000, max = 450_000_000_000L) long io,
      @ForAll @IntRange(max = 100_000) int ppm) {
    BigInteger settle =
        BigInteger.valueOf(
            StorageTiming.of(Duration.ofNanos(io), WATCHDOG, DRAIN, ppm).settle().toNanos());
    BigInteger slow = BigInteger.valueOf(1_000_000L - ppm);
    BigInteger needed = BigInteger.valueOf(2 * io).multiply(BigInteger.valueOf(1_000_000L + ppm));
    assertThat(settle.multiply(slow)).isGreaterThanOrEqualTo(needed);
    assertThat(settle.subtract(BigInteger.ONE).multiply(slow)).isLessThan(needed);
  }
}
