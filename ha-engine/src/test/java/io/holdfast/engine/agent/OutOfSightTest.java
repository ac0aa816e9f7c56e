package io.holdfast.engine.agent;

import static io.holdfast.engine.agent.AgentScript.TIMINGS;
import static io.holdfast.engine.agent.AgentScript.order;
import static io.holdfast.engine.agent.AgentScript.run;
import static io.holdfast.engine.agent.AgentScript.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.Priority;
import io.holdfast.api.StopReason;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Hypervisor.RunState;
import io.holdfast.engine.agent.AgentEffect.WriteReport;
import io.holdfast.engine.agent.AgentScript.Answer;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What runs here while its hypervisor cannot be asked, or what it tells is lost: it may have been
 * moved away by hand meanwhile.
 */
class OutOfSightTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");
  private static final String UNSEEN = "not here any more, and nobody saw what became of it";

  private static AgentScript running() {
    return new AgentScript().joined().running("vm:1");
  }

  private static HostIntent.Entry honouring(long assignment) {
    HostIntent.Entry run = run(assignment);
    return new HostIntent.Entry(
        run.assignment(),
        Goal.RUN,
        Priority.MEDIUM,
        run.restart(),
        run.startTimeout(),
        run.stopTimeout(),
        OnGuestShutdown.HONOR,
        false,
        Optional.empty());
  }

  private static AgentScript runningUntilItsUserEndsIt() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", honouring(1));
    agent.startEnds(Outcome.ok());
    return agent;
  }

  /** Its events are lost, and it is here no more. */
  private static void leavesUnseen(AgentScript agent) {
    agent.hypervisorFails("libvirt is away");
    agent.runs.remove(VM);
    agent.hypervisorWorks();
  }

  private static void overflows(AgentScript agent) {
    agent.said(new HypervisorEvent.Disconnected("too many events"));
    agent.said(new HypervisorEvent.Reconnected());
  }

  private static void isGone(AgentScript agent) {
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();
    agent.passes(Duration.ofHours(1));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.GONE);
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  private static List<Condition> told(AgentScript agent) {
    return agent.all(WriteReport.class).stream()
        .flatMap(write -> Optional.ofNullable(write.report().assigned().get(VM)).stream())
        .map(entry -> entry.condition())
        .distinct()
        .toList();
  }

  // Nobody saw it leave

  @Test
  void whatWentWhileTheHypervisorCouldNotBeAskedIsToBeLookedForEverywhere() {
    AgentScript agent = running();
    leavesUnseen(agent);
    assertThat(agent.reported("vm:1").detail()).isEqualTo(UNSEEN);
    isGone(agent);
  }

  @Test
  void soIsWhatWentWhileEventsWereDropped() {
    AgentScript agent = running();
    agent.runs.remove(VM);
    overflows(agent);
    isGone(agent);
  }

  @Test
  void aLookThatBeganBeforeThatDoesNotMakeUpForIt() {
    AgentScript agent = running().byHand(Answer.INVENTORY);
    agent.said(new HypervisorEvent.Changed(VM));
    overflows(agent);
    agent.inventoryEnds(Outcome.done(new TreeMap<>(agent.runs)));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.runs.remove(VM);
    agent.noLongerByHand(Answer.INVENTORY);
    isGone(agent);
  }

  @Test
  void aLookBeforeTheHypervisorIsSaidToBeBackDoesNotEither() {
    AgentScript agent = running();
    agent.said(new HypervisorEvent.Disconnected("libvirt is away"));
    agent.passes(TIMINGS.resyncInterval());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    agent.runs.remove(VM);
    agent.said(new HypervisorEvent.Reconnected());
    isGone(agent);
  }

  @Test
  void soIsWhatWasStartedMeanwhileAndWentAgain() {
    AgentScript agent = new AgentScript().joined().ordered(1, 1, "vm:1", run(1));
    agent.said(new HypervisorEvent.Disconnected("libvirt is away"));
    agent.startEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    agent.runs.remove(VM);
    agent.said(new HypervisorEvent.Reconnected());
    isGone(agent);
  }

  /** Whoever ordered to run it had seen it here before that. */
  @Test
  void soIsWhatWasKeptAndIsToRunByAnOrderThatCameMeanwhile() {
    AgentScript agent = new AgentScript();
    agent.runs.put(VM, RunState.RUNNING);
    agent.joined().ordered(1, 1, "vm:1", order(1, Goal.KEEP, Priority.MEDIUM));
    agent.hypervisorFails("libvirt is away");
    agent.runs.remove(VM);
    agent.ordered(1, 2, "vm:1", run(2));
    agent.hypervisorWorks();
    isGone(agent);
  }

  /** Ending it where it is not would prove nothing. */
  @Test
  void whatIsToBeStoppedAndWentUnseenIsNotCalledStopped() {
    AgentScript agent = running();
    agent.hypervisorFails("libvirt is away");
    agent.runs.remove(VM);
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.hypervisorWorks();
    assertThat(agent.condition("vm:1")).isNotEqualTo(Condition.STOPPED);
    agent.open(AgentEffect.Destroy.class).forEach(destroy -> agent.destroyEnds(Outcome.ok()));
    isGone(agent);
  }

  @Test
  void norIsWhatAStopFindsGoneThatWasUnderWay() {
    AgentScript agent = running();
    agent.ordered(1, 2, "vm:1", stop(2));
    overflows(agent);
    agent.stopEnds(Outcome.ok());
    isGone(agent);
  }

  /** A former agent may have begun to start it, so that absence is not told at first. */
  @Test
  void aNewAgentSaysSoOnlyAfterAWhile() {
    AgentConfig config =
        new AgentConfig(
            AgentScript.HOST,
            TIMINGS,
            Optional.empty(),
            Epoch.NONE,
            List.of(),
            new TreeSet<>(),
            false,
            true);
    AgentScript agent = new AgentScript(config).joined().running("vm:1");
    leavesUnseen(agent);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    assertThat(agent.startsUnderWay()).isEmpty();
    agent.passes(TIMINGS.leaseValidity().multipliedBy(2));
    isGone(agent);
  }

  @Test
  void theOrderThatFollowsStartsIt() {
    AgentScript agent = running();
    leavesUnseen(agent);
    agent.ordered(1, 2, "vm:1", run(2));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void whatIsListedAgainIsHere() {
    AgentScript agent = running();
    leavesUnseen(agent);
    agent.runs.put(VM, RunState.RUNNING);
    agent.said(new HypervisorEvent.Changed(VM));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
  }

  // It is here as before

  @Test
  void whatIsStillHereAfterwardsRunsAndWasNeverGone() {
    AgentScript agent = running();
    agent.hypervisorFails("libvirt is away");
    agent.hypervisorWorks();
    overflows(agent);
    agent.passes(Duration.ofMinutes(10));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.RUNNING);
    assertThat(told(agent)).doesNotContain(Condition.GONE, Condition.STOPPED);
  }

  @Test
  void whatWasSeenSinceAndVanishesIsStartedHereOnceThatIsConfirmed() {
    AgentScript agent = running();
    agent.hypervisorFails("libvirt is away");
    agent.hypervisorWorks();
    agent.runs.remove(VM);
    agent.said(new HypervisorEvent.Changed(VM));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void whatWasEndedSinceIsStopped() {
    AgentScript agent = running();
    agent.hypervisorFails("libvirt is away");
    agent.hypervisorWorks();
    agent.ordered(1, 2, "vm:1", stop(2));
    agent.stopEnds(Outcome.ok());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    overflows(agent);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
  }

  // It was told why it stopped

  @Test
  void whatIsKnownToHaveCrashedBeforeIsStartedHereAfterThePause() {
    AgentScript agent = running().byHand(Answer.INVENTORY);
    agent.stopsByItself("vm:1", StopReason.CRASHED);
    agent.inventoryEnds(Outcome.unknown("time-out"));
    agent.noLongerByHand(Answer.INVENTORY);
    agent.passes(TIMINGS.renewInterval());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPED);
    assertThat(agent.reported("vm:1").detail()).isEqualTo("stopped (CRASHED)");
    assertThat(agent.startsUnderWay()).as("not before the pause is over").isEmpty();
    agent.passes(Duration.ofSeconds(3));
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  @Test
  void whatItsUserShutDownStaysSoAlsoIfTheLookAfterThatFails() {
    AgentScript agent = runningUntilItsUserEndsIt().byHand(Answer.INVENTORY);
    agent.stopsByItself("vm:1", StopReason.GUEST_SHUTDOWN);
    agent.inventoryEnds(Outcome.unknown("time-out"));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.UNKNOWN);
    agent.noLongerByHand(Answer.INVENTORY);
    agent.passes(TIMINGS.renewInterval());
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.SHUT_DOWN);
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  @Test
  void andAlsoIfTheHypervisorIsRestartedThen() {
    AgentScript agent = runningUntilItsUserEndsIt().byHand(Answer.INVENTORY);
    agent.stopsByItself("vm:1", StopReason.GUEST_SHUTDOWN);
    agent.said(new HypervisorEvent.Disconnected("libvirt is away"));
    agent.said(new HypervisorEvent.Reconnected());
    agent.noLongerByHand(Answer.INVENTORY);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.SHUT_DOWN);
    assertThat(agent.startsUnderWay()).isEmpty();
  }

  @Test
  void whatTheHostTookAlongIsNotStartedAgainAtOnceEither() {
    AgentScript agent = running().byHand(Answer.INVENTORY);
    agent.stopsByItself("vm:1", StopReason.HOST_SHUTDOWN);
    agent.inventoryEnds(Outcome.unknown("time-out"));
    agent.noLongerByHand(Answer.INVENTORY);
    agent.passes(Starts.HOST_SHUTDOWN_HOLD);
    assertThat(agent.startsUnderWay()).isEmpty();
    agent.passes(TIMINGS.renewInterval());
    assertThat(agent.startsUnderWay()).containsExactly("vm:1");
  }

  /** It was here when it was seen last, whether it was executing then or not. */
  @Test
  void whatWasSeenOnItsWayDownAndWasShutDownByItsUserStaysSo() {
    AgentScript agent = runningUntilItsUserEndsIt();
    agent.runs.put(VM, RunState.STOPPING);
    agent.said(new HypervisorEvent.Changed(VM));
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.STOPPING);
    agent.stopsByItself("vm:1", StopReason.GUEST_SHUTDOWN);
    assertThat(agent.condition("vm:1")).isEqualTo(Condition.SHUT_DOWN);
    assertThat(agent.startsUnderWay()).isEmpty();
  }
}
