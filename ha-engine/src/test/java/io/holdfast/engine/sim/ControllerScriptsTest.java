package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What happens when controllers come and go. */
class ControllerScriptsTest {

  @Test
  void oneControllerLeadsAndAnotherTakesOverWhenItEnds() {
    Scripts s = Scripts.running(2, 4);
    HostId first = s.leader();
    Duration killed = s.world.now();
    s.world.faults().killController(first);
    s.await("the other leads", () -> s.world.leader().filter(h -> !h.equals(first)).isPresent());
    s.pass(Duration.ofSeconds(30));
    assertThat(s.everythingRuns()).isTrue();
    assertThat(s.toldSince(killed, HaEvent.StartIssued.class)).isEmpty();
    assertThat(s.toldSince(killed, HaEvent.ControllerElected.class)).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = HostState.class,
      names = {"SUSPECT", "LOST", "FENCING", "FENCED"})
  void aFailoverIsFinishedByTheNextController(HostState begun) {
    Scripts s = Scripts.running(3, 9);
    HostId leader = s.leader();
    HostId victim = s.follower();
    s.world.faults().crash(victim);
    s.await("under way", () -> s.has(victim, begun));
    s.world.faults().killController(leader);
    s.await("another leads", () -> s.world.leader().filter(h -> !h.equals(leader)).isPresent());
    s.await("recovered", s::everythingRuns);
  }

  @Test
  void aFenceThatHasComeToItsSecondLevelIsGoneOnWithThere() {
    Scripts s =
        Scripts.running(SimConfig.scripted(3, 6).withFences(SimConfig.FenceKit.BMC_THEN_OUTLET));
    HostId leader = s.leader();
    HostId victim = s.follower();
    s.world.faults().fenceDevices(victim, InMemoryFenceDevice.Fault.SILENT);
    s.world.faults().crash(victim);
    s.await("second level", () -> s.reasonOf(victim).startsWith("being fenced: pdu-a"));
    s.pass(Duration.ofSeconds(1)); // while it is being asked
    Duration killed = s.world.now();
    s.world.faults().killController(leader);
    s.world.faults().lastFenceDevice(victim, InMemoryFenceDevice.Fault.NONE);
    s.await("recovered", s::everythingRuns);
    assertThat(s.toldSince(killed, HaEvent.FenceAnswered.class))
        .extracting(HaEvent.FenceAnswered::device)
        .containsExactly("pdu-a-" + victim);
  }

  @Test
  void aFailoverIsFinishedWhenTheControllerDiesAfterTheFirstStart() {
    Scripts s = Scripts.running(3, 12);
    HostId leader = s.leader();
    HostId victim = s.follower();
    List<WorkloadId> lost = s.workloadsOn(victim);
    s.world.faults().crash(victim);
    s.await("first one back", () -> lost.stream().anyMatch(w -> s.copies(w) == 1));
    s.world.faults().killController(leader);
    s.await("recovered", s::everythingRuns);
  }

  /** The next controller does not know that it was being started, nor does the next agent. */
  @Test
  void aStartOfAnAgentThatDiedIsWaitedForWhoeverLeads() {
    LateStart late = new LateStart();
    assertThat(late.world.violations()).isEmpty();
    assertThat(late.cameAsPlanned).isTrue();
  }

  @Test
  void aControllerThatWasStoppedAndDeposedWritesNothing() {
    Scripts s = Scripts.running(3, 6);
    HostId old = s.leader();
    WorkloadId workload = s.workload(0);
    s.world.faults().pauseController(old);
    // What it will want to write as soon as it runs again.
    s.await("another leads", () -> s.world.leader().filter(h -> !h.equals(old)).isPresent());
    s.world.platform().setDesired(workload, DesiredState.STOPPED);
    s.await("stopped", () -> s.has(workload, WorkloadStatus.STOPPED));
    Duration resumed = s.world.now();
    s.world.faults().resume(old);
    s.pass(Duration.ofSeconds(30));
    assertThat(s.world.leader()).isPresent().get().isNotEqualTo(old);
    assertThat(s.toldSince(resumed, HaEvent.ControllerStoodDown.class)).hasSize(1);
    assertThat(s.toldSince(resumed, HaEvent.StartIssued.class)).isEmpty();
    assertThat(s.copies(workload)).isZero();
  }

  @Test
  void aCommitWhoseAnswerIsLostMakesTheControllerReadTheTruthAgain() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    Duration cut = s.world.now();
    s.world
        .faults()
        .faultController(
            s.leader(), InMemoryConnection.Call.COMMIT, InMemoryConnection.Fault.ANSWER_LOST);
    s.world.faults().crash(victim);
    s.await("recovered", s::everythingRuns);
    assertThat(s.toldSince(cut, HaEvent.ControllerElected.class)).isNotEmpty();
  }

  @Test
  void aControllerOnAHostThatIsCutOffIsReplacedWithoutWaitingForItsSession() {
    SimConfig config = SimConfig.scripted(3, 6);
    Scripts s = Scripts.running(3, 6);
    HostId old = s.leader();
    Duration cut = s.world.now();
    s.world.faults().partition(old);
    s.await("another leads", () -> s.world.leader().filter(h -> !h.equals(old)).isPresent());
    assertThat(s.world.now().minus(cut)).isLessThan(config.sessionTimeout());
    s.await("recovered", s::everythingRuns);
  }
}
