package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens when a host falls silent, told as stories. */
class HostFailureScriptsTest {

  @Test
  void aCrashedHostIsSuspectedLostFencedAndItsWorkloadsRecoveredByPriority() {
    Scripts s = Scripts.running(3, 12);
    HostId victim = s.follower();
    List<WorkloadId> lost = s.workloadsOn(victim);
    assertThat(lost).hasSizeGreaterThan(1);
    Duration cut = s.world.now();
    s.world.faults().crash(victim);
    s.await("recovered", s::everythingRuns);

    List<HostState> states =
        s.toldSince(cut, HaEvent.HostStateChanged.class).stream()
            .filter(e -> e.host().equals(victim))
            .map(HaEvent.HostStateChanged::to)
            .toList();
    assertThat(states)
        .containsExactly(HostState.SUSPECT, HostState.LOST, HostState.FENCING, HostState.FENCED);
    List<HaEvent.HostFenced> fenced = s.toldSince(cut, HaEvent.HostFenced.class);
    assertThat(fenced).hasSize(1);
    assertThat(fenced.get(0).evidence()).isEqualTo(new Evidence.PoweredOff("bmc-" + victim));
    List<HaEvent.StartIntended> starts = s.toldSince(cut, HaEvent.StartIntended.class);
    assertThat(starts).hasSameSizeAs(lost);
    assertThat(starts)
        .isSortedAccordingTo(
            Comparator.comparing(HaEvent.StartIntended::priority, Comparator.reverseOrder()));
    assertThat(starts)
        .allSatisfy(start -> assertThat(start.evidence()).contains(fenced.get(0).evidence()));
    List<WorkloadId> issued =
        s.toldSince(cut, HaEvent.StartIssued.class).stream()
            .map(HaEvent.StartIssued::workload)
            .toList();
    assertThat(issued)
        .isSortedAccordingTo(
            Comparator.comparing(
                (WorkloadId w) -> s.spec(w).priority(), Comparator.reverseOrder()));
  }

