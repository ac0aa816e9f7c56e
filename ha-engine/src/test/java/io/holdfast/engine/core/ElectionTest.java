package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.engine.core.ControllerEffect.Campaign;
import io.holdfast.engine.core.ControllerEffect.CheckLease;
import io.holdfast.engine.core.ControllerEffect.ReadState;
import io.holdfast.engine.core.ControllerEffect.Resign;
import io.holdfast.engine.core.ControllerEffect.TakeOver;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Elections whose outcome is not what was hoped for, and controllers on silent hosts. */
class ElectionTest {
  private static final Duration AGAIN = ControllerScript.TIMINGS.suspectAfter();

  private static Outcome<Election> elected(long epoch) {
    return Outcome.done(new Election.Elected(new Epoch(epoch)));
  }

  private static Outcome<Election> ledBy(String leader, long epoch) {
    return Outcome.done(new Election.LedBy(leader, new Epoch(epoch)));
  }

  private static void placeChanges(ControllerScript script) {
    script.step(new ControllerEvent.PlaceChanged(0));
  }

  @Test
  void anElectionThatFailsIsTriedAgain() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    script.connection(Connection.CONNECTED);
    script.campaignEnds(Outcome.failed(Cause.CONFLICT, "somebody else was faster"));
    assertThat(script.all(Resign.class)).isEmpty();
    script.passes(AGAIN.minusMillis(1));
    assertThat(script.open(Campaign.class)).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.open(Campaign.class)).hasSize(1);
  }

  @Test
  void whoIsElectedDoesNotCampaignAnyMore() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    script.connection(Connection.CONNECTED);
    script.campaignEnds(Outcome.failed(Cause.CONFLICT, "somebody else was faster"));
    placeChanges(script);
    script.elected(1);
    script.passes(Duration.ofMinutes(1));
    assertThat(script.open(Campaign.class)).isEmpty();
  }

  @Test
  void whoIsToldThatItLeadsAlreadyGoesOn() {
    ControllerScript script = Scenes.vmOnHost1();
    placeChanges(script);
    script.campaignEnds(elected(1));
    assertThat(script.isLeading()).isTrue();
    assertThat(script.all(ReadState.class)).hasSize(1);
    assertThat(script.told(HaEvent.ControllerStoodDown.class)).isEmpty();
  }

  @Test
  void whoIsToldSoWhileItReadsGoesOnReading() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    script.storeFallsSilent();
    script.leads(1);
    placeChanges(script);
    script.campaignEnds(elected(1));
    assertThat(script.all(ReadState.class)).hasSize(1);
    script.storeAnswers();
    assertThat(script.isLeading()).isTrue();
  }

  @Test
  void whoIsElectedAnewBeginsAnew() {
    ControllerScript script = Scenes.vmOnHost1();
    placeChanges(script);
    script.campaignEnds(elected(2));
    assertThat(script.told(HaEvent.ControllerStoodDown.class))
        .containsExactly(
            new HaEvent.ControllerStoodDown(new Epoch(1), "elected anew with epoch 2"));
    assertThat(script.all(ReadState.class)).hasSize(2);
    assertThat(script.isLeading()).isTrue();
    assertThat(script.status().reason()).isEqualTo("leads with epoch 2");
  }

  @Test
  void anElectionOfUnknownOutcomeEndsLeadership() {
    ControllerScript script = Scenes.vmOnHost1();
    placeChanges(script);
    script.campaignEnds(Outcome.unknown("time-out"));
    assertThat(script.isLeading()).isFalse();
    assertThat(script.all(Resign.class)).hasSize(1);
    assertThat(script.told(HaEvent.ControllerStoodDown.class)).hasSize(1);
  }

  @Test
  void anotherLeaderEndsTheReading() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    script.storeFallsSilent();
    script.leads(1);
    placeChanges(script);
    script.campaignEnds(ledBy("other", 2));
    script.storeAnswers();
    assertThat(script.isLeading()).isFalse();
    assertThat(script.status().reason())
        .isEqualTo("led by other with epoch 2; led before: deposed by other with epoch 2");
  }

  @Test
  void anEpochThatWasGivenUpIsNotLedWith() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    script.storeFallsSilent();
    script.leads(1);
    script.stateReadEnds(Outcome.unknown("time-out"));
    assertThat(script.all(Resign.class)).hasSize(1);
    script.passes(AGAIN);
    script.campaignEnds(elected(1));
    assertThat(script.all(Resign.class)).hasSize(2);
    assertThat(script.open(ReadState.class)).isEmpty();
    script.passes(AGAIN);
    script.campaignEnds(elected(2));
    script.storeAnswers();
    assertThat(script.isLeading()).isTrue();
  }

  // The host of the controller

  /** Stands by while the controller on host1 leads with epoch 1. */
  private static ControllerScript standby() {
    ControllerScript script = new ControllerScript("host1", "host2", "host3").seesLeases();
    script.connection(Connection.CONNECTED);
    script.campaignEnds(ledBy("host1", 1));
    for (String host : List.of("host1", "host2", "host3")) {
      script.renews(host);
    }
    return script;
  }

  /** Whoever campaigns is told that host1 leads. */
  private static void passes(ControllerScript script, Duration time) {
    Duration step = Duration.ofMillis(500);
    for (Duration gone = Duration.ZERO; gone.compareTo(time) < 0; gone = gone.plus(step)) {
      script.passes(step);
      if (!script.open(Campaign.class).isEmpty()) {
        script.campaignEnds(ledBy("host1", 1));
      }
    }
  }

  @Test
  void theControllersHostIsLookedAtWhenItIsSilentAndItsPlaceTaken() {
    ControllerScript script = standby();
    script.fallsSilent("host1", "host2");
    script.storeFallsSilent();
    passes(script, ControllerScript.TIMINGS.silence().minusMillis(500));
    assertThat(script.open(CheckLease.class)).isEmpty();
    passes(script, Duration.ofSeconds(7));
    assertThat(script.open(CheckLease.class))
        .extracting(check -> check.host().value())
        .containsExactly("host1");
    assertThat(script.open(TakeOver.class)).isEmpty();
    script.leaseChecksEnd();
    assertThat(script.open(TakeOver.class))
        .singleElement()
        .satisfies(takeOver -> assertThat(takeOver.deposed()).isEqualTo(new Epoch(1)));
  }

  @Test
  void anAnswerThatComesAfterACampaignInVainCountsStill() {
    ControllerScript script = standby();
    script.fallsSilent("host1");
    script.storeFallsSilent();
    passes(script, Duration.ofSeconds(12));
    placeChanges(script);
    script.campaignEnds(ledBy("host1", 1));
    script.leaseChecksEnd();
    assertThat(script.open(TakeOver.class)).hasSize(1);
  }

  @Test
  void aControllersHostThatWasSilentBeforeItIsNamedIsLookedAtAtOnce() {
    ControllerScript script = new ControllerScript("host1", "host2").seesLeases();
    script.connection(Connection.CONNECTED);
    script.campaignEnds(ledBy("elsewhere", 1));
    script.renews("host2");
    script.fallsSilent("host1");
    script.storeFallsSilent();
    script.passes(ControllerScript.TIMINGS.silence().multipliedBy(3));
    assertThat(script.open(CheckLease.class)).isEmpty();
    script.campaignEnds(ledBy("host1", 2));
    assertThat(script.open(CheckLease.class)).hasSize(1);
  }

  @Test
  void aHostWhoseControllerLeadsNoMoreIsNoBusinessOfAStandby() {
    ControllerScript script = standby();
    script.fallsSilent("host1");
    script.passes(ControllerScript.TIMINGS.suspectAfter());
    script.campaignEnds(ledBy("host2", 2));
    script.storeFallsSilent();
    for (int i = 0; i < 20; i++) {
      script.passes(Duration.ofSeconds(1));
      if (!script.open(Campaign.class).isEmpty()) {
        script.campaignEnds(ledBy("host2", 2));
      }
    }
    assertThat(script.open(CheckLease.class)).isEmpty();
  }

  @Test
  void withoutTheStoreNobodyIsLookedAt() {
    ControllerScript script = standby();
    script.fallsSilent("host1");
    script.storeFallsSilent();
    script.connection(Connection.SUSPENDED);
    script.passes(Duration.ofSeconds(20));
    assertThat(script.open(CheckLease.class)).isEmpty();
  }

  // Closing

  private static ControllerScript closed(ControllerScript script) {
    script.step(new ControllerEvent.CloseRequested(0));
    assertThat(script.isLeading()).isFalse();
    assertThat(script.status().reason()).isEqualTo("closed");
    return script;
  }

  @Test
  void whoLeadsGivesItUpWhenItIsClosed() {
    ControllerScript script = closed(Scenes.vmOnHost1());
    assertThat(script.all(Resign.class)).hasSize(1);
    assertThat(script.told(HaEvent.ControllerStoodDown.class))
        .containsExactly(new HaEvent.ControllerStoodDown(new Epoch(1), "closed"));
  }

  @Test
  void whoWasElectedOrMayBeGivesItUpToo() {
    ControllerScript reading = new ControllerScript("host1").seesLeases();
    reading.storeFallsSilent();
    reading.leads(1);
    assertThat(closed(reading).all(Resign.class)).hasSize(1);

    ControllerScript campaigning = new ControllerScript("host1").seesLeases();
    campaigning.connection(Connection.CONNECTED);
    assertThat(closed(campaigning).all(Resign.class)).hasSize(1);
  }

  @Test
  void whoStandsByHasNothingToGiveUp() {
    assertThat(closed(standby()).all(Resign.class)).isEmpty();
    assertThat(closed(new ControllerScript("host1")).all(Resign.class)).isEmpty();
  }
}
