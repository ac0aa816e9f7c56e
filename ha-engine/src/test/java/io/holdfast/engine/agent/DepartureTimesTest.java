package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static io.holdfast.engine.agent.AgentScript.run;
import static io.holdfast.engine.agent.AgentScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Departure;
import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentEffect.Stop;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostIntent.Parting;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a host that is about to go waits for, how long, and what it says meanwhile. */
class DepartureTimesTest {
  private static final Duration PATIENCE = TIMINGS.silence().multipliedBy(2);
  private static final Duration TICK = Duration.ofNanos(1);

  /** At no time at which anything else is due. */
  private static AgentScript running() {
    AgentScript agent = new AgentScript().joined();
    agent.passes(Duration.ofMillis(300));
    return agent.running("vm:1");
  }

  private static void says(AgentScript agent, Departure departure, Stage stage) {
    assertThat(agent.lastReport().leaving()).contains(new Notice(departure, stage));
  }

  private static List<HaEvent.DepartureReady> ready(AgentScript agent) {
    return agent.told(HaEvent.DepartureReady.class);
  }

  // What is announced

  @Test
  void whatIsAnnouncedTwiceIsToldOfOnceAndAnsweredAgain() {
    AgentScript agent = new AgentScript().joined();
    agent.announces(Departure.SHUTDOWN);
    agent.parts(1, Parting.END, new TreeMap<>());
    assertThat(ready(agent)).hasSize(1);
    agent.announces(Departure.SHUTDOWN);
    assertThat(agent.told(HaEvent.DepartureAnnounced.class))
        .containsExactly(new HaEvent.DepartureAnnounced(AgentScript.HOST, Departure.SHUTDOWN));
    assertThat(ready(agent)).hasSize(2);
  }

  @Test
  void aHostThatIsToGoOffIsNotKeptOnByARestartOfItsAgent() {
    AgentScript agent = running();
    agent.announces(Departure.SHUTDOWN);
    agent.announces(Departure.AGENT_RESTART);
    says(agent, Departure.SHUTDOWN, Stage.ANNOUNCED);
    agent.parts(2, Parting.END, "vm:1", run(1));
    assertThat(agent.open(Stop.class)).hasSize(1);
  }

  @Test
  void anAgentThatIsRestartedMayBeToldThatItsHostGoesOff() {
    AgentScript agent = running();
    agent.announces(Departure.AGENT_RESTART);
    says(agent, Departure.AGENT_RESTART, Stage.READY);
    agent.announces(Departure.REBOOT);
    says(agent, Departure.REBOOT, Stage.ANNOUNCED);
    agent.parts(2, Parting.END, "vm:1", run(1));
    says(agent, Departure.REBOOT, Stage.STOPPING);
  }

  @Test
  void aRebootThatBecomesAShutdownGoesOnAsItStands() {
    AgentScript agent = running();
    agent.announces(Departure.REBOOT);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.announces(Departure.SHUTDOWN);
    says(agent, Departure.SHUTDOWN, Stage.STOPPING);
  }

  // How long it waits

  @Test
  void itWaitsForAControllerNoLongerThanItsPatienceWhateverElseIsDue() {
    AgentScript agent = running();
    agent.announces(Departure.SHUTDOWN);
    agent.passes(PATIENCE.minus(TICK));
    assertThat(agent.all(Stop.class)).isEmpty();
    agent.passes(TICK);
    assertThat(agent.open(Stop.class)).hasSize(1);
  }

  @Test
  void itEndsWhatIsLeftAtTheLastMomentWhateverElseIsDue() {
    AgentScript agent = running();
    Duration waits = Duration.ofMinutes(10);
    agent.announces(Departure.SHUTDOWN, waits);
    agent.parts(2, Parting.MOVE_AWAY, "vm:1", run(1));
    Duration toEnd = run(1).stopTimeout().plus(Actions.DESTROY_TIMEOUT).plus(TIMINGS.silence());
    agent.passes(waits.minus(toEnd));
    assertThat(agent.open(Stop.class)).hasSize(1);
  }

  @Test
  void whileItIsConnectedItWaitsForTheStoreForAsLongAsThatTakes() {
    AgentScript agent = running();
    agent.announces(Departure.REBOOT);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.byHand(Answer.REPORT);
    agent.stopEnds(Outcome.ok());
    agent.passes(PATIENCE.multipliedBy(3));
    assertThat(ready(agent)).isEmpty();
    agent.noLongerByHand(Answer.REPORT);
    assertThat(ready(agent)).hasSize(1);
  }

  @Test
  void whoeverIsNotJoinedCannotTellTheClusterEither() {
    AgentScript agent = running();
    agent.announces(Departure.REBOOT);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.byHand(Answer.JOIN);
    agent.connection(Connection.LOST);
    agent.connection(Connection.CONNECTED);
    agent.stopEnds(Outcome.ok());
    agent.passes(PATIENCE.minus(TICK));
    assertThat(ready(agent)).isEmpty();
    agent.passes(TICK);
    assertThat(ready(agent)).hasSize(1);
  }

