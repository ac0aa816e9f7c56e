package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.intent;
import static io.holdfast.engine.agent.AgentScript.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.Join;
import io.holdfast.engine.agent.AgentEffect.PersistEpoch;
import io.holdfast.engine.agent.AgentEffect.Renew;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentEffect.Stop;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Lease, incarnation, epoch: without any of them nothing is started. */
class MayStartTest {

  private static SortedMap<WorkloadId, HostIntent.Entry> vm1() {
    TreeMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    entries.put(WorkloadId.parse("vm:1"), run(1));
    return entries;
  }

  @Test
  void withLeaseAndOrderItStarts() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STARTING);
    agent.startEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.told(HaEvent.StartIssued.class)).hasSize(1);
    assertThat(agent.told(HaEvent.WorkloadRunning.class)).hasSize(1);
  }

  // The lease

  @Test
  void beforeTheFirstRenewalIsAcknowledgedNothingStarts() {
    AgentScript agent = new AgentScript().byHand(Answer.RENEWAL).joined();
    agent.ordered(1, 1, "vm:1", run(1));
    assertThat(agent.all(Start.class)).isEmpty();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.PENDING);
    agent.renewalEnds(Outcome.unknown("time-out"));
    assertThat(agent.all(Start.class)).isEmpty();
    agent.passes(AgentScript.TIMINGS.renewInterval());
    agent.renewalEnds(Outcome.ok());
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void aLeaseThatRanOutStartsNothingUntilItIsRenewed() {
    AgentScript agent = new AgentScript().joined();
    agent.byHand(Answer.RENEWAL);
    agent.passes(AgentScript.TIMINGS.leaseValidity());
    assertThat(agent.told(HaEvent.LeaseLost.class)).hasSize(1);
    agent.ordered(1, 1, "vm:1", run(1));
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.all(Start.class)).isEmpty();

    agent.noLongerByHand(Answer.RENEWAL);
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void aStartCarriesTheTimeAfterWhichItMustNotBegin() {
    AgentScript agent = new AgentScript().joined();
    agent.byHand(Answer.RENEWAL);
    agent.passes(Duration.ofSeconds(3));
    agent.ordered(1, 1, "vm:1", run(1));
    Start start = agent.open(Start.class).get(0);
    assertThat(start.notAfter())
        .isEqualTo(Duration.ofHours(1).plus(AgentScript.TIMINGS.leaseValidity()).toNanos());
  }

  @Test
  void aStartThatWasNotBegunInTimeIsNoAttempt() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    for (int i = 0; i < 5; i++) {
      agent.startEnds(Outcome.failed(Cause.EXPIRED, "the lease ran out"));
      agent.passes(Duration.ofSeconds(2));
    }
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    assertThat(agent.reported("vm:1").restarts()).isZero();
  }

  @Test
  void anInterruptedConnectionStartsNothingAndTouchesNothing() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.connection(Connection.SUSPENDED);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.all(Start.class)).hasSize(1);
    agent.connection(Connection.CONNECTED);
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  // The incarnation

  @Test
  void anIntentForAnotherIncarnationIsVoid() {
    AgentScript agent = new AgentScript().joined();
    agent.ordered(intent(agent.incarnation() - 1, 9, 9, vm1()));
    agent.ordered(intent(agent.incarnation() + 1, 9, 9, vm1()));
    agent.passes(Duration.ofMinutes(5));
    assertThat(agent.all(Start.class)).isEmpty();
    assertThat(agent.all(PersistEpoch.class)).isEmpty();
  }

  @Test
  void anIncarnationThatEndedIsLeftBehindWithItsOrders() {
    AgentScript agent = new AgentScript().joined().running("vm:1").byHand(Answer.RENEWAL);
    agent.passes(AgentScript.TIMINGS.renewInterval());
    agent.renewalEnds(Outcome.failed(Cause.EXPIRED, "another has joined as host1"));

    assertThat(agent.told(HaEvent.LeaseLost.class))
        .extracting(HaEvent.LeaseLost::reason)
        .containsExactly("another has joined as host1");
    assertThat(agent.all(Join.class)).hasSize(2);
    agent.noLongerByHand(Answer.RENEWAL);
    assertThat(agent.lastReport().incarnation().value()).isEqualTo(agent.incarnation());
    assertThat(agent.lastReport().assigned()).isEmpty();
    assertThat(agent.lastReport().unassigned()).containsExactly(WorkloadId.parse("vm:1"));
    agent.passes(Duration.ofMinutes(5));
    assertThat(agent.all(Stop.class)).isEmpty();
    assertThat(agent.all(Destroy.class)).isEmpty();
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  @Test
  void aLostSessionVoidsTheOrdersAtOnce() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.connection(Connection.LOST);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.connection(Connection.CONNECTED);
    agent.passes(Duration.ofMinutes(5));
    assertThat(agent.all(Join.class)).hasSize(2);
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  // The epoch

  @Test
  void anOlderEpochThanTheHighestSeenIsRefused() {
    AgentScript agent = new AgentScript(5).joined();
    agent.ordered(intent(agent.incarnation(), 4, 99, vm1()));
    assertThat(agent.told(HaEvent.IntentRefused.class))
        .extracting(HaEvent.IntentRefused::reason)
        .contains("epoch 4 is older than 5");
    assertThat(agent.all(Start.class)).isEmpty();
  }

  @Test
  void aDeposedControllerIsRefusedOnceANewOneWasFollowed() {
    AgentScript agent = new AgentScript().joined();
    agent.ordered(intent(agent.incarnation(), 3, 1, new TreeMap<>()));
    agent.ordered(intent(agent.incarnation(), 2, 50, vm1()));
    assertThat(agent.told(HaEvent.IntentRefused.class)).isNotEmpty();
    assertThat(agent.all(Start.class)).isEmpty();
  }

  @Test
  void aNewEpochIsFollowedOnlyWhenItIsOnDisk() {
    AgentScript agent = new AgentScript(1).byHand(Answer.DISK).joined();
    agent.ordered(2, 1, "vm:1", run(1));
    assertThat(agent.open(PersistEpoch.class)).containsExactly(new PersistEpoch(new Epoch(2)));
    agent.passes(Duration.ofSeconds(10));
    assertThat(agent.all(Start.class)).isEmpty();
    agent.diskEnds(Outcome.ok());
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void anEpochThatNeverReachedTheDiskIsWrittenAgain() {
    AgentScript agent = new AgentScript(1).byHand(Answer.DISK).joined();
    agent.ordered(2, 1, "vm:1", run(1));
    agent.passes(AgentScript.TIMINGS.resyncInterval().plusSeconds(1));
    assertThat(agent.all(PersistEpoch.class)).hasSizeGreaterThan(1);
    assertThat(agent.all(Start.class)).isEmpty();
  }

  @Test
  void anEpochThatCannotBeWrittenIsToldOfAndWrittenAgain() {
    AgentScript agent = new AgentScript(1).byHand(Answer.DISK).joined();
    agent.ordered(2, 1, "vm:1", run(1));
    agent.diskEnds(Outcome.unknown("No space left on device"));
    String why = "epoch 2 is not on its disk: No space left on device";
    assertThat(agent.told(HaEvent.IntentRefused.class))
        .containsExactly(new HaEvent.IntentRefused(AgentScript.HOST, why));
    assertThat(agent.lastReport().trouble()).contains(why);

    for (int i = 0; i < 3; i++) {
      agent.passes(AgentScript.TIMINGS.renewInterval());
      agent.diskEnds(Outcome.unknown("No space left on device"));
    }
    assertThat(agent.told(HaEvent.IntentRefused.class)).as("told once").hasSize(1);
    assertThat(agent.all(Start.class)).isEmpty();

    agent.passes(AgentScript.TIMINGS.renewInterval());
    agent.diskEnds(Outcome.ok());
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    assertThat(agent.lastReport().trouble()).isEmpty();
  }

  @Test
  void anEpochIsStillWrittenAfterTheIncarnationThatSawItHasEnded() {
    AgentScript agent = new AgentScript(1).byHand(Answer.DISK).joined();
    agent.ordered(2, 1, "vm:1", run(1));
    agent.diskEnds(Outcome.unknown("No space left on device"));
    agent.connection(Connection.LOST);
    agent.connection(Connection.CONNECTED);
    assertThat(agent.lastReport().trouble()).isPresent();

    agent.passes(AgentScript.TIMINGS.renewInterval());
    agent.diskEnds(Outcome.ok());
    assertThat(agent.lastReport().trouble()).isEmpty();
    assertThat(agent.all(Start.class)).isEmpty();
  }

  @Test
  void theSameEpochNeedsNoDisk() {
    AgentScript agent = new AgentScript(2).byHand(Answer.DISK).joined();
    agent.ordered(2, 1, "vm:1", run(1));
    assertThat(agent.all(PersistEpoch.class)).isEmpty();
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void anOlderGenerationOfTheSameEpochIsNotFollowedBack() {
    AgentScript agent = new AgentScript().joined();
    agent.ordered(intent(agent.incarnation(), 1, 5, new TreeMap<>()));
    agent.ordered(intent(agent.incarnation(), 1, 4, vm1()));
    assertThat(agent.all(Start.class)).isEmpty();
  }

  @Test
  void anIntentThatCannotBeReadIsRefusedAndWhatRunsRunsOn() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(new StateRecord.Unreadable(new Key(Table.INTENT, "host1"), "corrupt"));
    assertThat(agent.told(HaEvent.IntentRefused.class))
        .extracting(HaEvent.IntentRefused::reason)
        .containsExactly("the intent cannot be read: corrupt");
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.all(Stop.class)).isEmpty();
  }

  @Test
  void anIntentWhoseReadWasLostIsReadAgain() {
    AgentScript agent = new AgentScript().joined().byHand(Answer.INTENT);
    agent.ordered(1, 1, "vm:1", run(1));
    agent.intentReadEnds(Outcome.unknown("time-out"));
    agent.noLongerByHand(Answer.INTENT);
    assertThat(agent.all(Start.class)).isEmpty();
    agent.passes(Duration.ofSeconds(2));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  // The hypervisor

  @Test
  void beforeTheHypervisorHasToldWhatRunsNothingStarts() {
    AgentScript agent = new AgentScript().byHand(Answer.INVENTORY).joined();
    agent.ordered(1, 1, "vm:1", run(1));
    assertThat(agent.all(Start.class)).isEmpty();
    TreeMap<WorkloadId, RunState> running = new TreeMap<>();
    running.put(WorkloadId.parse("vm:1"), RunState.RUNNING);
    agent.inventoryEnds(Outcome.done(running));
    assertThat(agent.all(Start.class)).as("it runs already").isEmpty();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void closingLeavesTheClusterAndTheWorkloadsAlone() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.step(new AgentEvent.CloseRequested(0));
    assertThat(agent.emitted).last().isInstanceOf(AgentEffect.Leave.class);
    int before = agent.emitted.size();
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    assertThat(agent.emitted).hasSize(before);
    assertThat(agent.all(Renew.class)).isNotEmpty();
  }
}
