package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static io.holdfast.engine.agent.AgentScript.order;
import static io.holdfast.engine.agent.AgentScript.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Departure;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.agent.AgentEffect.ReleaseWatchdog;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentEffect.Stop;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostIntent.Parting;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A host, or its agent, that is about to be away as planned. */
class FarewellTest {
  private static final Duration PATIENCE = TIMINGS.silence().multipliedBy(2);

  private static AgentScript announced(Departure departure) {
    AgentScript agent = AgentScript.withWatchdog().joined().running("vm:1");
    agent.announces(departure);
    return agent;
  }

  private static void says(AgentScript agent, Departure departure, Stage stage) {
    assertThat(agent.lastReport().leaving()).contains(new Notice(departure, stage));
  }

  private static List<HaEvent.DepartureReady> ready(AgentScript agent) {
    return agent.told(HaEvent.DepartureReady.class);
  }

  @Test
  void itSaysSoAndGoesOnUntilItIsToldWhatBecomesOfTheWorkloads() {
    AgentScript agent = announced(Departure.SHUTDOWN);
    says(agent, Departure.SHUTDOWN, Stage.ANNOUNCED);
    agent.passes(PATIENCE.minusMillis(1));
    assertThat(agent.all(Stop.class)).isEmpty();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void toldToItEndsThemThenLetsTheWatchdogGoAndIsReady() {
    AgentScript agent = announced(Departure.SHUTDOWN);
    agent.parts(2, Parting.END, "vm:1", run(1));
    assertThat(agent.open(Stop.class)).hasSize(1);
    says(agent, Departure.SHUTDOWN, Stage.STOPPING);
    assertThat(agent.all(ReleaseWatchdog.class)).isEmpty();

    agent.stopEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GIVEN_UP);
    says(agent, Departure.SHUTDOWN, Stage.READY);
    assertThat(agent.all(ReleaseWatchdog.class)).hasSize(1);
    assertThat(agent.lastReport().guarded()).isEmpty();
    assertThat(ready(agent))
        .singleElement()
        .satisfies(event -> assertThat(event.trouble()).isEmpty());
  }

  @Test
  void itIsReadyOnlyWhenTheStoreHasItsLastWord() {
    AgentScript agent = announced(Departure.REBOOT).byHand(Answer.REPORT);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.reportEnds(Outcome.ok());
    agent.stopEnds(Outcome.ok());
    assertThat(ready(agent)).isEmpty();
    agent.noLongerByHand(Answer.REPORT);
    assertThat(ready(agent)).hasSize(1);
  }

  /** A word on its way when the session ends may never have arrived. */
  @Test
  void itIsNotReadyWhenItsSessionEndsBeforeTheStoreHasItsLastWord() {
    AgentScript agent = announced(Departure.REBOOT).byHand(Answer.REPORT, Answer.JOIN);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.reportEnds(Outcome.ok());
    agent.stopEnds(Outcome.ok());
    says(agent, Departure.REBOOT, Stage.READY);
    assertThat(ready(agent)).isEmpty();

    agent.connection(Connection.LOST);
    assertThat(ready(agent)).isEmpty();
    agent.connection(Connection.CONNECTED);
    agent.noLongerByHand(Answer.JOIN);
    assertThat(ready(agent)).isEmpty();
    agent.noLongerByHand(Answer.REPORT);
    says(agent, Departure.REBOOT, Stage.READY);
    assertThat(ready(agent)).singleElement().matches(event -> event.trouble().isEmpty());
  }

  @Test
  void whatTheStoreHasAcknowledgedItHasAlsoWhenTheSessionEnds() {
    AgentScript agent = announced(Departure.REBOOT).byHand(Answer.WATCHDOG);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.stopEnds(Outcome.ok());
    says(agent, Departure.REBOOT, Stage.READY);
    agent.byHand(Answer.JOIN);
    agent.connection(Connection.LOST);
    assertThat(ready(agent)).as("the watchdog is armed").isEmpty();
    agent.releaseEnds(Outcome.ok());
    assertThat(ready(agent)).singleElement().matches(event -> event.trouble().isEmpty());
  }

