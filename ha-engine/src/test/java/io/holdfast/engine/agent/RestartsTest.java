package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static io.holdfast.engine.agent.AgentScript.intent;
import static io.holdfast.engine.agent.AgentScript.run;
import static io.holdfast.engine.agent.AgentScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** How often and when something is tried again, to the nanosecond, and what is told of it. */
class RestartsTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final Duration TICK = Duration.ofNanos(1);

  /** At no time at which anything else is due. */
  private static AgentScript ordered() {
    AgentScript agent = new AgentScript().joined();
    agent.passes(Duration.ofMillis(300));
    return agent.ordered(1, 1, "vm:1", run(1));
  }

  private static AgentScript running() {
    AgentScript agent = ordered();
    agent.startEnds(Outcome.ok());
    return agent;
  }

  private static void crashAndRestart(AgentScript agent, int pause) {
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofSeconds(pause));
    agent.startEnds(Outcome.ok());
  }

  private static void vanishes(AgentScript agent) {
    agent.runs.remove(VM);
    agent.said(new HypervisorEvent.Changed(VM));
  }

  private static void panics(AgentScript agent) {
    agent.runs.put(VM, RunState.CRASHED);
    agent.said(new HypervisorEvent.Changed(VM));
  }

  private static List<String> troubles(AgentScript agent) {
    return agent.told(HaEvent.WorkloadTrouble.class).stream()
        .map(HaEvent.WorkloadTrouble::detail)
        .toList();
  }

  // Starts

  @Test
  void aStartThatFailedIsToldOf() {
    AgentScript agent = ordered();
    agent.startEnds(Outcome.failed(Cause.ERROR, "no memory"));
    assertThat(troubles(agent)).containsExactly("START failed: no memory");
  }

  @Test
  void aStartThatWasNotBegunInTimeIsTriedAgainAfterAPause() {
    AgentScript agent = ordered();
    agent.startEnds(Outcome.failed(Cause.EXPIRED, "the lease ran out"));
    agent.passes(TIMINGS.renewInterval().minus(TICK));
    assertThat(agent.startsUnderWay()).isEmpty();
    agent.passes(TICK);
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    assertThat(troubles(agent)).isEmpty();
  }

  @Test
  void whatIsBeingEndedTakesNoTurnFromWhatIsStarted() {
    AgentScript agent = new AgentScript().joined();
    TreeMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    for (int i = 1; i <= 4; i++) {
      entries.put(WorkloadId.parse("vm:" + i), stop(i));
    }
    entries.put(WorkloadId.parse("vm:5"), run(5));
    agent.ordered(intent(agent.incarnation(), 1, 1, entries));
    assertThat(agent.open(Destroy.class)).hasSize(4);
    assertThat(agent.startsUnderWay()).containsExactly("vm:5");
  }

  @Test
  void aStartThatWorkedAfterItsOrderWasWithdrawnIsReported() {
    AgentScript agent = ordered();
    agent.ordered(intent(agent.incarnation(), 1, 2, new TreeMap<>()));
    agent.startEnds(Outcome.ok());
    assertThat(agent.lastReport().unassigned()).containsExactly(VM);
    assertThat(agent.told(HaEvent.WorkloadRunning.class)).hasSize(1);
  }

  @Test
  void whatIsFoundRunningIsInDoubtNoMore() {
    AgentScript agent = ordered();
    agent.runs.put(VM, RunState.RUNNING);
    agent.startEnds(Outcome.unknown("time-out"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.all(Destroy.class)).isEmpty();
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  // The window

  @Test
  void aRestartCountsUntilItIsOlderThanTheWindow() {
    for (boolean older : new boolean[] {false, true}) {
      AgentScript agent = running();
      crashAndRestart(agent, 3);
      crashAndRestart(agent, 6);
      agent.passes(
          AgentScript.RESTART_TWICE.window().minusSeconds(6).plus(older ? TICK : Duration.ZERO));
      agent.stopsByItself("vm:1", StopReason.CRASHED);
      assertThat(agent.condition("vm:1")).isEqualTo(older ? Condition.STOPPED : Condition.GIVEN_UP);
    }
  }

  @Test
  void pitfall29ARebootInsideTheGuestIsNoFailureEvenWithoutARestartLeft() {
    AgentScript agent = running();
    crashAndRestart(agent, 3);
    crashAndRestart(agent, 6);
    vanishes(agent);
    assertThat(agent.condition("vm:1"))
        .as("not given up before that is confirmed")
        .isEqualTo(Condition.STOPPED);
    agent.runs.put(VM, RunState.RUNNING);
    agent.passes(Duration.ofSeconds(12));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  // Guests that panic

  @Test
  void aGuestThatPanickedIsStartedAnewAfterTheInterval() {
    AgentScript agent = running();
    panics(agent);
    assertThat(troubles(agent)).containsExactly("restarted, its guest had crashed");
    agent.destroyEnds(Outcome.ok());
    agent.passes(Duration.ofSeconds(3).minus(TICK));
    assertThat(agent.startsUnderWay()).isEmpty();
    agent.passes(TICK);
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void aGuestThatPanickedAndCouldNotBeEndedIsEndedAgainAfterAPause() {
    AgentScript agent = running();
    panics(agent);
    agent.destroyEnds(Outcome.failed(Cause.ERROR, "no"));
    agent.passes(TIMINGS.renewInterval().minus(TICK));
    assertThat(agent.open(Destroy.class)).isEmpty();
    agent.passes(TICK);
    assertThat(agent.open(Destroy.class)).hasSize(1);
  }

  // Ends

  @Test
  void whatCannotBeEndedIsSaidToBeThatWhileItIsTriedAgain() {
    AgentScript agent = running();
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.stopEnds(Outcome.failed(Cause.ERROR, "no"));
    agent.passes(TIMINGS.renewInterval());
    agent.destroyEnds(Outcome.failed(Cause.ERROR, "no"));
    agent.passes(TIMINGS.renewInterval().minus(TICK));
    assertThat(agent.open(Destroy.class)).isEmpty();
    agent.passes(TICK);
    agent.destroyEnds(Outcome.failed(Cause.ERROR, "no"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOP_FAILED);
    agent.passes(TIMINGS.renewInterval().multipliedBy(2));
    assertThat(agent.open(Destroy.class)).hasSize(1);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOP_FAILED);
  }

  @Test
  void whatHasNoOrderAndIsInDoubtIsEndedAgainAfterTheSilenceWhateverElseIsDue() {
    AgentScript agent = ordered();
    agent.ordered(intent(agent.incarnation(), 1, 2, new TreeMap<>()));
    agent.startEnds(Outcome.unknown("time-out"));
    agent.destroyEnds(Outcome.unknown("time-out"));
    agent.passes(TIMINGS.silence().minus(TICK));
    assertThat(agent.open(Destroy.class)).isEmpty();
    agent.passes(TICK);
    assertThat(agent.open(Destroy.class)).hasSize(1);
    agent.byHand(Answer.RENEWAL);
    agent.passes(TIMINGS.silence().multipliedBy(3)); // it never asks for a time that has come
    assertThat(agent.all(Start.class)).hasSize(1);
  }
}
