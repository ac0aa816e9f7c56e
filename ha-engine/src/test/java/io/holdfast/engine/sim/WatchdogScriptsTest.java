package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.PhysicalWorld.AfterWatchdog;
import io.holdfast.engine.sim.SimConfig.FenceKit;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clusters without fence devices: what a host's own watchdog makes possible. */
class WatchdogScriptsTest {

  private static Scripts guarded(int hosts, int workloads, AfterWatchdog after) {
    return Scripts.running(
        SimConfig.scripted(hosts, workloads).withWatchdogs(SimConfig.LEASE, after, FenceKit.NONE));
  }

  @Test
  void aHostThatIsCutOffResetsItselfAndItsWorkloadsAreRecovered() {
    Scripts s = guarded(3, 6, AfterWatchdog.STAY_OFF);
    HostId victim = s.follower();
    List<WorkloadId> lost = s.workloadsOn(victim);
    assertThat(lost).isNotEmpty();
    Duration cut = s.world.now();
    s.world.faults().partition(victim);
    s.await("recovered", () -> s.everythingRuns() && s.workloadsOn(victim).isEmpty());
    assertThat(s.world.selfFences())
        .singleElement()
        .extracting(SimWorld.SelfFence::host)
        .isEqualTo(victim);
    assertThat(s.world.physical().isPowered(victim)).isFalse();
    assertThat(s.toldSince(cut, HaEvent.HostFenced.class))
        .singleElement()
        .satisfies(
            fenced -> assertThat(fenced.evidence()).isInstanceOf(Evidence.LeaseExpired.class));
    Duration took = s.world.now().minus(cut);
    assertThat(took)
        .isBetween(
            SimConfig.LEASE.takeoverWait().minus(SimConfig.TIMINGS.renewInterval()),
            Duration.ofSeconds(20));
  }

  @Test
  void itComesBackWhereThePowerSettingsSaySo() {
    Scripts s = guarded(3, 6, AfterWatchdog.REBOOT);
    HostId victim = s.follower();
    s.world.faults().partition(victim);
    s.await("reset", () -> !s.world.selfFences().isEmpty());
    s.await("up again", () -> s.world.physical().isUp(victim));
    s.world.faults().rejoin(victim);
    s.await("everything runs", s::everythingRuns);
  }

  @Test
  void anAgentThatIsStoppedDoesNotFeed() {
    Scripts s = guarded(3, 6, AfterWatchdog.STAY_OFF);
    HostId victim = s.follower();
    s.world.faults().pauseAgent(victim);
    s.await("reset", () -> !s.world.selfFences().isEmpty());
    s.await("recovered", s::everythingRuns);
  }

  @Test
  void anAgentThatIsRestartedInTimeKeepsItsHost() {
    Scripts s = guarded(3, 6, AfterWatchdog.STAY_OFF);
    HostId victim = s.follower();
    s.world.faults().killAgent(victim);
    s.pass(Duration.ofSeconds(1));
    s.world.faults().startAgent(victim);
    s.pass(Duration.ofMinutes(2));
    assertThat(s.world.selfFences()).isEmpty();
    assertThat(s.everythingRuns()).isTrue();
  }

  @Test
  void aHostThatHasNothingToLoseIsNotReset() {
    Scripts s = guarded(4, 1, AfterWatchdog.STAY_OFF);
    HostId busy = s.hostOf(s.workload(0));
    HostId idle =
        s.world.physical().hosts().stream()
            .filter(host -> !host.equals(busy) && !host.equals(s.leader()))
            .findFirst()
            .orElseThrow();
    s.pass(Duration.ofMinutes(1));
    s.world.faults().partition(idle);
    s.pass(Duration.ofMinutes(5));
    assertThat(s.world.selfFences()).isEmpty();
    s.world.faults().rejoin(idle);
    s.world.faults().crash(busy);
    s.await("recovered", () -> s.everythingRuns() && !s.hostOf(s.workload(0)).equals(busy));
  }

  @Test
  void anOldWordOfAHostThatWasToldToDisarmDoesNotCount() {
    DisarmedHost disarmed = new DisarmedHost();
    disarmed.isLost();
    assertThat(disarmed.cameAsPlanned).isTrue();
    assertThat(disarmed.world.violations()).isEmpty();
    assertThat(disarmed.world.statusOf(disarmed.host).orElseThrow().reason())
        .contains("watchdog is not known to be armed");
  }

  @Test
  void theWordOfAnEarlierTurnDoesNotCountWhenAHostIsToArmAgain() {
    DisarmedHost disarmed = new DisarmedHost();
    disarmed.isGivenWorkAndLost();
    assertThat(disarmed.cameAsPlanned).isTrue();
    assertThat(disarmed.world.violations()).isEmpty();
    assertThat(disarmed.world.statusOf(disarmed.host).orElseThrow().reason())
        .contains("watchdog is not known to be armed");
  }

  @Test
  void aHostWhoseWatchdogCannotBeArmedIsNotTakenOver() {
    Scripts s =
        Scripts.with(
            SimConfig.scripted(3, 3)
                .withWatchdogs(SimConfig.LEASE, AfterWatchdog.STAY_OFF, FenceKit.NONE));
    s.world
        .physical()
        .hosts()
        .forEach(host -> s.world.faults().watchdog(host, InMemoryWatchdog.Fault.MISSING));
    s.await("everything runs", s::everythingRuns);
    HostId victim = s.follower();
    List<WorkloadId> lost = s.workloadsOn(victim);
    s.world.faults().partition(victim);
    s.pass(Duration.ofMinutes(5));
    assertThat(s.workloadsOn(victim)).isEqualTo(lost);
    assertThat(s.world.statusOf(victim).orElseThrow().reason())
        .contains("watchdog is not known to be armed");
  }

  @Test
  void aCrashedHostWithABmcIsTakenOverByWhateverComesFirst() {
    Scripts s =
        Scripts.running(
            SimConfig.scripted(3, 6)
                .withWatchdogs(SimConfig.LEASE, AfterWatchdog.STAY_OFF, FenceKit.BMC));
    HostId victim = s.follower();
    s.world.faults().fenceDevices(victim, InMemoryFenceDevice.Fault.UNREACHABLE);
    Duration cut = s.world.now();
    s.world.faults().crash(victim);
    s.await("recovered", s::everythingRuns);
    assertThat(s.toldSince(cut, HaEvent.HostFenced.class))
        .singleElement()
        .satisfies(
            fenced -> assertThat(fenced.evidence()).isInstanceOf(Evidence.LeaseExpired.class));
  }
}