  @Test
  void whileNoControllerAnswersItEndsThemByItself() {
    AgentScript agent = announced(Departure.SHUTDOWN);
    agent.passes(PATIENCE);
    assertThat(agent.open(Stop.class)).hasSize(1);
  }

  @Test
  void whatIsMovedAwayIsNotEnded() {
    AgentScript agent = announced(Departure.SHUTDOWN);
    agent.parts(2, Parting.MOVE_AWAY, "vm:1", run(1));
    agent.passes(PATIENCE.multipliedBy(3));
    assertThat(agent.all(Stop.class)).isEmpty();
    assertThat(ready(agent)).isEmpty();

    agent.runs.clear();
    agent.parts(3, Parting.MOVE_AWAY, new TreeMap<>());
    agent.passes(Duration.ofMinutes(1));
    says(agent, Departure.SHUTDOWN, Stage.READY);
    assertThat(ready(agent)).hasSize(1);
  }

  @Test
  void whatCouldNotBeMovedAwayIsEndedInTimeBeforeTheHostGoes() {
    AgentScript agent = AgentScript.withWatchdog().joined().running("vm:1");
    Duration waits = Duration.ofMinutes(10);
    agent.announces(Departure.SHUTDOWN, waits);
    agent.parts(2, Parting.MOVE_AWAY, "vm:1", run(1));
    Duration toEnd = run(1).stopTimeout().plus(Actions.DESTROY_TIMEOUT).plus(TIMINGS.silence());
    agent.passes(waits.minus(toEnd).minusMillis(1));
    assertThat(agent.all(Stop.class)).isEmpty();
    says(agent, Departure.SHUTDOWN, Stage.ANNOUNCED);

    agent.passes(Duration.ofMillis(1));
    assertThat(agent.open(Stop.class)).hasSize(1);
    says(agent, Departure.SHUTDOWN, Stage.STOPPING);
    agent.stopEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GIVEN_UP);
    assertThat(ready(agent)).hasSize(1);
  }

  @Test
  void aHostThatWaitsTooShortlyForAnythingToBeMovedEndsItAtOnce() {
    AgentScript agent = AgentScript.withWatchdog().joined().running("vm:1");
    agent.announces(Departure.SHUTDOWN, Duration.ofSeconds(20));
    assertThat(agent.open(Stop.class)).hasSize(1);
  }

  @Test
  void aHostThatIsGivenMoreTimeGoesOnMovingAway() {
    AgentScript agent = AgentScript.withWatchdog().joined().running("vm:1");
    agent.announces(Departure.SHUTDOWN, Duration.ofMinutes(10));
    agent.parts(2, Parting.MOVE_AWAY, "vm:1", run(1));
    agent.passes(Duration.ofMinutes(5));
    agent.announces(Departure.SHUTDOWN, Duration.ofMinutes(30));
    agent.passes(Duration.ofMinutes(20));
    assertThat(agent.all(Stop.class)).isEmpty();
  }

  @Test
  void anAgentThatIsOnlyRestartedEndsNothingHoweverLittleTimeThereIs() {
    AgentScript agent = AgentScript.withWatchdog().joined().running("vm:1");
    agent.announces(Departure.AGENT_RESTART, Duration.ofSeconds(1));
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.all(Stop.class)).isEmpty();
  }

  /** It may have been on its way here, and runs where it came from. */
  @Test
  void whatOnlyStoodStillWhereItWasToBeKeptIsNotSaidToHaveEnded() {
    AgentScript agent = announced(Departure.SHUTDOWN);
    agent.runs.put(WorkloadId.parse("vm:2"), RunState.PAUSED);
    agent.said(new HypervisorEvent.Reconnected());
    agent.parts(2, Parting.END, "vm:2", order(2, Goal.KEEP, Priority.MEDIUM));
    agent.stopEnds(Outcome.ok());
    assertThat(agent.condition("vm:2")).isEqualTo(Condition.GONE);
  }

  @Test
  void onceTheEndingHasBegunNothingIsStarted() {
    AgentScript agent = announced(Departure.REBOOT);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.stopEnds(Outcome.ok());
    int starts = agent.all(Start.class).size();
    agent.parts(3, Parting.END, "vm:2", run(2));
    agent.destroyEnds(Outcome.ok());
    agent.passes(Duration.ofMinutes(10));
    assertThat(agent.all(Start.class)).hasSize(starts);
    assertThat(agent.condition("vm:2")).isEqualTo(Condition.GIVEN_UP);
    says(agent, Departure.REBOOT, Stage.READY);
  }

  @Test
  void whatCannotBeEndedKeepsTheWatchdogArmed() {
    AgentScript agent = announced(Departure.SHUTDOWN);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.stopEnds(Outcome.failed(Outcome.Cause.ERROR, "no"));
    for (int i = 0; i < Endings.IN_VAIN; i++) {
      agent.passes(Duration.ofMinutes(1));
      agent.destroyEnds(Outcome.failed(Outcome.Cause.ERROR, "no"));
    }
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOP_FAILED);
    assertThat(ready(agent))
        .singleElement()
        .satisfies(event -> assertThat(event.trouble().orElseThrow()).contains("vm:1"));
    assertThat(agent.all(ReleaseWatchdog.class)).isEmpty();
    assertThat(agent.lastReport().guarded()).isPresent();
  }

  @Test
  void whatNobodyLooksAfterRunsOnAndTheWatchdogWaitsForAWord() {
    AgentScript agent = announced(Departure.REBOOT);
    agent.runs.put(WorkloadId.parse("vm:9"), RunState.RUNNING);
    agent.said(new HypervisorEvent.Started(WorkloadId.parse("vm:9")));
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.stopEnds(Outcome.ok());
    says(agent, Departure.REBOOT, Stage.READY);
    assertThat(agent.all(ReleaseWatchdog.class)).isEmpty();
    assertThat(ready(agent)).isEmpty();

    agent.guardOrdered(3, GuardOrder.RELEASED, 1);
    assertThat(agent.all(ReleaseWatchdog.class)).hasSize(1);
    assertThat(ready(agent)).hasSize(1);
    assertThat(agent.runs).containsOnlyKeys(WorkloadId.parse("vm:9"));
  }

  @Test
  void aRestartOfTheAgentLeavesEverythingAsItIs() {
    AgentScript agent = announced(Departure.AGENT_RESTART);
    says(agent, Departure.AGENT_RESTART, Stage.READY);
    assertThat(ready(agent)).as("its watchdog would reset the host").isEmpty();
    agent.guardOrdered(2, GuardOrder.RELEASED, 1);
    assertThat(ready(agent)).hasSize(1);
    assertThat(agent.all(Stop.class)).isEmpty();
    assertThat(agent.runs).isNotEmpty();
  }

  @Test
  void aRestartWaitsForWhatIsUnderWay() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.announces(Departure.AGENT_RESTART);
    says(agent, Departure.AGENT_RESTART, Stage.ANNOUNCED);
    agent.startEnds(Outcome.ok());
    says(agent, Departure.AGENT_RESTART, Stage.READY);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void aHostThatLosesTheClusterMeanwhileEndsThemNevertheless() {
    AgentScript agent = announced(Departure.SHUTDOWN);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.connection(Connection.LOST);
    agent.stopEnds(Outcome.ok());
    assertThat(agent.all(ReleaseWatchdog.class)).hasSize(1);
    assertThat(ready(agent)).isEmpty();
    agent.passes(PATIENCE);
    assertThat(ready(agent))
        .singleElement()
        .extracting(HaEvent.DepartureReady::trouble)
        .isEqualTo(Optional.of("nothing runs here any more, but the cluster cannot be told"));
  }
}
