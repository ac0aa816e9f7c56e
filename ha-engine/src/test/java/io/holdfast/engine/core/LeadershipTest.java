package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.PowerState;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.Campaign;
import io.holdfast.engine.core.ControllerEffect.CheckLease;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.core.ControllerEffect.ReadState;
import io.holdfast.engine.core.ControllerEffect.Resign;
import io.holdfast.engine.record.HostIntent;
import java.time.Duration;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who decides, and when they stop. */
class LeadershipTest {

  @Test
  void anOrderToAnIncarnationThatTheNextOneHasNotSeenYetIsNotLost() {
    ControllerScript leader = Scenes.vmOnHost1();
    leader.joinsAgain("host1");
    leader.reports("host1", new TreeMap<>(), "vm:1");
    HostIntent order = (HostIntent) leader.stored(new Key(Table.INTENT, "host1"));
    assertThat(order.incarnation()).isEqualTo(new Incarnation(2));
    assertThat(order.entries()).containsKey(WorkloadId.parse("vm:1"));

    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    next.store.putAll(leader.store);
    next.seesLeases().leads(2);
    next.allReport("host2", "host3");
    HostIntent left = (HostIntent) next.stored(new Key(Table.INTENT, "host1"));
    assertThat(left.incarnation()).isEqualTo(new Incarnation(2));
    assertThat(left.entries()).isEqualTo(order.entries());
    next.joinsAgain("host1");
    next.reports("host1");
    assertThat(next.stored(new Key(Table.INTENT, "host1"))).isEqualTo(left);
  }

  static Stream<Outcome<Ack>> unacknowledged() {
    return Stream.of(
        Outcome.unknown("time-out"),
        Outcome.failed(Cause.DEPOSED, "another leads"),
        Outcome.failed(Cause.CONFLICT, "changed"));
  }

  @ParameterizedTest
  @MethodSource("unacknowledged")
  void aWriteThatIsNotAcknowledgedEndsLeadershipAndTheNextOneReadsAnew(Outcome<Ack> outcome) {
    ControllerScript script = Scenes.vmOnHost1();
    script.storeFallsSilent();
    script.put(Scenes.newWorkload("vm:2"));
    script.reread(Scenes.newWorkload("vm:2").key());
    script.commitEnds(outcome);

    assertThat(script.isLeading()).isFalse();
    assertThat(script.all(Resign.class)).hasSize(1);
    assertThat(script.told(HaEvent.ControllerStoodDown.class))
        .singleElement()
        .satisfies(stood -> assertThat(stood.reason()).contains("not acknowledged"));
    assertThat(script.open(Commit.class)).isEmpty();

    script.storeAnswers();
    script.passes(Duration.ofSeconds(5));
    assertThat(script.open(Campaign.class)).hasSize(1);
    script.elected(2);
    script.allReport("host1", "host2", "host3");
    assertThat(script.isLeading()).isTrue();
    assertThat(script.orderedOn("vm:1")).containsOnly("host1");
    assertThat(script.all(Commit.class)).last().extracting(Commit::epoch).isEqualTo(new Epoch(2));
  }

  @Test
  void whoIsToldThatAnotherLeadsStandsDown() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    AskDevice off = script.theAsked(OFF);
    script.step(new ControllerEvent.PlaceChanged(0));
    script.campaignEnds(Outcome.done(new Election.LedBy("other", new Epoch(2))));
    int commits = script.all(Commit.class).size();
    script.answer(off, new Confirmed(PowerState.OFF));
    script.passes(Duration.ofMinutes(1));

