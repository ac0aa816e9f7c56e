package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.sim.PhysicalWorld.AfterWatchdog;
import io.holdfast.engine.sim.SimConfig.FenceKit;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hosts that are shut down or rebooted as planned, and agents that are restarted. */
class DepartureScriptsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static Scripts guarded() {
    return Scripts.running(
        SimConfig.scripted(3, 6)
            .withWatchdogs(SimConfig.LEASE, AfterWatchdog.STAY_OFF, FenceKit.NONE));
  }

  private static Scripts running(ShutdownPolicy policy) {
    Scripts s = guarded();
    s.world.platform().shutdownPolicy(policy);
    return s;
  }

  private static boolean areFrozen(Scripts s, List<WorkloadId> workloads) {
    return workloads.stream().allMatch(w -> s.has(w, WorkloadStatus.FROZEN));
  }

  private static void nobodyWasFenced(Scripts s, Duration since) {
    assertThat(s.toldSince(since, HaEvent.HostFenced.class)).isEmpty();
    assertThat(s.world.selfFences()).isEmpty();
  }

  @Test
  void aRebootFreezesThemAndTheyAreStartedWhereTheyWere() {
    Scripts s = running(ShutdownPolicy.CONDITIONAL);
    HostId victim = s.follower();
    List<WorkloadId> there = s.workloadsOn(victim);
    Duration begun = s.world.now();
    s.world.faults().leave(victim, Departure.REBOOT, PATIENCE);
    s.await("frozen", () -> areFrozen(s, there));
    s.await("down", () -> !s.world.physical().isUp(victim));
    assertThat(s.workloadsOn(victim)).isEmpty();
    s.await("back", s::everythingRuns);
    assertThat(s.workloadsOn(victim)).isEqualTo(there);
    nobodyWasFenced(s, begun);
  }

  @Test
  void pitfall18AShutdownFailsThemOverWithoutWaitingForSilence() {
    Scripts s = running(ShutdownPolicy.CONDITIONAL);
    HostId victim = s.follower();
    Duration begun = s.world.now();
    s.world.faults().leave(victim, Departure.SHUTDOWN, PATIENCE);
    s.await("elsewhere", () -> s.everythingRuns() && s.workloadsOn(victim).isEmpty());
    assertThat(s.world.now().minus(begun)).isLessThan(Duration.ofSeconds(5));
    assertThat(s.toldSince(begun, HaEvent.HostFenced.class))
        .singleElement()
        .extracting(HaEvent.HostFenced::evidence)
        .isEqualTo(new Evidence.StoppedByHypervisor(victim));
    s.await("off", () -> !s.world.physical().isPowered(victim));
    s.pass(Duration.ofMinutes(2));
    assertThat(s.world.selfFences()).isEmpty();
    s.world.faults().bringUp(victim);
    s.await("usable again", () -> s.has(victim, HostState.ONLINE));
  }

  @Test
  void theHostOfTheControllerCanBeShutDownAsWell() {
    Scripts s = running(ShutdownPolicy.CONDITIONAL);
    HostId victim = s.leader();
    s.world.faults().leave(victim, Departure.SHUTDOWN, PATIENCE);
    s.await("off", () -> !s.world.physical().isPowered(victim));
    s.await("elsewhere", s::everythingRuns);
  }

  @Test
  void whatIsFrozenStaysSoThroughAChangeOfControllerUntilAPersonEndsIt() {
    Scripts s = running(ShutdownPolicy.FREEZE);
    HostId victim = s.follower();
    List<WorkloadId> there = s.workloadsOn(victim);
    Duration begun = s.world.now();
    s.world.faults().leave(victim, Departure.SHUTDOWN, PATIENCE);
    s.await("off", () -> !s.world.physical().isPowered(victim));
    HostId leader = s.leader();
    s.world.faults().killController(leader);
    s.await("another one", () -> s.world.leader().filter(l -> !l.equals(leader)).isPresent());
    s.pass(Duration.ofMinutes(10));
    assertThat(areFrozen(s, there)).isTrue();
    nobodyWasFenced(s, begun);
    s.world
        .platform()
        .confirmDown(
            victim, s.world.statusOf(victim).orElseThrow().incarnation().orElseThrow(), "ann");
    s.await("elsewhere", s::everythingRuns);
  }

  @Test
  void anotherPolicyEndsTheWaiting() {
    Scripts s = running(ShutdownPolicy.FREEZE);
    HostId victim = s.follower();
    s.world.faults().leave(victim, Departure.SHUTDOWN, PATIENCE);
    s.await("off", () -> !s.world.physical().isPowered(victim));
    s.pass(Duration.ofMinutes(1));
    s.world.platform().shutdownPolicy(ShutdownPolicy.FAILOVER);
    s.await("elsewhere", s::everythingRuns);
  }

  @Test
  void theyMoveAwayFirstAndComeBack() {
    Scripts s = running(ShutdownPolicy.MIGRATE);
    HostId victim = s.follower();
    List<WorkloadId> there = s.workloadsOn(victim);
    Duration begun = s.world.now();
    s.world.faults().leave(victim, Departure.REBOOT, Duration.ofMinutes(10));
    s.await("down", () -> !s.world.physical().isUp(victim), Duration.ofMinutes(10));
    assertThat(s.toldSince(begun, HaEvent.MoveEnded.class)).hasSameSizeAs(there);
    s.await("back", () -> s.workloadsOn(victim).equals(there), Duration.ofMinutes(10));
    nobodyWasFenced(s, begun);
  }

  @Test
  void whatCannotBeMovedAwayIsStoppedInTimeAndStartedElsewhere() {
    ScenarioResult result =
        new Drill("\"shutdownPolicy\": \"migrate\"")
            .hosts("a", "b", "c")
            .workload("vm:1", "b", ", \"faults\": {\"migrateFailures\": 1000}")
            .at(60, "\"op\": \"shutdown\", \"host\": \"b\"")
            .until(7000);
    assertThat(Drill.place(result, "vm:1")).isNotEqualTo("b");
    assertThat(Drill.outcome(result, "vm:1")).startsWith("Started");
    assertThat(result.hosts())
        .hasEntrySatisfying(new HostId("b"), host -> assertThat(host.power()).isFalse());
    assertThat(result.moves())
        .singleElement()
        .satisfies(
            move -> {
              assertThat(move.live()).isFalse();
              assertThat(move.at()).isLessThan(Duration.ofMinutes(61));
            });
    assertThat(result.recoveries()).as("killed with its host").isEmpty();
    assertThat(result.selfFenced()).isEmpty();
  }

  @Test
  void whatRanOnAHostThatRebootsGoesBackThere() {
    Scripts s = running(ShutdownPolicy.FAILOVER);
    HostId victim = s.follower();
    List<WorkloadId> there = s.workloadsOn(victim);
    s.world.faults().leave(victim, Departure.REBOOT, PATIENCE);
    s.await("elsewhere", () -> s.workloadsOn(victim).isEmpty() && s.everythingRuns());
    s.await("back", () -> s.workloadsOn(victim).equals(there), Duration.ofMinutes(10));
  }

  @Test
  void aRestartOfAnAgentTouchesNothing() {
    Scripts s = running(ShutdownPolicy.CONDITIONAL);
    HostId victim = s.follower();
    List<WorkloadId> there = s.workloadsOn(victim);
    Duration begun = s.world.now();
    s.world.faults().leave(victim, Departure.AGENT_RESTART, PATIENCE);
    s.await("frozen", () -> areFrozen(s, there));
    s.await("taken up again", s::everythingRuns);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.toldSince(begun, HaEvent.WorkloadStopped.class)).isEmpty();
    assertThat(s.workloadsOn(victim)).isEqualTo(there);
    nobodyWasFenced(s, begun);
  }

  @Test
  void whatCannotBeEndedWaitsForTheUsualEvidenceAndTheRestDoesNot() {
    Scripts s = running(ShutdownPolicy.CONDITIONAL);
    HostId victim = s.follower();
    List<WorkloadId> there = s.workloadsOn(victim);
    assertThat(there).hasSizeGreaterThan(1);
    WorkloadId stuck = there.get(0);
    s.world.faults().refuseEnd(victim, stuck, true);
    Duration begun = s.world.now();
    s.world.faults().leave(victim, Departure.SHUTDOWN, Duration.ofMinutes(5));
    s.await(
        "the rest elsewhere",
        () ->
            there.stream()
                .filter(w -> !w.equals(stuck))
                .allMatch(w -> !s.hostsOf(w).contains(victim) && s.copies(w) == 1));
    assertThat(s.toldSince(begun, HaEvent.HostFenced.class)).isEmpty();
    s.await("everything", s::everythingRuns, Duration.ofMinutes(10));
    assertThat(s.toldSince(begun, HaEvent.HostFenced.class))
        .singleElement()
        .satisfies(e -> assertThat(e.evidence()).isInstanceOf(Evidence.LeaseExpired.class));
  }

  @Test
  void aWholeClusterThatIsShutDownComesBack() {
    Scripts s = running(ShutdownPolicy.FREEZE);
    s.world
        .physical()
        .hosts()
        .forEach(host -> s.world.faults().leave(host, Departure.SHUTDOWN, PATIENCE));
    s.await(
        "all off",
        () -> s.world.physical().hosts().stream().noneMatch(s.world.physical()::isPowered));
    assertThat(s.world.selfFences()).isEmpty();
    s.world.physical().hosts().forEach(s.world.faults()::bringUp);
    s.await("everything runs", s::everythingRuns);
  }
}
