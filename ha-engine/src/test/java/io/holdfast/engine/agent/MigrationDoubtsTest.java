package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static io.holdfast.engine.agent.AgentScript.intent;
import static io.holdfast.engine.agent.AgentScript.run;
import static io.holdfast.engine.agent.AgentScript.runAndMove;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect.CancelMigration;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent.Migration;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A migration is over only when that is seen, and what is in doubt is ended. */
class MigrationDoubtsTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final OpId MOVE = new OpId(1, 7);
  private static final HostId TO = new HostId("host2");
  private static final Duration TICK = Duration.ofNanos(1);

  /** At no time at which anything else is due. */
  private static AgentScript moving() {
    AgentScript agent = new AgentScript().joined();
    agent.passes(Duration.ofMillis(300));
    agent.running("vm:1");
    agent.ordered(1, 2, "vm:1", runAndMove(1, 7));
    return agent;
  }

  private static SortedMap<WorkloadId, RunState> listed(RunState state) {
    TreeMap<WorkloadId, RunState> listed = new TreeMap<>();
    listed.put(VM, state);
    return listed;
  }

  @Test
  void whatHasLeftIsGoneBeforeAnybodyLooks() {
    AgentScript agent = moving().byHand(Answer.INVENTORY);
    agent.migrationEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.told(HaEvent.WorkloadStopped.class)).hasSize(1);
  }

  @Test
  void oneThatCouldNotBeEndedIsEndedAgainAfterAPause() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.unknown("timed out"));
    agent.cancellationEnds(Outcome.unknown("no answer"));
    agent.passes(TIMINGS.renewInterval().minus(TICK));
    assertThat(agent.open(CancelMigration.class)).isEmpty();
    agent.passes(TICK);
    assertThat(agent.open(CancelMigration.class)).hasSize(1);
  }

  @Test
  void oneThatIsSaidToHaveFailedAndGoesOnIsEndedAfterAPause() {
    AgentScript agent = moving();
    agent.runs.put(VM, RunState.MIGRATING);
    agent.migrationEnds(Outcome.failed(Cause.ERROR, "the target refused"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    agent.passes(TIMINGS.renewInterval().minus(TICK));
    assertThat(agent.open(CancelMigration.class)).isEmpty();
    agent.passes(TICK);
    assertThat(agent.open(CancelMigration.class)).hasSize(1);
    agent.runs.put(VM, RunState.RUNNING);
    agent.cancellationEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void oneThatWasEndedAndGoesOnIsEndedAgain() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.unknown("timed out"));
    agent.runs.put(VM, RunState.MIGRATING);
    agent.cancellationEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    agent.passes(TIMINGS.renewInterval());
    assertThat(agent.open(CancelMigration.class)).hasSize(1);
  }

  @Test
  void aLookThatBeganJustBeforeItFailedTellsNothingOfIt() {
    AgentScript agent = moving().byHand(Answer.INVENTORY);
    agent.said(new HypervisorEvent.Reconnected());
    agent.migrationEnds(Outcome.failed(Cause.ERROR, "the target refused"));
    agent.inventoryEnds(Outcome.done(listed(RunState.RUNNING)));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.MIGRATING);
    agent.inventoryEnds(Outcome.done(listed(RunState.RUNNING)));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void oneInDoubtIsReportedAlsoWhileNothingIsDoneAboutIt() {
    AgentScript agent = moving();
    agent.migrationEnds(Outcome.unknown("timed out"));
    agent.runs.remove(VM);
    agent.cancellationEnds(Outcome.unknown("no answer"));
    assertThat(agent.open(CancelMigration.class)).isEmpty();
    agent.ordered(intent(agent.incarnation(), 1, 3, new TreeMap<>()));
    assertThat(agent.lastReport().unassigned()).containsExactly(VM);
  }

  @Test
  void oneByHandThatNobodyWaitsForIsEndedInTimeWhateverElseIsDue() {
    AgentScript agent = new AgentScript();
    agent.runs.put(VM, RunState.MIGRATING);
    agent.joined();
    agent.passes(Duration.ofMillis(300));
    Duration patience = Duration.ofMillis(90_200);
    agent.ordered(
        1, 1, "vm:1", run(1).withMigration(Optional.of(new Migration(MOVE, TO, patience))));
    agent.byHand(Answer.RENEWAL);
    agent.passes(patience);
    assertThat(agent.open(CancelMigration.class)).as("the time that is given to a move").hasSize(1);
  }
}
