package io.holdfast.engine.lease;

import static io.holdfast.engine.lease.LeaseScript.TIMING;
import static io.holdfast.engine.lease.LeaseScript.WRITER;
import static io.holdfast.engine.lease.LeaseScript.heldBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.LeaseTiming;
import io.holdfast.engine.lease.LeaseEffect.End;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** δ = 1 s, R = 2 s, F = 8 s, W = 4 s, D = 1 s: H = 13 s. */
class HostLeaseCoreTest {
  private static final Duration H = TIMING.lease().takeoverWait();
  private static final Duration F = TIMING.lease().validity();
  private static final Duration R = TIMING.lease().renewInterval();
  private static final Duration SETTLE = TIMING.settle();

  private static LeaseScript held(int devices) {
    LeaseScript script = new LeaseScript(devices);
    script.passes(SETTLE);
    assertThat(script.isHeld()).isTrue();
    return script;
  }

  @Test
  void theNumbersAreWhatTheyShouldBe() {
    assertThat(H).isEqualTo(Duration.ofSeconds(13));
    assertThat(SETTLE).isEqualTo(R).isEqualTo(Duration.ofSeconds(2));
    assertThat(F).isEqualTo(Duration.ofSeconds(8));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void aSlotThatNobodyHasHadIsHeldAsSoonAsTheClaimHasRested(int devices) {
    LeaseScript script = new LeaseScript(devices);
    long began = script.now;
    script.passes(SETTLE.minusNanos(1));
    assertThat(script.isHeld()).isFalse();
    script.passes(Duration.ofNanos(1));
    assertThat(script.isHeld()).isTrue();
    assertThat(script.all(LeaseEffect.Held.class).get(0))
        .as("counted from before the claim began")
        .isEqualTo(new LeaseEffect.Held(began + F.toNanos()));
  }

  @Test
  void itIsRenewedEveryRAndHeldFromBeforeTheRenewalBegan() {
    LeaseScript script = held(1);
    int before = script.all(LeaseEffect.Held.class).size();
    long began = script.now;
    script.passes(R.multipliedBy(3));
    assertThat(script.all(LeaseEffect.Held.class)).hasSizeGreaterThanOrEqualTo(before + 3);
    assertThat(script.core.heldUntil()).contains(began + R.multipliedBy(3).plus(F).toNanos());
    assertThat(script.disks.get(0).holder().orElseThrow().sequence()).isGreaterThan(3);
  }

  @Test
  void whatIsAcknowledgedLateProlongsNothingAndExpiredIsForGood() {
    LeaseScript script = held(1);
    script.fallsSilent(0);
    script.passes(F.plus(R));
    assertThat(script.ended().map(LeaseEffect.Ended::end)).contains(End.EXPIRED);
    script.speaksAgain(0);
    script.passes(H.multipliedBy(2));
    assertThat(script.isHeld()).isFalse();
    assertThat(script.all(LeaseEffect.Ended.class)).hasSize(1);
    assertThat(script.core.nextWakeup()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aDeviceThatHangsGetsNothingFurtherBeforeItHasAnswered() {
    LeaseScript script = held(3);
    script.fallsSilent(2);
    long before = script.effects.stream().filter(LeaseScript.on(2)).count();
    script.passes(R.multipliedBy(5));
    assertThat(script.effects.stream().filter(LeaseScript.on(2)).count() - before).isEqualTo(1);
    assertThat(script.isHeld()).as("by the two others").isTrue();
    assertThat(script.all(LeaseEffect.Trouble.class))
        .containsExactly(new LeaseEffect.Trouble(2, "has not answered within PT1S"));
    script.speaksAgain(2);
    script.passes(R.multipliedBy(2));
    assertThat(script.disks.get(2)).as("it takes part again").isEqualTo(script.disks.get(0));
  }

  @Test
  void withoutMoreThanHalfOfTheDevicesItIsLost() {
    LeaseScript script = held(4);
    script.fallsSilent(0);
    script.passes(R.multipliedBy(2));
    assertThat(script.isHeld()).isTrue();
    script.fallsSilent(1);
    script.passes(F.plus(R));
    assertThat(script.ended().map(LeaseEffect.Ended::end)).contains(End.EXPIRED);
  }

  @Test
  void anotherWriterInTheSlotEndsItAtOnceAndIsNotOverwritten() {
    LeaseScript script = held(1);
    HostSlot other = heldBy("h1", 5, 900, 43);
    script.disks.set(0, other);
    script.passes(R);
    assertThat(script.ended())
        .contains(
            new LeaseEffect.Ended(
                End.CONTESTED, "slot 0 is written by h1, incarnation 5, renewal 900"));
    script.passes(H.multipliedBy(2));
    assertThat(script.disks.get(0)).isEqualTo(other);
  }

  @Test
  void aSlotThatSomebodyRenewsIsLeftAlone() {
    LeaseScript script = new LeaseScript(1);
    script.disks.set(0, heldBy("h1", 4, 10, 43));
    script.passes(H.minus(R));
    script.disks.set(0, heldBy("h1", 4, 11, 43));
    script.passes(R);
    assertThat(script.ended())
        .contains(
            new LeaseEffect.Ended(End.BUSY, "slot 0 is written by h1, incarnation 4, renewal 11"));
    assertThat(script.writesTo(0)).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSlotThatSomebodyHadIsTakenOnlyAfterHOfSilenceHoweverItWasLeft(boolean released) {
    LeaseScript script = new LeaseScript(1);
    script.disks.set(0, LeaseScript.slotOf("h1", 4, 10, 43, released));
    script.passes(H.minusNanos(1));
    assertThat(script.writesTo(0)).isZero();
    script.passes(R.plus(SETTLE));
    assertThat(script.isHeld()).isTrue();
  }

  @Test
  void aHolderThatCountsByLongerTimesIsWaitedForByThem() {
    LeaseScript script = new LeaseScript(1);
    HostSlot.Holder holder = heldBy("h1", 4, 10, 43).holder().orElseThrow();
    script.disks.set(
        0,
        new HostSlot(
            0,
            Optional.of(
                new HostSlot.Holder(
                    holder.host(),
                    holder.incarnation(),
                    holder.sequence(),
                    holder.writer(),
                    false,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(3)))));
    script.passes(Duration.ofSeconds(20 + 2 * 3 + 1).minusNanos(1));
    assertThat(script.writesTo(0)).isZero();
    script.passes(R.plus(SETTLE));
    assertThat(script.isHeld()).isTrue();
  }

  @Test
  void whatTakesLongerThanTheTimeOutHasNoResult() {
    LeaseScript script = held(1);
    script.fallsSilent(0);
    script.passes(R);
    long began = script.now;
    script.later(Duration.ofSeconds(1));
    script.speaksAgain(0); // the read; the write that follows is answered at once
    assertThat(script.core.heldUntil())
        .as("counted from before the read was asked for")
        .contains(began + F.toNanos());
    script.passes(R.dividedBy(2));
    script.fallsSilent(0);
    script.passes(R);
    script.later(Duration.ofSeconds(1).plusNanos(1));
    int before = script.all(LeaseEffect.Held.class).size();
    long writes = script.writesTo(0);
    script.speaksAgain(0);
    assertThat(script.writesTo(0)).isEqualTo(writes);
    assertThat(script.all(LeaseEffect.Held.class)).hasSize(before);
  }

  /**
   * Never two: meanwhile another may have found the slot free, claimed it, and read itself back.
   */
  @Test
  void aClaimThatWasStalledBetweenReadingAndWritingHoldsNothing() {
    LeaseScript script = new LeaseScript(1);
    HostLeaseCore core = script.core;
    long read = script.now;
    LeaseEffect.Read first = (LeaseEffect.Read) core.step(new LeaseEvent.Tick(read)).get(0);
    LeaseEffect.Write claim =
        (LeaseEffect.Write)
            core.step(
                    new LeaseEvent.ReadEnded(
                        read, 0, first.op(), new Reading.Sound<>(HostSlot.free(0))))
                .get(0);
    long landed = read + Duration.ofSeconds(1).toNanos() + 1;
    List<LeaseEffect> effects =
        new ArrayList<>(core.step(new LeaseEvent.WriteEnded(landed, 0, claim.op(), true)));
    List<LeaseEffect> told = new ArrayList<>();
    while (!effects.isEmpty() || core.nextWakeup() != Long.MAX_VALUE) {
      if (effects.isEmpty()) {
        script.now = Math.max(script.now, core.nextWakeup());
        effects.addAll(core.step(new LeaseEvent.Tick(script.now)));
        continue;
      }
      LeaseEffect effect = effects.remove(0);
      told.add(effect);
      if (effect instanceof LeaseEffect.Read again) {
        effects.addAll(
            core.step(
                new LeaseEvent.ReadEnded(
                    script.now, 0, again.op(), new Reading.Sound<>(claim.slot()))));
      }
    }
    assertThat(told).noneMatch(LeaseEffect.Held.class::isInstance);
    assertThat(told)
        .contains(new LeaseEffect.Ended(End.EXPIRED, "no claim held on 1 devices in time"));
  }

  @Test
  void theSlotOfAnotherHostOrOfALaterIncarnationIsNeverTaken() {
    for (HostSlot slot : new HostSlot[] {heldBy("h2", 1, 10, 43), heldBy("h1", 5, 10, 43)}) {
      LeaseScript script = new LeaseScript(1);
      script.disks.set(0, slot);
      script.passes(H.multipliedBy(3));
      assertThat(script.ended().map(LeaseEffect.Ended::end)).contains(End.BUSY);
      assertThat(script.disks.get(0)).isEqualTo(slot);
    }
  }

  @Test
  void aSlotThatWasGivenUpIsTakenThoughADeviceThatWasOutHasNotSeenThat() {
    LeaseScript script = new LeaseScript(3);
    HostSlot last = heldBy("h2", 4, 9, 43);
    script.disks.set(0, LeaseScript.slotOf("h2", 4, 10, 43, true));
    script.disks.set(1, LeaseScript.slotOf("h2", 4, 10, 43, true));
    script.disks.set(2, last);
    script.passes(H.plus(R).plus(SETTLE));
    assertThat(script.isHeld()).isTrue();
    assertThat(script.disks.get(2)).isEqualTo(last);
    assertThat(script.all(LeaseEffect.Trouble.class))
        .containsExactly(
            new LeaseEffect.Trouble(2, "the slot is that of h2, incarnation 4, renewal 9"));
  }

  @Test
  void aSlotThatMostDevicesShowAsThatOfAnotherIsNeverTaken() {
    LeaseScript script = new LeaseScript(3);
    script.disks.set(0, heldBy("h2", 4, 9, 43));
    script.disks.set(2, heldBy("h2", 4, 9, 43));
    script.passes(H.multipliedBy(3));
    assertThat(script.ended().map(LeaseEffect.Ended::end)).contains(End.BUSY);
    assertThat(script.all(LeaseEffect.Write.class)).isEmpty();
  }

  @Test
  void aClaimThatAnotherHasOverwrittenIsNone() {
    LeaseScript script = new LeaseScript(1);
    script.passes(SETTLE.dividedBy(2));
    script.disks.set(0, heldBy("h1", 6, 1, 43));
    script.passes(SETTLE);
    assertThat(script.ended().map(LeaseEffect.Ended::end)).contains(End.BUSY);
    assertThat(script.all(LeaseEffect.Held.class)).isEmpty();
  }

  @Test
  void aClaimThatDoesNotHoldInTimeIsTheLast() {
    LeaseScript script = new LeaseScript(3);
    script.passes(SETTLE.dividedBy(2)); // claimed, and others may have seen it
    script.fallsSilent(0);
    script.fallsSilent(1);
    script.passes(F);
    assertThat(script.ended())
        .contains(new LeaseEffect.Ended(End.EXPIRED, "no claim held on 2 devices in time"));
    script.speaksAgain(0);
    script.speaksAgain(1);
    script.passes(H.multipliedBy(3));
    assertThat(script.all(LeaseEffect.Held.class))
        .as("whoever saw the claim may have called this incarnation dead")
        .isEmpty();
  }

  @Test
  void whatCannotBeReadIsNeitherFreeNorOverwritten() {
    LeaseScript script = new LeaseScript(1);
    script.isDamaged(0);
    script.passes(H.multipliedBy(2));
    assertThat(script.writesTo(0)).isZero();
    assertThat(script.all(LeaseEffect.Trouble.class))
        .containsExactly(new LeaseEffect.Trouble(0, "/dev/x at byte 4096: DAMAGED: checksum"));
    assertThat(script.ended()).isEmpty();
  }

  @Test
  void aDamagedSlotAmongThreeCostsOnlyItself() {
    LeaseScript script = new LeaseScript(3);
    script.isDamaged(1);
    script.passes(SETTLE);
    assertThat(script.isHeld()).isTrue();
    script.passes(F.multipliedBy(3));
    assertThat(script.isHeld()).isTrue();
    assertThat(script.writesTo(1)).isZero();
  }

  /** Another cluster may have this device by now. */
  @Test
  void whatCannotBeReadAnyMoreIsNotOverwrittenWhenTheLeaseIsGivenUp() {
    LeaseScript script = held(3);
    script.passes(R);
    script.isDamaged(1);
    script.passes(R);
    long before = script.writesTo(1);
    script.step(new LeaseEvent.Release(script.now));
    script.passes(R);
    assertThat(script.ended().map(LeaseEffect.Ended::end)).contains(End.RELEASED);
    assertThat(script.writesTo(1)).isEqualTo(before);
    for (int sound : new int[] {0, 2}) {
      assertThat(script.disks.get(sound).holder().orElseThrow().released()).isTrue();
    }
  }

  @Test
  void aDeviceThatShowsAnOlderRecordIsWrittenAndCountsOnlyWhenItShowsThat() {
    LeaseScript script = held(3);
    script.fallsSilent(2);
    HostSlot old = script.disks.get(1);
    script.passes(R.multipliedBy(2));
    Optional<Long> until = script.core.heldUntil();
    script.disks.set(1, old);
    script.passes(R);
    assertThat(script.all(LeaseEffect.Trouble.class))
        .anyMatch(trouble -> trouble.detail().startsWith("shows an older record"));
    assertThat(script.disks.get(1)).as("written anew").isEqualTo(script.disks.get(0));
    assertThat(script.core.heldUntil()).as("of three, one has renewed it").isEqualTo(until);
    script.passes(R);
    assertThat(script.core.heldUntil().orElseThrow())
        .as("it takes part again")
        .isEqualTo(until.orElseThrow() + R.multipliedBy(2).toNanos());
  }

  @Test
  void aDeviceThatShowsWhoWasThereBeforeIsWrittenAndCountsOnlyWhenItShowsThat() {
    for (HostSlot former : new HostSlot[] {HostSlot.free(0), heldBy("h1", 4, 900, 43)}) {
      LeaseScript script = held(3);
      script.passes(R);
      script.fallsSilent(2);
      script.passes(R);
      Optional<Long> until = script.core.heldUntil();
      script.disks.set(1, former);
      script.passes(R);
      assertThat(script.ended()).isEmpty();
      assertThat(script.all(LeaseEffect.Trouble.class))
          .contains(
              new LeaseEffect.Trouble(1, "shows what was replaced there: " + former.describe()));
      assertThat(script.core.heldUntil()).as("of three, one has renewed it").isEqualTo(until);
      script.passes(R);
      assertThat(script.core.heldUntil().orElseThrow())
          .isEqualTo(until.orElseThrow() + R.multipliedBy(2).toNanos());
    }
  }

  @Test
  void oneDeviceOfThreeIsEnoughToFindAnotherThatMayHaveTheSlot() {
    for (HostSlot other :
        new HostSlot[] {heldBy("h1", 6, 1, 43), heldBy("h1", 5, 1, 43), heldBy("h2", 1, 1, 43)}) {
      LeaseScript script = held(3);
      script.disks.set(1, other);
      script.passes(R);
      assertThat(script.ended().map(LeaseEffect.Ended::end)).contains(End.CONTESTED);
      assertThat(script.disks.get(1)).isEqualTo(other);
    }
  }

  /** Never two: it may have landed over the claim of another, who has read that back by then. */
  @Test
  void anEarlierClaimThatLandsLateIsNotTakenForTheLaterOne() {
    Duration validity = Duration.ofSeconds(20);
    LeaseTiming lease = TIMING.lease();
    Duration wait = LeaseTiming.leastTakeoverWait(validity, lease.watchdog(), lease.drain(), 0);
    StorageTiming timing =
        new StorageTiming(
            new LeaseTiming(R, validity, lease.watchdog(), lease.drain(), 0, wait),
            TIMING.ioTimeout());
    HostLeaseCore core =
        new HostLeaseCore(
            new HostLeaseConfig(
                timing, 0, LeaseScript.HOST, new Incarnation(5), WRITER, Duration.ZERO, 1));
    HostSlot shown = HostSlot.free(0);
    List<HostSlot> claims = new ArrayList<>();
    List<LeaseEffect> told = new ArrayList<>();
    List<LeaseEffect> effects = new ArrayList<>(core.step(new LeaseEvent.Tick(0)));
    for (long now = 0; now < Long.MAX_VALUE; now = core.nextWakeup()) {
      effects.addAll(core.step(new LeaseEvent.Tick(now)));
      while (!effects.isEmpty()) {
        LeaseEffect effect = effects.remove(0);
        if (effect instanceof LeaseEffect.Read read) {
          effects.addAll(
              core.step(new LeaseEvent.ReadEnded(now, 0, read.op(), new Reading.Sound<>(shown))));
        } else if (effect instanceof LeaseEffect.Write claim) {
          claims.add(claim.slot());
          boolean first = claims.size() == 1;
          shown = first ? shown : claims.get(0); // the first has failed, and lands over the second
          effects.addAll(core.step(new LeaseEvent.WriteEnded(now, 0, claim.op(), !first)));
        } else {
          told.add(effect);
        }
      }
    }
    assertThat(claims).hasSize(2);
    assertThat(told).noneMatch(LeaseEffect.Held.class::isInstance);
    assertThat(told)
        .anyMatch(
            effect ->
                effect instanceof LeaseEffect.Trouble trouble
                    && trouble.detail().startsWith("shows an older record"));
  }

  @Test
  void aDeviceThatComesLaterJoins() {
    LeaseScript script = new LeaseScript(3);
    script.fallsSilent(2);
    script.passes(SETTLE.plus(R));
    assertThat(script.isHeld()).isTrue();
    script.speaksAgain(2);
    script.passes(R.multipliedBy(3));
    assertThat(script.disks.get(2)).isEqualTo(script.disks.get(0));
  }

  @Test
  void whatIsGivenUpSaysSoOnTheDevices() {
    LeaseScript script = held(3);
    script.passes(R);
    script.step(new LeaseEvent.Release(script.now));
    assertThat(script.core.heldUntil()).as("from that moment on").isEmpty();
    script.passes(R);
    assertThat(script.ended()).contains(new LeaseEffect.Ended(End.RELEASED, "given up"));
    assertThat(script.disks).allMatch(slot -> slot.holder().orElseThrow().released());
  }

  @Test
  void itIsGivenUpWhenARenewalWasUnderWay() {
    LeaseScript script = held(1);
    script.fallsSilent(0);
    script.passes(R);
    script.step(new LeaseEvent.Release(script.now));
    script.speaksAgain(0);
    script.passes(R);
    assertThat(script.ended().map(LeaseEffect.Ended::end)).contains(End.RELEASED);
    assertThat(script.disks.get(0).holder().orElseThrow().released()).isTrue();
  }

  @Test
  void whatIsNotHeldIsGivenUpWithoutWriting() {
    LeaseScript script = new LeaseScript(1);
    script.disks.set(0, heldBy("h1", 4, 10, 43));
    script.passes(R);
    script.step(new LeaseEvent.Release(script.now));
    assertThat(script.ended()).contains(new LeaseEffect.Ended(End.RELEASED, "nothing was held"));
    assertThat(script.writesTo(0)).isZero();
  }

  @Test
  void aWatchdogThatIsSlowerThanTheProofAssumesIsRefused() {
    assertThatThrownBy(
            () ->
                new HostLeaseConfig(
                    TIMING,
                    0,
                    LeaseScript.HOST,
                    new Incarnation(1),
                    WRITER,
                    Duration.ofSeconds(2).plusNanos(1),
                    1))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "lease.watchdogPeriod: found PT2.000000001S, allowed: PT0S to PT2S, half of W, with"
                + " which H was computed");
  }
}