  @Test
  void aHostWithoutPowerIsFencedAtSuspicionWithoutWaitingForTheWholeSilence() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    Duration cut = s.world.now();
    s.world.faults().cutPower(victim);
    s.await("fenced", () -> s.has(victim, HostState.FENCED));
    assertThat(s.world.now().minus(cut)).isLessThan(SimConfig.TIMINGS.silence());
    s.await("recovered", s::everythingRuns);
    assertThat(s.toldSince(cut, HaEvent.FenceBegun.class)).isEmpty();
  }

  @Test
  void theHostOfTheControllerIsTakenOverAndRecoveredToo() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.leader();
    s.world.faults().crash(victim);
    s.await("another leads", () -> s.world.leader().filter(h -> !h.equals(victim)).isPresent());
    s.await("recovered", s::everythingRuns);
  }

  @Test
  void aHostWhoseBmcDoesNotAnswerKeepsItsGuestsDownWithTheReasonUntilItDoes() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    List<WorkloadId> lost = s.workloadsOn(victim);
    Duration cut = s.world.now();
    s.world.faults().fenceDevice(victim, InMemoryFenceDevice.Fault.UNREACHABLE);
    s.world.faults().crash(victim);
    s.await("tried in vain", () -> s.toldSince(cut, HaEvent.FenceFailed.class).size() > 2);
    for (WorkloadId workload : lost) {
      assertThat(s.copies(workload)).isZero();
      assertThat(s.info(workload).status()).isEqualTo(WorkloadStatus.RECOVERING);
      assertThat(s.info(workload).reason()).contains("no evidence", "bmc-" + victim, "unreachable");
    }
    List<Duration> pauses =
        s.toldSince(cut, HaEvent.FenceFailed.class).stream()
            .map(HaEvent.FenceFailed::nextTryIn)
            .toList();
    assertThat(pauses).isSorted().doesNotHaveDuplicates();

    s.world.faults().fenceDevice(victim, InMemoryFenceDevice.Fault.NONE);
    s.await("recovered", s::everythingRuns);
  }

  @Test
  void aHostThatComesBackOwnsNothingUntilItIsTold() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    s.world.faults().crash(victim);
    s.await("recovered", s::everythingRuns);
    Duration back = s.world.now();
    s.world.faults().bringUp(victim);
    s.await("online", () -> s.has(victim, HostState.ONLINE));
    s.pass(Duration.ofSeconds(30));
    assertThat(s.workloadsOn(victim)).isEmpty();
    assertThat(s.toldSince(back, HaEvent.StartIssued.class)).isEmpty();
  }

  @Test
  void aHostThatRebootsUnnoticedRunsItsWorkloadsAgain() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    s.world.physical().reset(victim);
    s.await("everything runs again", s::everythingRuns);
  }

  @Test
  void aPartitionedHostThatComesBackBeforeTheSilenceIsOverLosesNothing() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    Duration cut = s.world.now();
    s.world.faults().partition(victim);
    s.pass(Duration.ofSeconds(4));
    s.world.faults().rejoin(victim);
    s.pass(Duration.ofSeconds(30));
    assertThat(s.everythingRuns()).isTrue();
    assertThat(s.toldSince(cut, HaEvent.FenceBegun.class)).isEmpty();
    assertThat(s.toldSince(cut, HaEvent.StartIssued.class)).isEmpty();
  }

  @Test
  void aPartitionedHostIsFencedBeforeItsGuestsRunElsewhere() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = s.follower();
    List<WorkloadId> its = s.workloadsOn(victim);
    s.world.faults().partition(victim);
    s.pass(Duration.ofSeconds(4));
    assertThat(s.workloadsOn(victim)).isEqualTo(its);
    s.await("fenced", () -> s.has(victim, HostState.FENCED));
    s.await("recovered", s::everythingRuns);
    assertThat(s.world.physical().isPowered(victim)).isFalse();
  }

  @Test
  void nobodyIsFencedWhileTheStoreServesNobody() {
    Scripts s = Scripts.running(3, 6);
    Duration down = s.world.now();
    s.world.faults().serviceDown();
    s.pass(Duration.ofSeconds(10));
    s.world.faults().serviceUp();
    s.pass(Duration.ofMinutes(1));
    assertThat(s.everythingRuns()).isTrue();
    assertThat(s.toldSince(down, HaEvent.FenceBegun.class)).isEmpty();
    assertThat(s.toldSince(down, HaEvent.StartIssued.class)).isEmpty();
  }

  @Test
  void aHostWithNothingOnItIsNotFenced() {
    Scripts s = Scripts.running(3, 1);
    HostId victim =
        s.world.physical().hosts().stream()
            .filter(h -> s.workloadsOn(h).isEmpty() && !h.equals(s.leader()))
            .findFirst()
            .orElseThrow();
    Duration cut = s.world.now();
    s.world.faults().crash(victim);
    s.await("lost", () -> s.has(victim, HostState.LOST));
    s.pass(Duration.ofMinutes(1));
    assertThat(s.toldSince(cut, HaEvent.FenceBegun.class)).isEmpty();
  }

  /** What runs on a host that does not lead does not fail over from now on. */
  private static HostId withoutFailover(Scripts s) {
    HostId victim = s.follower();
    for (WorkloadId id : s.workloadsOn(victim)) {
      WorkloadPolicy policy = s.spec(id).policy().toBuilder().failover(false).build();
      s.world.platform().update(id, w -> w.withPolicy(policy));
    }
    s.pass(Duration.ofSeconds(10));
    return victim;
  }

  @Test
  void aHostOnWhichNothingFailsOverIsNotFencedAndRunsItAgainWhenItIsBack() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = withoutFailover(s);
    List<WorkloadId> its = s.workloadsOn(victim);
    assertThat(its).isNotEmpty();
    Duration cut = s.world.now();
    s.world.faults().crash(victim);
    s.await("lost", () -> s.has(victim, HostState.LOST));
    s.pass(Duration.ofMinutes(2));
    assertThat(s.has(victim, HostState.LOST)).isTrue();
    assertThat(s.toldSince(cut, HaEvent.FenceBegun.class)).isEmpty();
    assertThat(s.toldSince(cut, HaEvent.StartIssued.class)).isEmpty();
    s.world.faults().bringUp(victim);
    s.await("everything runs again", s::everythingRuns);
    assertThat(s.workloadsOn(victim)).isEqualTo(its);
  }

  @Test
  void whatDoesNotFailOverRunsOnWhileItsHostIsCutOff() {
    Scripts s = Scripts.running(3, 6);
    HostId victim = withoutFailover(s);
    List<WorkloadId> its = s.workloadsOn(victim);
    Duration cut = s.world.now();
    s.world.faults().partition(victim);
    s.await("lost", () -> s.has(victim, HostState.LOST));
    s.pass(Duration.ofMinutes(2));
    assertThat(s.workloadsOn(victim)).isEqualTo(its);
    s.world.faults().rejoin(victim);
    s.await("everything is seen to run", s::everythingRuns);
    assertThat(s.workloadsOn(victim)).isEqualTo(its);
    assertThat(s.toldSince(cut, HaEvent.FenceBegun.class)).isEmpty();
    assertThat(s.toldSince(cut, HaEvent.StartIssued.class)).isEmpty();
  }

  @Test
  void whatDoesNotFailOverWaitsAlsoWhenItsHostIsFencedForAnother() {
    BoundGuest story = new BoundGuest();
    assertThat(story.cameAsPlanned).isTrue();
    assertThat(story.world.physical().hostsRunning(story.bound)).isSubsetOf(story.host);
    assertThat(story.world.violations()).isEmpty();
  }
}
