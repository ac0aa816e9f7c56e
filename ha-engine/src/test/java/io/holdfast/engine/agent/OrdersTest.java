package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.intent;
import static io.holdfast.engine.agent.AgentScript.order;
import static io.holdfast.engine.agent.AgentScript.run;
import static io.holdfast.engine.agent.AgentScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.Priority;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect.Destroy;
import io.holdfast.engine.agent.AgentEffect.ReadInventory;
import io.holdfast.engine.agent.AgentEffect.Start;
import io.holdfast.engine.agent.AgentEffect.Stop;
import io.holdfast.engine.agent.AgentEffect.WriteReport;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** How orders are carried out: restarts in place, stops, doubts, and what is reported of them. */
class OrdersTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  // Restarts in place: twice within ten minutes, after three seconds and then six

  @Test
  void aCrashedWorkloadIsRestartedInPlaceAfterTheInterval() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("stopped (CRASHED)");
    agent.passes(Duration.ofSeconds(3).minusNanos(1));
    assertThat(agent.startsUnderWay()).isEmpty();
    agent.passes(Duration.ofNanos(1));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    agent.startEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").restarts()).isEqualTo(1);
  }

  @Test
  void whenTheRestartsAreUsedUpItIsGivenUpForGood() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    crashAndRestart(agent, 3);
    crashAndRestart(agent, 6);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GIVEN_UP);
    assertThat(agent.reported("vm:1").ran()).isTrue();
    assertThat(agent.told(HaEvent.WorkloadTrouble.class))
        .last()
        .extracting(HaEvent.WorkloadTrouble::detail)
        .isEqualTo("given up: stopped (CRASHED)");

    agent.passes(Duration.ofHours(2));
    assertThat(agent.startsUnderWay()).isEmpty();
    assertThat(agent.condition("vm:1")).as("also outside the window").isEqualTo(Condition.GIVEN_UP);

    agent.ordered(1, 2, "vm:1", run(2));
    assertThat(agent.startsUnderWay()).as("a new order begins anew").containsExactly("vm:1");
  }

  private static void panics(AgentScript agent) {
    agent.runs.put(VM, RunState.CRASHED);
    agent.said(new HypervisorEvent.Changed(VM));
  }

  @Test
  void pitfall45APanickedGuestThatIsKeptIsEndedAndStartedAnewAsAfterACrash() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    panics(agent);
    assertThat(agent.open(Destroy.class)).hasSize(1);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPING);
    agent.passes(Duration.ofSeconds(10));
    assertThat(agent.startsUnderWay()).as("never two: it is not known to have ended").isEmpty();
    agent.destroyEnds(Outcome.unknown("time-out"));
    agent.passes(Duration.ofSeconds(10));
    assertThat(agent.startsUnderWay()).isEmpty();
    agent.destroyEnds(Outcome.ok());
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    agent.startEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.reported("vm:1").restarts()).isEqualTo(1);
    assertThat(agent.reported("vm:1").paused()).isFalse();
  }

  @Test
  void aGuestThatPanicsTooOftenIsGivenUp() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    for (int i = 0; i < 2; i++) {
      panics(agent);
      agent.destroyEnds(Outcome.ok());
      agent.passes(Duration.ofSeconds(10));
      agent.startEnds(Outcome.ok());
    }
    panics(agent);
    agent.destroyEnds(Outcome.ok());
    agent.passes(Duration.ofSeconds(10));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GIVEN_UP);
  }

  @Test
  void aPanickedGuestIsNotAskedToShutDown() {
    AgentScript agent = new AgentScript();
    agent.runs.put(VM, RunState.CRASHED);
    agent.joined().ordered(1, 1, "vm:1", stop(1));
    assertThat(agent.all(Stop.class)).isEmpty();
    assertThat(agent.open(Destroy.class)).hasSize(1);
  }

  @Test
  void restartsOlderThanTheWindowNoLongerCount() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    crashAndRestart(agent, 3);
    crashAndRestart(agent, 6);
    agent.passes(Duration.ofMinutes(11));
    crashAndRestart(agent, 3);
    assertThat(agent.reported("vm:1").restarts()).isEqualTo(1);
  }

  @Test
  void pitfall21AStartThatFailsCountsAsARestartAndIsPaused() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    for (int pause : new int[] {3, 6}) {
      agent.startEnds(Outcome.failed(Cause.ERROR, "no memory"));
      agent.passes(Duration.ofSeconds(pause).minusNanos(1));
      assertThat(agent.startsUnderWay()).isEmpty();
      agent.passes(Duration.ofNanos(1));
    }
    agent.startEnds(Outcome.failed(Cause.ERROR, "no memory"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GIVEN_UP);
    assertThat(agent.reported("vm:1").ran()).isFalse();
    assertThat(agent.reported("vm:1").detail()).isEqualTo("START failed: no memory");
    assertThat(agent.all(Start.class)).hasSize(3);
  }

  @Test
  void whatWasMigratedAwayByHandIsNeverRestarted() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.stopsByItself("vm:1", StopReason.MIGRATED);
    agent.passes(Duration.ofHours(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  private static void crashAndRestart(AgentScript agent, int pause) {
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.passes(Duration.ofSeconds(pause));
    agent.startEnds(Outcome.ok());
  }

  // Doubts

  @Test
  void aStartOfUnknownResultIsEndedBeforeAnotherIsMade() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.startEnds(Outcome.unknown("time-out"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.open(Destroy.class)).hasSize(1);
    assertThat(agent.startsUnderWay()).isEmpty();

    agent.destroyEnds(Outcome.unknown("time-out"));
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.open(Destroy.class)).as("still not certain").hasSize(1);
    assertThat(agent.startsUnderWay()).isEmpty();

    agent.destroyEnds(Outcome.ok());
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void theDoubtAboutAStartOutlivesItsOrder() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.startEnds(Outcome.unknown("time-out"));
    agent.ordered(1, 2, "vm:1", stop(2));
    assertThat(agent.condition("vm:1")).as("it may start yet").isNotEqualTo(Condition.STOPPED);
    assertThat(agent.open(Destroy.class)).hasSize(1);
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
  }

  private static List<Destroy> endedHere(AgentScript agent) {
    return agent.open(Destroy.class).stream().filter(e -> e.workload().equals(VM)).toList();
  }

  /** Nobody orders anything about it any more, and it would be reported here for ever. */
  @Test
  void aStartOfUnknownResultWhoseOrderIsGoneIsEndedUntilThatIsCertain() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.ordered(1, 2, "vm:2", stop(2));
    agent.destroyEnds(Outcome.ok());
    agent.startEnds(Outcome.unknown("time-out"));
    assertThat(agent.lastReport().unassigned()).containsExactly(VM);
    assertThat(endedHere(agent)).hasSize(1);
    agent.destroyEnds(Outcome.unknown("time-out"));
    assertThat(endedHere(agent)).isEmpty();
    agent.passes(AgentScript.TIMINGS.silence());
    assertThat(endedHere(agent)).as("still not certain").hasSize(1);
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.lastReport().unassigned()).isEmpty();
    agent.passes(Duration.ofMinutes(10));
    assertThat(endedHere(agent)).isEmpty();
  }

  @Test
  void aStartWhoseOrderIsGoneAndThatHasTakenEffectIsLeftRunning() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.ordered(1, 2, "vm:2", stop(2));
    agent.destroyEnds(Outcome.ok());
    agent.runs.put(VM, RunState.RUNNING);
    agent.startEnds(Outcome.unknown("time-out"));
    agent.passes(Duration.ofMinutes(1));
    assertThat(endedHere(agent)).isEmpty();
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    assertThat(agent.lastReport().unassigned()).as("no doubt is left").isEmpty();
  }

  @Test
  void aStopOrderEndsEvenWhatDoesNotRunForAFormerAgentMayHaveBegunIt() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", stop(1));
    assertThat(agent.condition("vm:1")).isNotEqualTo(Condition.STOPPED);
    assertThat(agent.open(Destroy.class)).hasSize(1);
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
  }

  @Test
  void aStartOfUnknownResultThatIsFoundRunningIsLeftRunning() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.runs.put(VM, RunState.RUNNING);
    agent.startEnds(Outcome.unknown("time-out"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.all(Destroy.class)).isEmpty();
  }

  @Test
  void pitfall25WhenTheHypervisorCannotTellNothingIsDone() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.hypervisorFails("libvirt is away");
    agent.passes(Duration.ofMinutes(5));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    assertThat(agent.lastReport().inventoryKnown()).isFalse();
    assertThat(agent.all(Start.class)).hasSize(1);
    assertThat(agent.all(Destroy.class)).isEmpty();

    agent.hypervisorWorks();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  @Test
  void anOrderThatComesWhileTheHypervisorIsAwayWaits() {
    AgentScript agent = new AgentScript().joined();
    agent.hypervisorFails("libvirt is away");
    agent.ordered(1, 1, "vm:1", run(1));
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.PENDING);
    assertThat(agent.all(Start.class)).isEmpty();
    assertThat(agent.reported("vm:1").detail()).isEqualTo("the hypervisor cannot be asked");
    agent.hypervisorWorks();
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
    assertThat(agent.reported("vm:1").detail()).isEmpty();
  }

  @Test
  void anInventoryReadBeforeAStartEndedDoesNotOverrideIt() {
    AgentScript agent = new AgentScript().joined().byHand(Answer.INVENTORY);
    agent.ordered(1, 1, "vm:1", run(1));
    agent.said(new HypervisorEvent.Reconnected());
    assertThat(agent.open(ReadInventory.class)).hasSize(1);
    agent.startEnds(Outcome.ok());
    agent.inventoryEnds(Outcome.done(new TreeMap<>()));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.told(HaEvent.WorkloadStopped.class)).isEmpty();
    agent.passes(Duration.ofSeconds(10));
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  @Test
  void anInventoryReadDuringAStartDoesNotEndIt() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.said(new HypervisorEvent.Reconnected());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STARTING);
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  @Test
  void aLateAnswerToAnActionChangesNothing() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    Start first = agent.open(Start.class).get(0);
    agent.startEnds(Outcome.ok());
    agent.step(new AgentEvent.ActionEnded(0, first.op(), VM, Outcome.unknown("late")));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  // Priorities

  @Test
  void theMostImportantStartFirstAndAtMostFourAtATime() {
    AgentScript agent = new AgentScript().joined();
    TreeMap<WorkloadId, HostIntent.Entry> entries = new TreeMap<>();
    entries.put(WorkloadId.parse("vm:a"), order(1, Goal.RUN, Priority.LOW));
    entries.put(WorkloadId.parse("vm:b"), order(2, Goal.RUN, Priority.CRITICAL));
    entries.put(WorkloadId.parse("vm:c"), order(3, Goal.RUN, Priority.MEDIUM));
    entries.put(WorkloadId.parse("vm:d"), order(4, Goal.RUN, Priority.HIGH));
    entries.put(WorkloadId.parse("vm:e"), order(5, Goal.RUN, Priority.HIGH));
    entries.put(WorkloadId.parse("vm:f"), order(6, Goal.RUN, new Priority(1000)));
    agent.ordered(intent(agent.incarnation(), 1, 1, entries));
    assertThat(agent.startsUnderWay()).containsExactly("vm:f", "vm:b", "vm:d", "vm:e");
    agent.startEnds(Outcome.ok());
    assertThat(agent.startsUnderWay()).containsExactly("vm:b", "vm:d", "vm:e", "vm:c");
    agent.startEnds(Outcome.ok());
    agent.startEnds(Outcome.ok());
    assertThat(agent.startsUnderWay()).containsExactly("vm:e", "vm:c", "vm:a");
  }

  // Stops

  @Test
  void aStopIsAskedForFirstAndForcedWhenThatIsNotKnownToHaveWorked() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", stop(2));
    assertThat(agent.open(Stop.class)).hasSize(1);
    assertThat(agent.all(Destroy.class)).isEmpty();
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPING);

    agent.stopEnds(Outcome.unknown("the guest takes its time"));
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.open(Destroy.class)).hasSize(1);
    assertThat(agent.all(Stop.class)).hasSize(1);
    agent.destroyEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
  }

  @Test
  void aGracefulStopThatWorkedNeedsNoForce() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.stopEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    agent.passes(Duration.ofMinutes(10));
    assertThat(agent.all(Destroy.class)).isEmpty();
    assertThat(agent.all(Start.class)).hasSize(1);
  }

  @Test
  void aStopThatIsNotObservedIsNotReportedAsDone() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.runs.clear();
    agent.stopEnds(Outcome.unknown("time-out"));
    assertThat(agent.condition("vm:1")).isNotEqualTo(Condition.STOPPED);
  }

  @Test
  void whatIsNotOrderedIsReportedAndNeverTouched() {
    AgentScript agent = new AgentScript();
    agent.runs.put(WorkloadId.parse("vm:7"), RunState.RUNNING);
    agent.joined().running("vm:1");
    agent.passes(Duration.ofMinutes(5));
    agent.stopsByItself("vm:7", StopReason.CRASHED);
    agent.passes(Duration.ofMinutes(5));
    assertThat(List.of(VM)).containsExactlyElementsOf(agent.lastReport().assigned().keySet());
    assertThat(agent.all(Start.class)).hasSize(1);
    assertThat(agent.all(Stop.class)).isEmpty();
    assertThat(agent.all(Destroy.class)).isEmpty();
  }

  @Test
  void anOrderThatIsTakenAwayLeavesItsWorkloadRunning() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    agent.ordered(intent(agent.incarnation(), 1, 2, new TreeMap<>()));
    assertThat(agent.lastReport().assigned()).isEmpty();
    assertThat(agent.lastReport().unassigned()).containsExactly(VM);
    assertThat(agent.all(Stop.class)).isEmpty();
  }

  // Reports

  @Test
  void aReportIsWrittenOnlyWhenItSaysSomethingNew() {
    AgentScript agent = new AgentScript().joined().running("vm:1");
    int before = agent.all(WriteReport.class).size();
    long sequence = agent.lastReport().sequence();
    agent.passes(Duration.ofMinutes(10));
    assertThat(agent.all(WriteReport.class)).hasSize(before);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    assertThat(agent.lastReport().sequence()).isGreaterThan(sequence);
  }

  @Test
  void aReportOfUnknownFateIsWrittenAgain() {
    AgentScript agent = new AgentScript().byHand(Answer.REPORT).joined();
    assertThat(agent.open(WriteReport.class)).hasSize(1);
    agent.reportEnds(Outcome.unknown("time-out"));
    assertThat(agent.open(WriteReport.class)).as("not at once").isEmpty();
    agent.passes(AgentScript.TIMINGS.renewInterval());
    assertThat(agent.open(WriteReport.class)).hasSize(1);
    agent.reportEnds(Outcome.ok());
    agent.passes(Duration.ofMinutes(1));
    assertThat(agent.open(WriteReport.class)).isEmpty();
  }

  @Test
  void oneReportIsUnderWayAtATimeAndTheLastSaysItAll() {
    AgentScript agent = new AgentScript().byHand(Answer.REPORT).joined();
    agent.ordered(1, 1, "vm:1", run(1));
    agent.startEnds(Outcome.ok());
    assertThat(agent.open(WriteReport.class)).hasSize(1);
    agent.reportEnds(Outcome.ok());
    assertThat(agent.open(WriteReport.class)).hasSize(1);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(agent.lastReport().intentGeneration()).isEqualTo(1);
  }
}
