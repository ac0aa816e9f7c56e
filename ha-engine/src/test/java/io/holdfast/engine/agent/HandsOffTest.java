package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.order;
import static io.holdfast.engine.agent.AgentScript.run;
import static io.holdfast.engine.agent.AgentScript.runAndMove;
import static io.holdfast.engine.agent.AgentScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Departure;
import io.holdfast.api.Fact;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.Priority;
import io.holdfast.api.ProbePolicy;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect.Action;
import io.holdfast.engine.agent.AgentEffect.CancelMigration;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.Migrate;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentEffect.Stop;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** While the cluster is disarmed an agent looks, and tells; and how it begins again. */
class HandsOffTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final Duration LONG = Duration.ofHours(1);

  private static HostIntent orders(
      AgentScript agent, long generation, boolean disarmed, HostIntent.Entry entry) {
    TreeMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    entries.put(VM, entry);
    HostIntent armed = AgentScript.intent(agent.incarnation(), 1, generation, entries);
    return new HostIntent(
        armed.host(),
        armed.incarnation(),
        armed.epoch(),
        armed.generation(),
        armed.guard(),
        armed.look(),
        armed.startsAtOnce(),
        armed.parting(),
        disarmed,
        armed.entries());
  }

  private static void disarmed(AgentScript agent, long generation, HostIntent.Entry entry) {
    agent.ordered(orders(agent, generation, true, entry));
  }

  private static void armed(AgentScript agent, long generation, HostIntent.Entry entry) {
    agent.ordered(orders(agent, generation, false, entry));
  }

  /** It runs by the first order, and the cluster is disarmed. */
  private static AgentScript disarmedWhileItRuns() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    disarmed(agent, 2, run(1));
    return agent;
  }

  private static long actions(AgentScript agent) {
    return agent.all(Action.class).size();
  }

  @ParameterizedTest
  @EnumSource(
      value = StopReason.class,
      names = {"CRASHED", "DESTROYED", "UNKNOWN", "GUEST_SHUTDOWN", "HOST_SHUTDOWN"})
  void whatStopsIsNotStartedAgain(StopReason reason) {
    AgentScript agent = disarmedWhileItRuns();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.stopsByItself("vm:1", reason);
    agent.passes(LONG);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    assertThat(actions(agent)).as("the first start").isEqualTo(1);
    agent.runs.put(VM, RunState.RUNNING);
    agent.passes(Duration.ofMinutes(2));
    assertThat(agent.condition("vm:1")).as("somebody started it").isEqualTo(Condition.RUNNING);
  }

  @Test
  void whatHasCrashedAndIsKeptIsNotEnded() {
    AgentScript agent = disarmedWhileItRuns();
    agent.runs.put(VM, RunState.CRASHED);
    agent.passes(LONG);
    assertThat(agent.all(Destroy.class)).isEmpty();
  }

  @Test
  void whatDoesNotServeIsNotRestartedNorAsked() {
    AgentScript agent = AgentScript.withProbes().joined();
    HostIntent.Entry probed =
        run(1)
            .withProbe(
                new ProbePolicy(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ZERO, 2));
    agent.ordered(1, 1, "vm:1", probed);
    agent.startEnds(Outcome.ok());
    agent.guestSays(Fact.FAILS);
    disarmed(agent, 2, probed);
    int asked = agent.all(AgentEffect.ProbeGuest.class).size();
    agent.passes(LONG);
    assertThat(agent.all(AgentEffect.ProbeGuest.class)).hasSize(asked);
    assertThat(agent.all(Destroy.class)).isEmpty();
  }

  @Test
  void whatWasOrderedAndNotBegunIsNotStarted() {
    AgentScript agent = new AgentScript().joined();
    disarmed(agent, 1, run(1));
    agent.passes(LONG);
    assertThat(actions(agent)).isZero();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.PENDING);
  }

  @Test
  void aStartUnderWayIsFollowedToItsEndAndNotTriedAgain() {
    for (boolean works : new boolean[] {true, false}) {
      AgentScript agent = new AgentScript().joined();
      agent.ordered(1, 1, "vm:1", run(1));
      disarmed(agent, 2, run(1));
      agent.startEnds(works ? Outcome.ok() : Outcome.unknown("timed out"));
      agent.passes(LONG);
      assertThat(agent.condition("vm:1")).isEqualTo(works ? Condition.RUNNING : Condition.UNKNOWN);
      assertThat(actions(agent)).isEqualTo(1);
      armed(agent, 3, run(1));
      assertThat(agent.all(Destroy.class)).as("made certain").hasSize(works ? 0 : 1);
    }
  }

  @Test
  void whatIsOrderedToStopIsNotEndedAndAStopThatFailedIsNotTriedAgain() {
    AgentScript agent = disarmedWhileItRuns();
    disarmed(agent, 3, stop(2));
    agent.passes(LONG);
    assertThat(actions(agent)).isEqualTo(1);
    armed(agent, 4, stop(2));
    assertThat(agent.open(Stop.class)).hasSize(1);
    disarmed(agent, 5, stop(2));
    agent.stopEnds(Outcome.failed(Cause.ERROR, "no"));
    agent.passes(LONG);
    assertThat(agent.all(Destroy.class)).isEmpty();
    assertThat(agent.all(Stop.class)).hasSize(1);
  }

  @Test
  void noMoveIsBegunAndOneOfUnknownOutcomeIsNotEnded() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    disarmed(agent, 2, runAndMove(1, 7));
    assertThat(agent.all(Migrate.class)).isEmpty();
    armed(agent, 3, runAndMove(1, 7));
    assertThat(agent.open(Migrate.class)).hasSize(1);
    disarmed(agent, 4, runAndMove(1, 7));
    agent.migrationEnds(Outcome.unknown("timed out"));
    agent.passes(LONG);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    assertThat(agent.all(CancelMigration.class)).isEmpty();
    armed(agent, 5, run(1));
    assertThat(agent.open(CancelMigration.class)).hasSize(1);
  }

  @Test
  void aMigrationThatSomebodyBeganIsNotEnded() {
    AgentScript agent = disarmedWhileItRuns();
    agent.runs.put(VM, RunState.MIGRATING);
    agent.passes(MovesAway.FOREIGN_MIGRATION.multipliedBy(3));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    assertThat(agent.all(CancelMigration.class)).isEmpty();
  }

  @Test
  void aHostThatGoesOffEndsNothingAndIsNotKeptOn() {
    AgentScript agent = disarmedWhileItRuns();
    agent.announces(Departure.SHUTDOWN);
    agent.passes(LONG);
    assertThat(actions(agent)).isEqualTo(1);
    assertThat(agent.told(HaEvent.DepartureReady.class))
        .extracting(HaEvent.DepartureReady::trouble)
        .containsExactly(Optional.of("the cluster is disarmed: what runs here is left as it is"));
  }

  // Armed again

  @Test
  void armedAgainNothingIsDoneBeforeALookThatBeginsAfterThat() {
    AgentScript agent = disarmedWhileItRuns().byHand(Answer.INVENTORY);
    armed(agent, 3, order(2, Goal.KEEP, Priority.MEDIUM));
    assertThat(agent.condition("vm:1")).as("what it saw before").isEqualTo(Condition.PENDING);
    agent.runs.clear();
    agent.noLongerByHand(Answer.INVENTORY);
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(actions(agent)).isEqualTo(1);
  }

  @Test
  void anOrderFromBeforeStartsNothingThatIsNotHere() {
    AgentScript agent = disarmedWhileItRuns();
    agent.stopsByItself("vm:1", StopReason.GUEST_SHUTDOWN);
    armed(agent, 3, run(1));
    agent.passes(LONG);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(actions(agent)).isEqualTo(1);
    agent.ordered(1, 4, "vm:1", run(2));
    assertThat(agent.open(Start.class)).as("one that follows does").hasSize(1);
  }

  @Test
  void whatStillRunsIsLookedAfterAsBefore() {
    AgentScript agent = disarmedWhileItRuns();
    armed(agent, 3, run(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofSeconds(10));
    assertThat(agent.open(Start.class)).hasSize(1);
  }

  @Test
  void anOrderFromBeforeThatWasNeverBegunIsNotBegun() {
    AgentScript agent = new AgentScript().joined();
    disarmed(agent, 1, run(1));
    armed(agent, 2, run(1));
    agent.passes(LONG);
    assertThat(actions(agent)).isZero();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
  }
}
