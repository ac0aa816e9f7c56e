package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.order;
import static io.holdfast.engine.agent.AgentScript.run;
import static io.holdfast.engine.agent.AgentScript.runAndMove;
import static io.holdfast.engine.agent.AgentScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.Priority;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect.CancelMigration;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.Migrate;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Migrations away from a host, as its agent carries them out and tells of them. */
class DeparturesTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final OpId MOVE = new OpId(1, 7);

  private static AgentScript moving() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", runAndMove(1, 7));
    return agent;
  }

  @Test
  void whatRunsIsMovedByOrderAndHasGone() {
    AgentScript agent = moving();
    Migrate migrate = agent.open(Migrate.class).get(0);
    assertThat(migrate.target().value()).isEqualTo("host2");
    assertThat(migrate.timeout()).isEqualTo(Duration.ofSeconds(90));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    assertThat(agent.reported("vm:1").moveFailed()).isEmpty();
    agent.migrationEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.reported("vm:1").moveFailed()).isEmpty();
    assertThat(agent.told(HaEvent.WorkloadStopped.class))
        .extracting(HaEvent.WorkloadStopped::reason)
        .containsExactly(StopReason.MIGRATED);
    agent.passes(Duration.ofHours(1));
    assertThat(agent.all(Start.class)).as("never started here again").hasSize(1);
  }

  @Test
  void whatDoesNotRunIsStartedBeforeItIsMoved() {
    AgentScript agent = new AgentScript().joined();
    agent.ordered(1, 1, "vm:1", runAndMove(1, 7));
    assertThat(agent.open(Migrate.class)).isEmpty();
    agent.startEnds(Outcome.ok());
    assertThat(agent.open(Migrate.class)).hasSize(1);
  }

  @Test
  void nothingIsMovedWithoutAValidLease() {
    AgentScript agent = new AgentScript().joined().running("vm:1").byHand(Answer.RENEWAL);
    agent.passes(AgentScript.TIMINGS.leaseValidity().plusSeconds(1));
    agent.ordered(1, 2, "vm:1", runAndMove(1, 7));
    assertThat(agent.open(Migrate.class)).isEmpty();
    agent.noLongerByHand(Answer.RENEWAL);
    assertThat(agent.open(Migrate.class)).as("as soon as there is one").hasSize(1);
    assertThat(agent.open(Migrate.class).get(0).notAfter()).isLessThan(Long.MAX_VALUE);
  }

  @Test
  void aMigrationOfAFormerAgentThatNeverEndsIsGivenUp() {
    AgentScript agent = new AgentScript();
    agent.runs.put(VM, RunState.MIGRATING);
    agent.joined();
    agent.ordered(1, 1, "vm:1", run(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    agent.passes(MovesAway.FOREIGN_MIGRATION.minusSeconds(1));
    assertThat(agent.all(CancelMigration.class)).isEmpty();
    agent.passes(Duration.ofSeconds(1));
    assertThat(agent.open(CancelMigration.class)).hasSize(1);
    agent.runs.put(VM, RunState.RUNNING);
    agent.cancellationEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.all(Start.class)).isEmpty();
    assertThat(agent.told(HaEvent.WorkloadTrouble.class))
        .extracting(HaEvent.WorkloadTrouble::detail)
        .containsExactly("a migration that nobody waits for is given up");
  }

  @Test
  void aMigrationThatFailedIsToldOfAndTriedOnce() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.failed(Cause.UNREACHABLE, "no route"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").moveFailed()).contains(MOVE);
    assertThat(agent.reported("vm:1").detail()).contains("no route");
    assertThat(agent.told(HaEvent.WorkloadTrouble.class))
        .extracting(HaEvent.WorkloadTrouble::detail)
        .containsExactly("migration failed: no route");
    agent.passes(Duration.ofMinutes(10));
    assertThat(agent.all(Migrate.class)).hasSize(1);

    agent.ordered(1, 3, "vm:1", run(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.ordered(1, 4, "vm:1", runAndMove(1, 8));
    assertThat(agent.open(Migrate.class)).as("another move is another try").hasSize(1);
  }

  @Test
  void oneThatWasNotBegunInTimeIsTriedAgain() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.failed(Cause.EXPIRED, "the lease ran out"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").moveFailed()).isEmpty();
    agent.passes(AgentScript.TIMINGS.renewInterval());
    assertThat(agent.open(Migrate.class)).hasSize(1);
  }

  @Test
  void oneOfUnknownOutcomeIsEndedAndThenLookedFor() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.unknown("timed out"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    assertThat(agent.open(CancelMigration.class)).hasSize(1);
    agent.cancellationEnds(Outcome.unknown("no answer"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    agent.passes(AgentScript.TIMINGS.renewInterval());
    agent.cancellationEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").moveFailed()).contains(MOVE);
  }

  @Test
  void oneOfUnknownOutcomeThatTookEffectHasGoneAlsoWithoutAnEvent() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.unknown("timed out"));
    agent.runs.remove(VM);
    agent.cancellationEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  @Test
  void anInventoryFromBeforeTheEndOfAMigrationTellsNothingOfIt() {
    AgentScript agent = moving();
    agent.byHand(Answer.INVENTORY);
    agent.migrationEnds(Outcome.unknown("timed out"));
    agent.cancellationEnds(Outcome.ok());
    agent.runs.remove(VM);
    agent.inventoryEnds(Outcome.done(runningHere()));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
  }

  private static SortedMap<WorkloadId, RunState> runningHere() {
    TreeMap<WorkloadId, RunState> here = new TreeMap<>();
    here.put(VM, RunState.RUNNING);
    return here;
  }

  @Test
  void anAttemptInDoubtIsReportedAlsoWhenItsOrderWasWithdrawn() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.unknown("timed out"));
    agent.runs.remove(VM);
    agent.ordered(AgentScript.intent(agent.incarnation(), 1, 3, new TreeMap<>()));
    assertThat(agent.lastReport().unassigned()).contains(VM);
    agent.cancellationEnds(Outcome.ok());
    assertThat(agent.lastReport().unassigned()).isEmpty();
  }

  @Test
  void whatIsBeingMigratedByHandIsNotRunningForSureAndNotStartedAfterIt() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.runs.put(VM, RunState.MIGRATING);
    agent.said(new HypervisorEvent.Reconnected());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    agent.runs.remove(VM);
    agent.passes(AgentScript.TIMINGS.renewInterval());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  @Test
  void whatLeftWhileItWasToBeStoppedIsNotCalledStopped() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.runs.put(VM, RunState.MIGRATING);
    agent.said(new HypervisorEvent.Reconnected());
    agent.ordered(1, 2, "vm:1", stop(2));
    assertThat(agent.open(AgentEffect.Stop.class)).as("it is on its way").isEmpty();
    agent.stopsByItself("vm:1", StopReason.MIGRATED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
  }

  @Test
  void whatIsOnlyToBeKeptIsNotStarted() {
    AgentScript agent = new AgentScript().joined();
    agent.ordered(1, 1, "vm:1", order(1, Goal.KEEP, Priority.MEDIUM));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();

    agent.runs.put(WorkloadId.parse("vm:2"), RunState.RUNNING);
    agent.said(new HypervisorEvent.Reconnected());
    agent.ordered(1, 2, "vm:2", order(2, Goal.KEEP, Priority.MEDIUM));
    assertThat(agent.condition("vm:2")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void whoeverComesBackByANewOrderIsStartedAgain() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.ok());
    agent.ordered(1, 3, "vm:1", run(3));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void aMigrationThatAFormerOrderBeganIsNotUndoneByStartingItAgain() {
    AgentScript agent = moving();
    agent.ordered(1, 3, "vm:1", run(3));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    agent.migrationEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  /** Whoever ordered to run it saw it here, and may not know yet that it was moved by hand. */
  @Test
  void whatLeftBeforeTheOrderToRunItIsReadIsStartedOnlyByTheOneAfterThat() {
    AgentScript agent = new AgentScript().joined();
    WorkloadId id = WorkloadId.parse("vm:1");
    agent.runs.put(id, RunState.RUNNING);
    agent.said(new HypervisorEvent.Reconnected());
    agent.ordered(1, 1, "vm:1", order(1, Goal.KEEP, Priority.MEDIUM));

    agent.runs.remove(id);
    agent.said(new HypervisorEvent.Stopped(id, StopReason.MIGRATED));
    agent.ordered(1, 2, "vm:1", run(2));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();

    agent.ordered(1, 3, "vm:1", run(3));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void aMoveThatWasNotTriedHasFailedWhenItLeftByHand() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.runs.put(VM, RunState.MIGRATING);
    agent.said(new HypervisorEvent.Changed(VM));
    agent.ordered(1, 2, "vm:1", runAndMove(1, 7));
    assertThat(agent.open(Migrate.class)).isEmpty();
    agent.runs.remove(VM);
    agent.said(new HypervisorEvent.Stopped(VM, StopReason.MIGRATED));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.reported("vm:1").moveFailed()).contains(MOVE);
  }

  private static AgentScript leftByHand() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.stopsByItself("vm:1", StopReason.MIGRATED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    return agent;
  }

  private static void isListed(AgentScript agent, RunState as) {
    agent.runs.put(VM, as);
    agent.said(new HypervisorEvent.Changed(VM));
  }

  /** Its order would hide it from everybody who looks for it. */
  @Test
  void whatLeftByHandAndCameBackIsFollowedAgain() {
    AgentScript agent = leftByHand();
    isListed(agent, RunState.RUNNING);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.startsUnderWay()).as("it is this host's again").containsExactly("vm:1");
  }

  @Test
  void whatIsOnlyListedAgainMayFailToArriveAndIsNotStarted() {
    AgentScript agent = leftByHand();
    isListed(agent, RunState.PAUSED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("left, and is listed again as PAUSED");
    agent.stopsByItself("vm:1", StopReason.UNKNOWN);
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  @Test
  void whatCameBackAndCrashedHasExecutedHereAndIsStartedAnew() {
    AgentScript agent = leftByHand();
    isListed(agent, RunState.CRASHED);
    assertThat(agent.condition("vm:1")).isNotEqualTo(Condition.UNKNOWN);
    agent.passes(Duration.ofMinutes(1));
    agent.destroyEnds(Outcome.ok());
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  /** Whoever reads this orders it to run, and it is started anew. */
  @Test
  void whatHasCrashedWhereItIsToBeKeptIsNotSaidToBePaused() {
    AgentScript agent = new AgentScript().joined();
    isListed(agent, RunState.CRASHED);
    agent.ordered(1, 1, "vm:1", order(1, Goal.KEEP, Priority.MEDIUM));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").paused()).isFalse();
    agent.ordered(1, 2, "vm:1", run(2));
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.open(Destroy.class)).hasSize(1);
  }

  @Test
  void whatLeftByHandWhileAMoveWasUnderWayAndIsListedAgainIsNotStarted() {
    AgentScript agent = moving();
    agent.stopsByItself("vm:1", StopReason.MIGRATED);
    isListed(agent, RunState.PAUSED);
    assertThat(agent.condition("vm:1"))
        .as("an attempt is under way")
        .isEqualTo(Condition.MIGRATING);
    agent.migrationEnds(Outcome.failed(Cause.EXPIRED, "too late to begin"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    agent.stopsByItself("vm:1", StopReason.UNKNOWN);
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  @Test
  void aStopThatFindsNothingBecauseItLeftByHandHasStoppedNothing() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.stopsByItself("vm:1", StopReason.MIGRATED);
    agent.stopEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
  }
}
