package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.PERIOD;
import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static io.holdfast.engine.agent.AgentScript.intent;
import static io.holdfast.engine.agent.AgentScript.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.agent.AgentEffect.FeedWatchdog;
import io.holdfast.engine.agent.AgentEffect.OpenWatchdog;
import io.holdfast.engine.agent.AgentEffect.ReleaseWatchdog;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent.Guard;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostReport.Guarded;
import java.time.Duration;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The watchdog is armed before anything starts, and fed only while the lease is valid. */
class WatchdogTest {

  private static Guarded guarded(long turn) {
    return new Guarded(turn, TIMINGS.leaseValidity(), PERIOD);
  }

  @Test
  void aHostWithoutAWatchdogIsNotGuardedAndStartsWhatItIsOrdered() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    assertThat(agent.lastReport().guarded()).isEmpty();
    assertThat(agent.all(OpenWatchdog.class)).isEmpty();
  }

  @Test
  void itIsArmedWithTheFirstLeaseAndBeforeAnythingStarts() {
    AgentScript agent = AgentScript.withWatchdog().byHand(Answer.WATCHDOG, Answer.RENEWAL).joined();
    assertThat(agent.all(OpenWatchdog.class)).as("without a lease").isEmpty();
    agent.renewalEnds(Outcome.ok());
    agent.ordered(1, 1, "vm:1", run(1));
    assertThat(agent.open(OpenWatchdog.class)).hasSize(1);
    assertThat(agent.all(Start.class)).isEmpty();
    assertThat(agent.lastReport().guarded()).isEmpty();

    agent.openEnds(Outcome.done(PERIOD));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    assertThat(agent.lastReport().guarded()).contains(guarded(0));
  }

  @Test
  void whatTheDeviceMadeOfThePeriodIsReported() {
    AgentScript agent = AgentScript.withWatchdog();
    agent.opens = Outcome.done(Duration.ofSeconds(2));
    agent.joined();
    assertThat(agent.lastReport().guarded().orElseThrow().period())
        .isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void itIsFedWithEveryRenewalAndNeverForLongerThanTheLeaseIsValid() {
    AgentScript agent = AgentScript.withWatchdog().joined();
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.all(FeedWatchdog.class)).hasSizeGreaterThanOrEqualTo(60);

    agent.byHand(Answer.RENEWAL);
    agent.passes(TIMINGS.leaseValidity());
    int fed = agent.all(FeedWatchdog.class).size();
    agent.passes(Duration.ofMinutes(5));
    assertThat(agent.all(FeedWatchdog.class)).as("without a lease").hasSize(fed);

    agent.renewalEnds(Outcome.ok());
    assertThat(agent.all(FeedWatchdog.class)).as("with a lease again").hasSizeGreaterThan(fed);
  }

  @Test
  void aSessionThatEndsIsALeaseThatEnds() {
    AgentScript agent = AgentScript.withWatchdog().joined();
    agent.byHand(Answer.JOIN).connection(Connection.LOST);
    int fed = agent.all(FeedWatchdog.class).size();
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.all(FeedWatchdog.class)).hasSize(fed);
  }

  @Test
  void theNextIncarnationIsGuardedByTheSameWatchdogInATurnOfItsOwn() {
    AgentScript agent = AgentScript.withWatchdog().joined();
    agent.guardOrdered(1, GuardOrder.RELEASED, 1);
    agent.guardOrdered(2, GuardOrder.REQUIRED, 2);
    assertThat(agent.lastReport().guarded()).contains(guarded(2));
    agent.connection(Connection.LOST);
    agent.connection(Connection.CONNECTED);
    assertThat(agent.lastReport().incarnation().value()).isEqualTo(agent.incarnation());
    assertThat(agent.lastReport().guarded()).contains(guarded(0));
    assertThat(agent.all(OpenWatchdog.class)).hasSize(2);
  }

  @Test
  void itIsDisarmedWhenAnIntentSaysSoAndNotReportedFromThenOn() {
    AgentScript agent = AgentScript.withWatchdog().joined();
    agent.byHand(Answer.WATCHDOG);
    agent.guardOrdered(1, GuardOrder.RELEASED, 1);
    assertThat(agent.open(ReleaseWatchdog.class)).hasSize(1);
    assertThat(agent.lastReport().guarded()).isEmpty();
    agent.releaseEnds(Outcome.ok());
    int fed = agent.all(FeedWatchdog.class).size();
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.all(FeedWatchdog.class)).hasSize(fed);
    assertThat(agent.all(OpenWatchdog.class)).hasSize(1);

    agent.guardOrdered(2, GuardOrder.REQUIRED, 2);
    assertThat(agent.lastReport().guarded()).as("before it is armed again").isEmpty();
    agent.openEnds(Outcome.done(PERIOD));
    assertThat(agent.lastReport().guarded()).contains(guarded(2));
  }

  @Test
  void ordersThatChangeWhileItIsBeingDisarmedAreFollowedAfterThat() {
    AgentScript agent = AgentScript.withWatchdog().joined();
    agent.byHand(Answer.WATCHDOG);
    agent.guardOrdered(1, GuardOrder.RELEASED, 1);
    agent.guardOrdered(2, GuardOrder.REQUIRED, 2);
    assertThat(agent.lastReport().guarded()).as("it may be disarmed at any moment").isEmpty();
    agent.releaseEnds(Outcome.ok());
    agent.openEnds(Outcome.done(PERIOD));
    assertThat(agent.lastReport().guarded()).contains(guarded(2));
  }

  @Test
  void oneThatCouldNotBeDisarmedForSureIsTriedAgainAndNotReliedUpon() {
    AgentScript agent = AgentScript.withWatchdog().joined();
    agent.byHand(Answer.WATCHDOG);
    agent.guardOrdered(1, GuardOrder.RELEASED, 1);
    agent.releaseEnds(Outcome.unknown("time-out"));
    assertThat(agent.told(HaEvent.Alarm.class)).hasSize(1);
    agent.guardOrdered(2, GuardOrder.REQUIRED, 2);
    assertThat(agent.lastReport().guarded()).isEmpty();
    agent.passes(PERIOD.dividedBy(3));
    agent.openEnds(Outcome.done(PERIOD));
    assertThat(agent.lastReport().guarded()).contains(guarded(2));
  }

  @Test
  void oneThatCannotBeArmedIsToldOfAndTriedAgainAndKeepsNothingFromStarting() {
    AgentScript agent = AgentScript.withWatchdog();
    agent.opens = Outcome.failed(Cause.NOT_FOUND, "no such device");
    agent.joined().ordered(1, 1, "vm:1", run(1));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    assertThat(agent.lastReport().guarded()).isEmpty();
    assertThat(agent.told(HaEvent.Alarm.class))
        .singleElement()
        .satisfies(alarm -> assertThat(alarm.reason()).contains("no such device"));
    agent.opens = Outcome.done(PERIOD);
    agent.passes(PERIOD.dividedBy(3));
    assertThat(agent.lastReport().guarded()).contains(guarded(0));
  }

  @Test
  void oneThatMayBeArmedIsArmedOnceMoreBeforeItCounts() {
    AgentScript agent = AgentScript.withWatchdog();
    agent.opens = Outcome.unknown("time-out");
    agent.joined();
    assertThat(agent.lastReport().guarded()).isEmpty();
    agent.opens = Outcome.done(PERIOD);
    agent.passes(PERIOD.dividedBy(3));
    assertThat(agent.lastReport().guarded()).contains(guarded(0));
  }

  @Test
  void oneThatMayHaveBeenArmedAfterTheLeaseRanOutIsArmedOnceMoreBeforeItCounts() {
    AgentScript agent = AgentScript.withWatchdog().byHand(Answer.WATCHDOG).joined();
    agent.byHand(Answer.RENEWAL);
    agent.passes(TIMINGS.renewInterval().plus(TIMINGS.leaseValidity()));
    agent.openEnds(Outcome.done(PERIOD));
    assertThat(agent.lastReport().guarded()).isEmpty();
    agent.renewalEnds(Outcome.ok());
    agent.openEnds(Outcome.done(PERIOD));
    assertThat(agent.lastReport().guarded()).contains(guarded(0));
  }

  // Looking anew

  @Test
  void aLookIsAnsweredByAnInventoryThatBeganAfterItWasAskedFor() {
    AgentScript agent = new AgentScript().joined();
    assertThat(agent.lastReport().looked()).isZero();
    agent.byHand(Answer.INVENTORY);
    agent.passes(TIMINGS.resyncInterval());
    agent.ordered(intent(agent.incarnation(), 1, 1, Guard.INITIAL, 3, new TreeMap<>()));
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.lastReport().looked()).as("one that had begun before").isZero();
    TreeMap<WorkloadId, RunState> runs = new TreeMap<>();
    runs.put(WorkloadId.parse("vm:1"), RunState.RUNNING);
    agent.inventoryEnds(Outcome.done(runs));
    assertThat(agent.lastReport().looked()).isEqualTo(3);
    assertThat(agent.lastReport().unassigned()).containsExactly(WorkloadId.parse("vm:1"));
  }

  @Test
  void aLookThatDidNotWorkIsNoAnswer() {
    AgentScript agent = new AgentScript().joined();
    agent.byHand(Answer.INVENTORY);
    agent.ordered(intent(agent.incarnation(), 1, 1, Guard.INITIAL, 1, new TreeMap<>()));
    agent.inventoryEnds(Outcome.unknown("time-out"));
    assertThat(agent.lastReport().looked()).isZero();
    agent.passes(TIMINGS.renewInterval());
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.lastReport().looked()).isEqualTo(1);
  }

  @Test
  void aLookOfAFormerIncarnationIsNoAnswer() {
    AgentScript agent = new AgentScript().joined();
    agent.byHand(Answer.INVENTORY);
    agent.ordered(intent(agent.incarnation(), 1, 1, Guard.INITIAL, 5, new TreeMap<>()));
    agent.connection(Connection.LOST);
    agent.connection(Connection.CONNECTED);
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.lastReport().incarnation().value()).isEqualTo(agent.incarnation());
    assertThat(agent.lastReport().looked()).isZero();
  }

  // Edges of the lease

  @Test
  void aRenewalThatIsAcknowledgedWhenTheLeaseEndsFeedsNothing() {
    AgentScript agent = AgentScript.withWatchdog().joined().byHand(Answer.RENEWAL);
    agent.passes(TIMINGS.renewInterval().plus(TIMINGS.leaseValidity()));
    int fed = agent.all(FeedWatchdog.class).size();
    agent.renewalIsLate(TIMINGS.leaseValidity());
    assertThat(agent.all(FeedWatchdog.class)).hasSize(fed);
  }

  @Test
  void itIsNotArmedAtTheMomentTheLeaseEnds() {
    AgentScript agent = AgentScript.withWatchdog().byHand(Answer.WATCHDOG).joined();
    agent.byHand(Answer.RENEWAL);
    agent.passes(TIMINGS.leaseValidity().minus(PERIOD.dividedBy(3)));
    agent.openEnds(Outcome.failed(Cause.ERROR, "busy"));
    agent.passes(PERIOD.dividedBy(3));
    assertThat(agent.open(OpenWatchdog.class)).isEmpty();
  }

  // Told to people

  @Test
  void aFeedThatDidNotWorkIsToldOfOnce() {
    AgentScript agent = AgentScript.withWatchdog().joined();
    agent.step(new AgentEvent.WatchdogNotFed(0, "I/O error"));
    agent.step(new AgentEvent.WatchdogNotFed(0, "I/O error"));
    assertThat(agent.told(HaEvent.Alarm.class))
        .containsExactly(new HaEvent.Alarm("watchdog of host1", "was not fed: I/O error"));
  }

  @Test
  void oneThatMayBeArmedIsToldOf() {
    AgentScript agent = AgentScript.withWatchdog();
    agent.opens = Outcome.unknown("time-out");
    agent.joined();
    assertThat(agent.told(HaEvent.Alarm.class))
        .extracting(HaEvent.Alarm::reason)
        .containsExactly("may not be armed: time-out");
  }
}