  @Test
  void whatTakesLongToEndKeepsNobodyBusyWhenTheClusterIsAway() {
    AgentScript agent = running();
    agent.announces(Departure.SHUTDOWN);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.connection(Connection.LOST);
    agent.passes(PATIENCE.multipliedBy(3)); // it never asks for a time that has come
    assertThat(ready(agent)).isEmpty();
    agent.stopEnds(Outcome.ok());
    assertThat(ready(agent)).hasSize(1);
  }

  // What it needs to see

  @Test
  void aLookThatBeganBeforeTheEndingSaysNothing() {
    AgentScript agent = new AgentScript().joined();
    agent.announces(Departure.SHUTDOWN);
    agent.byHand(Answer.INVENTORY);
    agent.said(new HypervisorEvent.Reconnected());
    agent.parts(1, Parting.END, new TreeMap<>());
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    says(agent, Departure.SHUTDOWN, Stage.STOPPING);
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    says(agent, Departure.SHUTDOWN, Stage.READY);
  }

  @Test
  void whatWasStoppedByOrderIsDown() {
    AgentScript agent = running();
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.stopEnds(Outcome.ok());
    agent.announces(Departure.SHUTDOWN);
    agent.parts(3, Parting.END, "vm:1", stop(2));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    says(agent, Departure.SHUTDOWN, Stage.READY);
  }

  @Test
  void whatCannotBeEndedIsToldOfOnceAllElseIs() {
    AgentScript agent = running();
    TreeMap<WorkloadId, HostIntent.Entry> both = new TreeMap<>();
    both.put(WorkloadId.parse("vm:1"), run(1));
    both.put(WorkloadId.parse("vm:2"), run(2));
    agent.parts(2, Parting.END, both);
    agent.startEnds(Outcome.ok());
    agent.announces(Departure.SHUTDOWN);
    agent.stopEnds(Outcome.failed(Cause.ERROR, "no"));
    for (int i = 0; i < Endings.IN_VAIN; i++) {
      agent.passes(Duration.ofMinutes(1));
      agent.destroyEnds(Outcome.failed(Cause.ERROR, "no"));
    }
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOP_FAILED);
    assertThat(ready(agent)).as("vm:2 is being ended yet").isEmpty();
    agent.stopEnds(Outcome.ok());
    assertThat(ready(agent))
        .singleElement()
        .satisfies(event -> assertThat(event.trouble().orElseThrow()).startsWith("[vm:1] cannot"));
  }

  @Test
  void whatStartedAsTheEndingBeganHasRunHere() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.announces(Departure.SHUTDOWN);
    agent.parts(2, Parting.END, "vm:1", run(1));
    agent.startEnds(Outcome.ok());
    assertThat(agent.reported("vm:1").ran()).isTrue();
    assertThat(agent.open(Stop.class)).hasSize(1);
  }

  // When only the agent goes

  private static AgentScript standingStill() {
    AgentScript agent = running();
    agent.announces(Departure.AGENT_RESTART);
    return agent;
  }

  @Test
  void whatStopsWhileTheAgentIsAboutToGoIsLeftToTheNextOne() {
    AgentScript agent = standingStill();
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  @Test
  void whatLeavesWhileTheAgentIsAboutToGoIsGone() {
    AgentScript agent = standingStill();
    agent.stopsByItself("vm:1", StopReason.MIGRATED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("migrated away");
  }

  @Test
  void whatIsOrderedWhileTheAgentIsAboutToGoIsNotBegun() {
    AgentScript agent = standingStill();
    agent.ordered(1, 2, "vm:2", run(2));
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.condition("vm:2")).isEqualTo(Condition.PENDING);
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  @Test
  void aStartOfUnknownResultIsLeftInDoubtWhenTheAgentIsAboutToGo() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.announces(Departure.AGENT_RESTART);
    agent.startEnds(Outcome.unknown("time-out"));
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    assertThat(agent.all(Destroy.class)).isEmpty();
  }

  private static AgentScript withWhatCannotBeEnded() {
    AgentScript agent = running();
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.stopEnds(Outcome.failed(Cause.ERROR, "no"));
    for (int i = 0; i < Endings.IN_VAIN; i++) {
      agent.passes(Duration.ofMinutes(1));
      agent.destroyEnds(Outcome.failed(Cause.ERROR, "no"));
    }
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOP_FAILED);
    return agent;
  }

  @Test
  void whatCannotBeEndedIsNoMatterWhenOnlyTheAgentGoes() {
    AgentScript agent = withWhatCannotBeEnded();
    agent.announces(Departure.AGENT_RESTART);
    assertThat(ready(agent))
        .singleElement()
        .satisfies(event -> assertThat(event.trouble()).isEmpty());
  }

  @Test
  void whatCannotBeEndedIsNoMatterBeforeTheEndingBegins() {
    AgentScript agent = withWhatCannotBeEnded();
    agent.announces(Departure.SHUTDOWN);
    says(agent, Departure.SHUTDOWN, Stage.ANNOUNCED);
    assertThat(ready(agent)).isEmpty();
  }
}