    assertThat(script.isLeading()).isFalse();
    assertThat(script.all(Commit.class)).hasSize(commits);
  }

  @Test
  void whoDoesNotLeadSaysWhyAndWhoDoes() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    assertThat(script.status().reason()).isEqualTo("connecting to the coordination service");
    assertThat(script.status().ledBy()).isEmpty();
    script.connection(Connection.CONNECTED);
    assertThat(script.status().reason()).isEqualTo("campaigning");
    script.campaignEnds(Outcome.done(new Election.LedBy("other", new Epoch(2))));
    assertThat(script.status().leading()).isFalse();
    assertThat(script.status().ledBy()).contains("other");
    assertThat(script.status().reason()).isEqualTo("led by other with epoch 2");
    script.connection(Connection.SUSPENDED);
    assertThat(script.status().reason()).isEqualTo("connecting to the coordination service");
    assertThat(script.status().ledBy()).as("as far as it knows").contains("other");
  }

  @Test
  void whoIsDeposedSaysSoAndNamesTheNext() {
    ControllerScript script = Scenes.vmOnHost1();
    assertThat(script.status().ledBy()).isPresent();
    assertThat(script.status().reason()).startsWith("leads with epoch ");
    script.connection(Connection.SUSPENDED);
    assertThat(script.status().leading()).isTrue();
    assertThat(script.status().reason()).endsWith("decides nothing");
    script.connection(Connection.CONNECTED);
    script.step(new ControllerEvent.PlaceChanged(0));
    script.campaignEnds(Outcome.done(new Election.LedBy("other", new Epoch(2))));
    assertThat(script.status().hosts()).isEmpty();
    assertThat(script.status().ledBy()).contains("other");
    assertThat(script.status().reason())
        .isEqualTo("led by other with epoch 2; led before: deposed by other with epoch 2");
  }

  @Test
  void aCandidateOfAnyNameMayLead() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    script.connection(Connection.CONNECTED);
    script.campaignEnds(Outcome.done(new Election.LedBy("-not.a.host-", new Epoch(2))));
    assertThat(script.isLeading()).isFalse();
    script.passes(Duration.ofSeconds(5));
    assertThat(script.open(Campaign.class)).hasSize(1);
  }

  @Test
  void anElectionOfUnknownOutcomeIsGivenUpBeforeTheNext() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    script.connection(Connection.CONNECTED);
    script.campaignEnds(Outcome.unknown("time-out"));
    assertThat(script.all(Resign.class)).hasSize(1);
    assertThat(script.open(Campaign.class)).isEmpty();
    script.passes(Duration.ofSeconds(5));
    assertThat(script.open(Campaign.class)).hasSize(1);
  }

  @Test
  void aStateThatCannotBeReadIsNoReasonToLead() {
    ControllerScript script = new ControllerScript("host1").seesLeases();
    script.storeFallsSilent();
    script.leads(1);
    ReadState read = script.open(ReadState.class).get(0);
    script.step(new ControllerEvent.StateRead(0, read.op(), Outcome.unknown("time-out")));
    assertThat(script.isLeading()).isFalse();
    assertThat(script.all(Resign.class)).hasSize(1);
  }

  // Suspended

  @Test
  void pitfall07WhileSuspendedNothingNewIsBegun() {
    ControllerScript script = Scenes.vmOnHost1();
    script.connection(Connection.SUSPENDED);
    script.fallsSilent("host1");
    int before = mutating(script);
    script.passes(Duration.ofMinutes(1));
    assertThat(mutating(script)).isEqualTo(before);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void anIntentAcknowledgedWhileSuspendedDoesNotSwitchAnythingOff() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    script.storeFallsSilent();
    script.passes(Duration.ofSeconds(3));
    script.leaseChecksEnd();
    script.connection(Connection.SUSPENDED);
    script.commitEnds(Outcome.ok());
    assertThat(script.asked(OFF)).isEmpty();

    script.connection(Connection.CONNECTED);
    script.storeAnswers();
    assertThat(script.asked(OFF)).as("whoever is alive has time to be heard first").isEmpty();
    script.passes(Duration.ofSeconds(3));
    script.storeAnswers();
    assertThat(script.asked(OFF)).as("it is taken up again").hasSize(1);
  }

  @Test
  void whileSuspendedTheNextDeviceIsNotAsked() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.connection(Connection.SUSPENDED);
    script.deviceAnswers(new Refused("no"));
    assertThat(script.asked(OFF)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);

    script.connection(Connection.CONNECTED);
    script.passes(Duration.ofSeconds(6));
    assertThat(script.asked(OFF)).as("it is taken up again").hasSize(1);
  }

  @Test
  void evidenceThatComesWhileSuspendedIsUsedWhenTheStoreIsBack() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.connection(Connection.SUSPENDED);
    int commits = script.all(Commit.class).size();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.all(Commit.class)).hasSize(commits);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");

    script.connection(Connection.CONNECTED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  private static int mutating(ControllerScript script) {
    return script.all(Commit.class).size()
        + script.all(AskDevice.class).size()
        + script.all(CheckLease.class).size();
  }

  @Test
  void aSessionThatEndedIsLeftBehindAndWonAnew() {
    ControllerScript script = Scenes.vmOnHost1();
    script.connection(Connection.LOST);
    assertThat(script.isLeading()).isFalse();
    script.leads(2);
    script.allReport("host2", "host3");
    script.reports("host1");
    assertThat(script.isLeading()).isTrue();
    assertThat(script.orderedOn("vm:1")).containsOnly("host1");
  }

  // Standby

  @Test
  void aStandbyThatSawTheSilenceNeedsNoNewGrace() {
    ControllerScript leader = Scenes.vmOnHost1();
    ControllerScript standby = new ControllerScript("host1", "host2", "host3");
    standby.store.putAll(leader.store);
    standby.seesLeases();
    standby.connection(Connection.CONNECTED);
    standby.campaignEnds(Outcome.done(new Election.LedBy("other", new Epoch(1))));
    standby.passes(Duration.ofSeconds(2));
    standby.fallsSilent("host1");
    standby.silencePasses();
    assertThat(standby.all(AskDevice.class)).isEmpty();

    standby.step(new ControllerEvent.PlaceChanged(0));
    standby.elected(2);
    assertThat(standby.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(standby.asked(OFF)).hasSize(1);
    assertThat(standby.stateOf("host2")).isEqualTo(HostState.ONLINE);
  }

  @Test
  void aNewcomerThatHasSeenNothingGrantsTheWholeGrace() {
    ControllerScript leader = Scenes.vmOnHost1();
    ControllerScript newcomer = new ControllerScript("host1", "host2", "host3");
    newcomer.store.putAll(leader.store);
    newcomer.seesLeases().leads(2);
    newcomer.fallsSilent("host1");
    newcomer.passes(ControllerScript.TIMINGS.silence().minusMillis(1));
    assertThat(newcomer.asked(OFF)).isEmpty();
    newcomer.passes(Duration.ofSeconds(3));
    assertThat(newcomer.asked(OFF)).hasSize(1);
  }

  // All at once

  @Test
  void whenAllFallSilentAtOnceNobodyIsFencedBeforeOneOfThemIsHeard() {
    ControllerScript script = Scenes.vmOnHost1();
    script.passes(Duration.ofSeconds(10));
    script.fallsSilent("host1", "host2", "host3");
    script.passes(ControllerScript.TIMINGS.silence().multipliedBy(2).minusMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.passes(Duration.ofHours(1));
    assertThat(script.asked(OFF)).as("it may be this engine that is cut off").isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.explainHost("host1").reason()).contains("no host is heard at all");
    script.isHeardAgain("host2");
    script.reports("host2");
    script.passes(Duration.ofSeconds(2));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void aStoreThatServesNobodyForAWhileAccusesNobody() {
    ControllerScript script = Scenes.vmOnHost1();
    script.passes(Duration.ofSeconds(10));
    script.fallsSilent("host1", "host2", "host3");
    script.passes(Duration.ofSeconds(8));
    script.isHeardAgain("host2");
    script.passes(Duration.ofSeconds(2));
    assertThat(script.asked(OFF)).as("the others get their grace from here").isEmpty();
    script.isHeardAgain("host1");
    script.isHeardAgain("host3");
    script.passes(Duration.ofSeconds(10));
    assertThat(script.all(AskDevice.class)).noneMatch(ask -> ask.operation() == OFF);
  }

  @Test
  void afterClosingNothingIsEmitted() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    AskDevice off = script.theAsked(OFF);
    script.step(new ControllerEvent.CloseRequested(0));
    assertThat(script.emitted).last().isNotInstanceOf(Commit.class);
    int before = script.emitted.size();
    script.answer(off, new Confirmed(PowerState.OFF));
    script.connection(Connection.CONNECTED);
    assertThat(script.emitted).hasSize(before);
  }
}
