package io.holdfast.engine.agent;

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
import io.holdfast.engine.agent.AgentEffect.ReadInventory;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** When a host looks what runs on it, and what it makes of what it sees. */
class LooksTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  @Test
  void whatIsStartedByHandIsReportedWhenTheHypervisorSaysSo() {
    AgentScript agent = new AgentScript().joined();
    agent.runs.put(VM, RunState.RUNNING);
    agent.said(new HypervisorEvent.Started(VM));
    assertThat(agent.lastReport().unassigned()).containsExactly(VM);
    assertThat(agent.told(HaEvent.WorkloadRunning.class)).hasSize(1);
  }

  /** What an earlier look saw says nothing of it, and nobody may rely on that meanwhile. */
  @Test
  void whatHasArrivedIsReportedAlsoWhileTheLookHangs() {
    AgentScript agent = new AgentScript().joined().byHand(Answer.INVENTORY);
    agent.said(new HypervisorEvent.Changed(VM));
    agent.said(new HypervisorEvent.Started(VM));
    assertThat(agent.lastReport().unassigned()).containsExactly(VM);
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.lastReport().unassigned()).as("begun before").containsExactly(VM);
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.lastReport().unassigned()).as("it has gone again").isEmpty();
  }

  /** never two: others are asked for what is gone, and then it is started. */
  @Test
  void whatLeftByHandAndIsBackIsNotGoneWhileTheLookHangs() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.stopsByItself("vm:1", StopReason.MIGRATED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    agent.byHand(Answer.INVENTORY);
    agent.said(new HypervisorEvent.Changed(VM));
    agent.said(new HypervisorEvent.Started(VM));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.condition("vm:1")).as("begun before").isEqualTo(Condition.UNKNOWN);
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.condition("vm:1")).as("it has gone again").isEqualTo(Condition.GONE);
  }

  @Test
  void whatHasArrivedAndStoppedIsNotReported() {
    AgentScript agent = new AgentScript().joined().byHand(Answer.INVENTORY);
    agent.said(new HypervisorEvent.Started(VM));
    agent.said(new HypervisorEvent.Stopped(VM, StopReason.CRASHED));
    assertThat(agent.lastReport().unassigned()).isEmpty();
  }

  @Test
  void whenTheHypervisorHasGoneThatIsReportedAtOnce() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.said(new HypervisorEvent.Disconnected("libvirt is away"));
    assertThat(agent.lastReport().inventoryKnown()).isFalse();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
  }

  @Test
  void whatStoppedIsToldOfOnceAndWithItsReason() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.said(new HypervisorEvent.Reconnected());
    assertThat(agent.told(HaEvent.WorkloadStopped.class))
        .containsExactly(new HaEvent.WorkloadStopped(VM, AgentScript.HOST, StopReason.CRASHED));
  }

  @Test
  void whatNeverRanIsNotSaidToHaveStopped() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", stop(1));
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    assertThat(agent.reported("vm:1").ran()).isFalse();
    assertThat(agent.told(HaEvent.WorkloadStopped.class)).isEmpty();
  }

  @Test
  void whatIsSeenDuringAStopSaysNothingOfIt() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.runs.clear();
    agent.said(new HypervisorEvent.Reconnected());
    assertThat(agent.told(HaEvent.WorkloadStopped.class)).isEmpty();
    agent.stopEnds(Outcome.ok());
    assertThat(agent.told(HaEvent.WorkloadStopped.class)).hasSize(1);
  }

  @Test
  void whatIsKnownForSureIsNotLookedAtAgain() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    Start start = agent.open(Start.class).get(0);
    int looks = agent.all(ReadInventory.class).size();
    agent.startEnds(Outcome.ok());
    agent.step(new AgentEvent.ActionEnded(0, start.op(), VM, Outcome.unknown("late")));
    agent.passes(AgentScript.TIMINGS.resyncInterval().minusNanos(1));
    assertThat(agent.all(ReadInventory.class)).hasSize(looks);
    agent.passes(Duration.ofNanos(1));
    assertThat(agent.all(ReadInventory.class)).as("every so often").hasSize(looks + 1);
  }

  /** It may be running for another reason: having been migrated here, say. */
  @Test
  void aStartThatFailedIsRepeatedOnlyAfterALookThatBeganSince() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.byHand(Answer.INVENTORY);
    agent.said(new HypervisorEvent.Reconnected());
    agent.startEnds(Outcome.failed(Cause.ERROR, "no memory"));
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    agent.passes(Duration.ofSeconds(10));
    assertThat(agent.startsUnderWay()).as("that look had begun before").isEmpty();
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void aReasonFromBeforeItWasStartedAgainExplainsNothing() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofSeconds(3));
    agent.startEnds(Outcome.ok());
    agent.runs.remove(VM);
    agent.said(new HypervisorEvent.Changed(VM));
    assertThat(agent.told(HaEvent.WorkloadStopped.class))
        .extracting(HaEvent.WorkloadStopped::reason)
        .containsExactly(StopReason.CRASHED, StopReason.UNKNOWN);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("stopped (UNKNOWN)");
  }

  /** Started by its user again, it is just not listed yet. */
  @Test
  void aReasonFromBeforeItStartedByItselfExplainsNothing() {
    AgentScript agent = new AgentScript().joined().running("vm:1").byHand(Answer.INVENTORY);
    agent.said(new HypervisorEvent.Stopped(VM, StopReason.MIGRATED));
    agent.said(new HypervisorEvent.Started(VM));
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.condition("vm:1")).as("begun before").isEqualTo(Condition.UNKNOWN);
    agent.noLongerByHand(Answer.INVENTORY);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }
}
