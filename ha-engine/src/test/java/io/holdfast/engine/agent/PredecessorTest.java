package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static io.holdfast.engine.agent.AgentScript.order;
import static io.holdfast.engine.agent.AgentScript.run;
import static io.holdfast.engine.agent.AgentScript.runAndMove;
import static io.holdfast.engine.agent.AgentScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Departure;
import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.Migrate;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** never two: what the host's former agent had asked for last may be carried out after its end. */
class PredecessorTest {
  private static final WorkloadId VM1 = WorkloadId.parse("vm:1");

  /** A start is sent under a valid lease only, and is given as long again to begin. */
  private static final Duration STARTS = TIMINGS.leaseValidity().multipliedBy(2);

  private static final Duration MOMENT = Duration.ofMillis(1);

  private final AgentScript agent = another(true);

  private static AgentScript another(boolean again) {
    return new AgentScript(
            new AgentConfig(
                AgentScript.HOST,
                TIMINGS,
                Optional.empty(),
                Epoch.NONE,
                List.of(),
                new TreeSet<>(),
                false,
                again))
        .joined();
  }

  private static HostIntent.Entry keep(long assignment) {
    return order(assignment, Goal.KEEP, Priority.MEDIUM);
  }

  private void isFoundRunning() {
    agent.runs.put(VM1, RunState.RUNNING);
    agent.said(new HypervisorEvent.Started(VM1));
  }

  @Test
  void whatItMayHaveBegunToStartIsNotSaidToBeGone() {
    agent.ordered(1, 1, "vm:1", keep(1));
    agent.passes(STARTS.minus(MOMENT));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.PENDING);
    assertThat(agent.reported("vm:1").detail())
        .isEqualTo("a former agent may have begun to start it here");
    agent.byHand(Answer.INVENTORY);
    agent.passes(MOMENT);
    assertThat(agent.condition("vm:1")).as("before a last look").isEqualTo(Condition.PENDING);
    agent.noLongerByHand(Answer.INVENTORY);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("does not run here");
  }

  @Test
  void whatItsStartComesToIsKept() {
    agent.ordered(1, 1, "vm:1", keep(1));
    agent.passes(STARTS.minus(MOMENT));
    agent.runs.put(VM1, RunState.RUNNING);
    agent.passes(MOMENT);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").detail()).isEmpty();
  }

  @Test
  void theFirstAgentSinceItsHostBootedSaysSoAtOnce() {
    AgentScript first = another(false);
    first.ordered(1, 1, "vm:1", keep(1));
    assertThat(first.condition("vm:1")).isEqualTo(Condition.GONE);
  }

  @Test
  void whatIsToRunHereIsStartedAtOnce() {
    agent.ordered(1, 1, "vm:1", run(1));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void whatCannotBeStartedHereIsGivenUpOnlyAfterwards() {
    agent.ordered(
        1,
        1,
        "vm:1",
        new HostIntent.Entry(
            run(1).assignment(),
            Goal.RUN,
            Priority.MEDIUM,
            RestartPolicy.of(0, Duration.ofSeconds(1), Duration.ofMinutes(1), 1),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Optional.empty()));
    agent.startEnds(Outcome.failed(Outcome.Cause.ERROR, "no such disk"));
    agent.passes(STARTS.minus(MOMENT));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    agent.passes(MOMENT);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GIVEN_UP);
  }

  @Test
  void aStopIsObservedOnlyAfterwards() {
    isFoundRunning();
    agent.ordered(1, 1, "vm:1", stop(1));
    agent.stopEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    agent.passes(STARTS);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    assertThat(agent.all(Destroy.class)).isEmpty();
  }

  @Test
  void whatDoesNotRunIsEndedOnceAfterwards() {
    agent.ordered(1, 1, "vm:1", stop(1));
    agent.passes(STARTS.minus(MOMENT));
    assertThat(agent.all(Destroy.class)).as("it would tell nothing").isEmpty();
    agent.passes(MOMENT);
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
  }

  /** The answer tells of a moment that may be before the start. */
  @Test
  void anEndThatWasAskedForBeforeIsNotBelieved() {
    isFoundRunning();
    agent.ordered(1, 1, "vm:1", stop(1));
    agent.passes(STARTS.plusSeconds(10));
    agent.stopEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isNotEqualTo(Condition.STOPPED);
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
  }

  @Test
  void andHoldsUpNothingElse() {
    isFoundRunning();
    TreeMap<WorkloadId, HostIntent.Entry> both = new TreeMap<>();
    both.put(VM1, stop(1));
    both.put(WorkloadId.parse("vm:2"), keep(1));
    agent.ordered(AgentScript.intent(agent.incarnation(), 1, 1, both));
    agent.passes(STARTS);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPING);
    assertThat(agent.condition("vm:2")).isEqualTo(Condition.GONE);
  }

  @Test
  void whatItsUserShutsDownIsHonouredAfterwards() {
    HostIntent.Entry run = run(1);
    agent.ordered(
        1,
        1,
        "vm:1",
        new HostIntent.Entry(
            run.assignment(),
            Goal.RUN,
            Priority.MEDIUM,
            run.restart(),
            run.startTimeout(),
            run.stopTimeout(),
            OnGuestShutdown.HONOR,
            false,
            Optional.empty()));
    agent.startEnds(Outcome.ok());
    agent.stopsByItself("vm:1", StopReason.GUEST_SHUTDOWN);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    agent.passes(STARTS);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.SHUT_DOWN);
  }

  /** Begun here once it has left, it would run twice. */
  @Test
  void nothingIsMovedAwayBefore() {
    isFoundRunning();
    agent.ordered(1, 1, "vm:1", runAndMove(1, 5));
    agent.passes(STARTS.minus(MOMENT));
    assertThat(agent.all(Migrate.class)).isEmpty();
    assertThat(agent.reported("vm:1").detail()).isEqualTo(Predecessor.WHY);
    agent.passes(MOMENT);
    assertThat(agent.all(Migrate.class)).hasSize(1);
  }

  @Test
  void aLookThatSomebodyAskedForIsAnsweredAfterwards() {
    agent.ordered(
        AgentScript.intent(
            agent.incarnation(), 1, 1, HostIntent.Guard.INITIAL, 3, new TreeMap<>()));
    agent.passes(STARTS.minus(MOMENT));
    assertThat(agent.lastReport().looked()).isZero();
    agent.passes(MOMENT);
    assertThat(agent.lastReport().looked()).isEqualTo(3);
  }

  @Test
  void aHostThatIsShutDownIsNotSaidToRunNothingBefore() {
    agent.announces(Departure.SHUTDOWN);
    agent.parts(1, HostIntent.Parting.END, new TreeMap<>());
    agent.passes(STARTS.minus(MOMENT));
    assertThat(agent.lastReport().leaving().orElseThrow().stage()).isEqualTo(Stage.STOPPING);
    agent.passes(MOMENT);
    assertThat(agent.lastReport().leaving().orElseThrow().stage()).isEqualTo(Stage.READY);
  }

  @Test
  void anAgentThatIsAboutToGoSaysNoMore() {
    agent.ordered(1, 1, "vm:1", keep(1));
    agent.announces(Departure.AGENT_RESTART);
    agent.passes(STARTS.minus(MOMENT));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.PENDING);
  }
}
