package io.holdfast.engine.lease;

import static io.holdfast.engine.lease.LeaseScript.TIMING;
import static io.holdfast.engine.lease.LeaseScript.heldBy;
import static io.holdfast.engine.lease.LeaseScript.slotOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.lease.Finding.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What may be said of a slot, by the observer's own clock. H = 13 s, F = 8 s, R = 2 s. */
class HostObserverTest {
  private static final long SECOND = 1_000_000_000L;
  private static final HostSlot FIRST = heldBy("h1", 4, 10, 43);
  private static final HostSlot SECOND_ONE = heldBy("h1", 4, 11, 43);

  private final HostObserver observer = new HostObserver(TIMING, 1, 1);

  private static void scan(HostObserver observer, int device, double second, HostSlot slot) {
    long at = (long) (second * SECOND);
    observer.scanned(device, at, at + 1000, List.of(new Reading.Sound<>(slot)));
  }

  private static LeaseVerdict at(HostObserver observer, double second) {
    return observer.verdict(0, (long) (second * SECOND) + 1000);
  }

  @Test
  void whatWasNotReadIsUnknown() {
    assertThat(at(observer, 100)).isInstanceOf(LeaseVerdict.Unknown.class);
  }

  @Test
  void whatNobodyHasHadIsFree() {
    scan(observer, 0, 0, HostSlot.free(0));
    scan(observer, 0, 1, HostSlot.free(0));
    assertThat(at(observer, 1)).isEqualTo(new LeaseVerdict.Free());
  }

  @Test
  void whoeverHasOnlyBegunToWatchKnowsNothing() {
    scan(observer, 0, 0, FIRST);
    scan(observer, 0, 5, FIRST);
    assertThat(at(observer, 5)).isInstanceOf(LeaseVerdict.Unknown.class);
    scan(observer, 0, 6, SECOND_ONE);
    assertThat(at(observer, 6))
        .isEqualTo(new LeaseVerdict.Live(SECOND_ONE.holder().orElseThrow(), Duration.ZERO));
  }

  @Test
  void deadIsWhatHasNotChangedInAReadThatBeganAfterH() {
    scan(observer, 0, 0, FIRST);
    scan(observer, 0, 1, SECOND_ONE);
    scan(observer, 0, 14, SECOND_ONE); // began 1000 ns too soon
    assertThat(at(observer, 20)).isInstanceOf(LeaseVerdict.Failing.class);
    assertThat(at(observer, 20).describe())
        .isEqualTo(
            "h1, incarnation 4, renewal 11, silent for PT19S: not read on 1 of 1 devices since"
                + " then");
    scan(observer, 0, 14.001, SECOND_ONE);
    assertThat(at(observer, 15))
        .isEqualTo(
            new LeaseVerdict.Dead(
                SECOND_ONE.holder().orElseThrow(), Duration.ofSeconds(14), Duration.ofSeconds(13)));
    scan(observer, 0, 16, heldBy("h1", 5, 1, 44));
    assertThat(at(observer, 16)).as("another one has come").isInstanceOf(LeaseVerdict.Live.class);
  }

  @Test
  void untilThenItIsFailing() {
    scan(observer, 0, 0, FIRST);
    scan(observer, 0, 12, FIRST);
    assertThat(at(observer, 12))
        .isEqualTo(
            new LeaseVerdict.Failing(
                FIRST.holder().orElseThrow(), Duration.ofSeconds(12), "dead after PT13S"));
  }

  @Test
  void moreThanHalfOfTheDevicesHaveToAgree() {
    HostObserver three = new HostObserver(TIMING, 1, 3);
    for (int device = 0; device < 3; device++) {
      scan(three, device, 0, FIRST);
    }
    scan(three, 0, 20, FIRST);
    assertThat(at(three, 20)).isInstanceOf(LeaseVerdict.Failing.class);
    scan(three, 1, 20, FIRST);
    assertThat(at(three, 20)).isInstanceOf(LeaseVerdict.Dead.class);
    scan(three, 2, 21, SECOND_ONE);
    assertThat(at(three, 21)).as("it has written the third").isInstanceOf(LeaseVerdict.Live.class);
  }

  @Test
  void aDeviceThatCannotBeReadSaysNothing() {
    HostObserver three = new HostObserver(TIMING, 1, 3);
    for (int device = 0; device < 3; device++) {
      scan(three, device, 0, FIRST);
    }
    scan(three, 0, 20, FIRST);
    scan(three, 1, 20, FIRST);
    Finding torn = new Finding(Kind.DAMAGED, "/dev/b", 4096, "checksum");
    three.scanned(1, 21 * SECOND, 21 * SECOND, List.of(new Reading.Unsound<>(torn)));
    assertThat(at(three, 21)).isInstanceOf(LeaseVerdict.Failing.class);
  }

  @Test
  void aHostWithoutAWatchdogIsNeverCalledDead() {
    HostSlot.Holder holder = FIRST.holder().orElseThrow();
    HostSlot unguarded =
        new HostSlot(
            0,
            Optional.of(
                new HostSlot.Holder(
                    holder.host(),
                    holder.incarnation(),
                    1,
                    43,
                    false,
                    holder.validity(),
                    Duration.ZERO)));
    scan(observer, 0, 0, unguarded);
    scan(observer, 0, 1000, unguarded);
    assertThat(at(observer, 1000).describe()).endsWith("no watchdog resets it");
  }

  @Test
  void norIsOneThatReliesOnItsLeaseForLongerThanIsCovered() {
    HostSlot.Holder holder = FIRST.holder().orElseThrow();
    HostSlot generous =
        new HostSlot(
            0,
            Optional.of(
                new HostSlot.Holder(
                    holder.host(),
                    holder.incarnation(),
                    1,
                    43,
                    false,
                    holder.validity().plusNanos(1),
                    Duration.ofSeconds(2))));
    scan(observer, 0, 0, generous);
    scan(observer, 0, 1000, generous);
    assertThat(at(observer, 1000).describe())
        .endsWith(
            "it relies on its lease for PT8.000000001S with a watchdog of PT2S, and PT8S and PT2S"
                + " are covered here");
  }

  @Test
  void whatWasGivenUpIsNeitherDeadNorFree() {
    HostSlot released = slotOf("h1", 4, 12, 43, true);
    scan(observer, 0, 0, released);
    scan(observer, 0, 1000, released);
    assertThat(at(observer, 1000))
        .isEqualTo(new LeaseVerdict.Released(released.holder().orElseThrow()));
  }
}
