package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.Host;
import io.holdfast.api.HostState;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whose a workload is: nothing is touched that is not ours, nothing starts that may be running. */
class OwnershipTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  @Test
  void pitfall30UnprotectedWorkloadsAreInNoIntent() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reports("host1", "vm:7", "ct:8");
    script.reports("host2", "vm:7");
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    script.passes(Duration.ofMinutes(1));

    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(script.orderedOn("vm:7")).isEmpty();
    assertThat(script.orderedOn("ct:8")).isEmpty();
    assertThat(script.changes()).noneMatch(change -> change.key().name().matches("vm:7|ct:8"));
  }

  @Test
  void aHostWithOnlyUnprotectedWorkloadsIsNotFenced() {
    ControllerScript script = Scenes.threeHosts();
    script.reports("host1", "vm:7");
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.asked(OFF)).isEmpty();
  }

  @Test
  void aNewWorkloadStartsAtOnce() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host2");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.JOINING);
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void anExistingWorkloadWaitsForEveryRegisteredHost() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host3");
    script.fallsSilent("host2");
    script.passes(Duration.ofSeconds(2));
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("may be running on [host2]");

    script.isHeardAgain("host2");
    script.reports("host2");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aReportWithoutAnInventoryAccountsForNothing() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    script.renews("host2");
    script.reportsBlind("host2");
    assertThat(script.stateOf("host2")).isEqualTo(HostState.ONLINE);
    assertThat(script.orderedOn("vm:1")).isEmpty();
  }

  @Test
  void anExistingWorkloadIsAdoptedWhereItRuns() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    script.renews("host3");
    script.reports("host3", "vm:1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host3");
  }

  @Test
  void anExistingWorkloadMayStartWhenTheSilentHostIsKnownToBeOff() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host3");
    script.fallsSilent("host2");
    script.passes(Duration.ofSeconds(3));
    assertThat(script.orderedOn("vm:1")).isEmpty();
    script.probeAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  /** What was ordered since and never heard says nothing of where it is. */
  @Test
  void whatWasLeavingWhenItsHostWasHeardLastMayBeAnywhereOnceThatIsFenced() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.reports(script, "vm:1", "host1", Condition.MIGRATING);
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    script.fallsSilent("host2");
    script.silencePasses();
    script.fallsSilent("host1");
    script.passes(ControllerScript.TIMINGS.silence().multipliedBy(2));
    Scenes.saysDown(script, "host1", 1, "anna");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(script.statusOf("vm:1").reason()).contains("it may be running on [host2");
    Scenes.saysDown(script, "host2", 1, "anna");
    script.reports("host3");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
  }

  @Test
  void aRejoinedHostIsGivenItsRunningWorkloadBackInPlace() {
    ControllerScript script = Scenes.vmOnHost1();
    Placement before = placement(script);
    script.joinsAgain("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.JOINING);
    assertThat(placement(script)).isEqualTo(before);
    script.reports("host1", "vm:1");

    Placement.Owner owner = placement(script).owner().orElseThrow();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(owner.incarnation()).isEqualTo(script.incarnationOf("host1"));
    assertThat(owner.assignment()).isNotEqualTo(before.owner().orElseThrow().assignment());
    assertThat(intent(script, "host1").incarnation()).isEqualTo(owner.incarnation());
    assertThat(script.asked(OFF)).isEmpty();
  }

  @Test
  void whatWasOnlyKeptBeforeItsHostBootedMayHaveLeft() {
    ControllerScript former = Scenes.threeHosts();
    former.reports("host1", "vm:1");
    former.reports("host2");
    former.reports("host3");
    former.put(Scenes.workload("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    Scenes.reports(former, "vm:1", "host1", Condition.MIGRATING);

    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    former.store.values().forEach(script::put);
    script.seesLeases().joinsAgain("host1");
    script.reports("host1");
    script.leads(2);
    script.renews("host1");
    Placement.Owner owner = placement(script).owner().orElseThrow();
    assertThat(owner.incarnation()).isEqualTo(script.incarnationOf("host1"));
    assertThat(owner.goal()).isEqualTo(Placement.Goal.KEEP);
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.renews("host3");
    script.reports("host3", "vm:1");
    assertThat(placement(script).owner().orElseThrow().host()).hasToString("host3");
  }

  @Test
  void whatTwoHostsReportIsTakenForTheOneThatKeepsIt() {
    ControllerScript script = Scenes.threeHosts();
    script.reports("host1", "vm:1");
    script.reports("host2", "vm:1");
    script.reports("host3");
    script.put(Scenes.workload("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("reported by [host1, host2] at once: it may be on its way");
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void pitfall12AHostThatRebootedIsToldToStartItsWorkloadAgain() {
    ControllerScript script = Scenes.vmOnHost1();
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(intent(script, "host1").entries()).containsOnlyKeys(VM);
    assertThat(intent(script, "host1").incarnation()).isEqualTo(script.incarnationOf("host1"));
  }

  @Test
  void whatRunsOnARejoinedHostIsOnlyToBeKeptUntilThatWatchesIt() {
    ControllerScript script = Scenes.vmOnHost1();
    script.joinsAgain("host1");
    script.reports("host1", "vm:1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Placement.Goal.KEEP);
    Scenes.reports(script, "vm:1", "host1", Condition.RUNNING);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Placement.Goal.RUN);
  }

  @Test
  void whatARejoinedHostHasNoMoreMayHaveBeenMovedByHandUnlessItBooted() {
    ControllerScript script = Scenes.vmOnHost1();
    script.joinsAgainInTheSameBoot("host1");
    script.reports("host1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Placement.Goal.KEEP);
    assertThat(placement(script).owner().orElseThrow().host().value()).isEqualTo("host1");
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    // The other hosts have looked anew meanwhile, and have not got it.
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Placement.Goal.RUN);
  }

  @Test
  void whatARejoinedHostHasNoMoreIsFollowedToWhereItWasMoved() {
    ControllerScript script = Scenes.vmOnHost1();
    script.joinsAgainInTheSameBoot("host1");
    script.reports("host1");
    script.reports("host2", "vm:1");
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    assertThat(placement(script).owner().orElseThrow().host().value()).isEqualTo("host2");
  }

  @Test
  void whatAFencedIncarnationReportedStaysForgotten() {
    ControllerScript script = Scenes.threeHosts();
    script.reports("host1", "vm:1");
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    script.probeAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);

    script.resyncs(); // the store still has the report
    script.put(Scenes.workload("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void aFencedHostThatComesBackOwnsNothing() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    script.reports("host2");
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(placement(script).owner().orElseThrow().host()).hasToString("host2");
  }

  @Test
  void aWorkloadThatItsHostGaveUpGoesToAnother() {
    ControllerScript script = Scenes.vmOnHost1();
    reports(script, "host1", Condition.GIVEN_UP);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    reports(script, "host2", Condition.GIVEN_UP);

    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FAILED);
    assertThat(script.statusOf("vm:1").reason())
        .contains("host2 gave it up", "after 1 relocations", "STOPPED");
  }

  @Test
  void aWorkloadThatLeftByHandIsFreeAsSoonAsNoHostHasIt() {
    ControllerScript script = Scenes.vmOnHost1();
    reports(script, "host1", Condition.GONE);
    assertThat(placement(script).owner()).isPresent();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTING);
  }

  @Test
  void whatAHostSaysOfAnotherOrderDoesNotCount() {
    ControllerScript script = Scenes.vmOnHost1();
    TreeMap<WorkloadId, HostReport.Entry> stale = new TreeMap<>();
    stale.put(VM, new HostReport.Entry(new OpId(0, 1), Condition.GIVEN_UP, 9, ""));
    script.reports("host1", stale);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aWorkloadThatIsNoLongerProtectedIsLeftRunning() {
    ControllerScript script = Scenes.vmOnHost1();
    script.store.remove(new Key(Table.WORKLOAD, "vm:1"));
    script.reread(new Key(Table.WORKLOAD, "vm:1"));
    assertThat(script.store).doesNotContainKey(new Key(Table.PLACEMENT, "vm:1"));
    assertThat(intent(script, "host1").entries()).isEmpty();
  }

  private static void reports(ControllerScript script, String host, Condition condition) {
    Scenes.reports(script, "vm:1", host, condition);
  }

  private static Placement placement(ControllerScript script) {
    return (Placement) script.stored(new Key(Table.PLACEMENT, "vm:1"));
  }

  private static HostIntent intent(ControllerScript script, String host) {
    return (HostIntent) script.stored(new Key(Table.INTENT, host));
  }

  /** It may have been moved back by hand while the others were asked. */
  @Test
  void whoeverSaidThatItLeftLooksOnceMoreWhenItIsFoundNowhere() {
    ControllerScript script = Scenes.vmOnHost1();
    long looked = intent(script, "host1").look();
    reports(script, "host1", Condition.GONE);
    assertThat(intent(script, "host2").look()).isPositive();
    assertThat(intent(script, "host1").look()).isGreaterThan(looked);
  }

  @Test
  void whatCameBackToTheHostThatItLeftIsThatHostsAgain() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reports("host2");
    script.fallsSilent("host2");
    reports(script, "host1", Condition.GONE);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.RECOVERING);
    reports(script, "host1", Condition.UNKNOWN);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    reports(script, "host1", Condition.RUNNING);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
  }

  @Test
  void whatOnlyStandsStillWhereItWasFoundIsNotOrderedToRunThere() {
    ControllerScript script = Scenes.vmOnHost1();
    script.joinsAgain("host1");
    script.reports("host1", "vm:1");
    Scenes.reportsPaused(script, "host1", "vm:1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Placement.Goal.KEEP);
    Scenes.reports(script, "vm:1", "host1", Condition.RUNNING);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Placement.Goal.RUN);
  }

  @Test
  void aHostThatNeverJoinedIsNamedAsWhatIsWaitedFor() {
    ControllerScript script =
        new ControllerScript("host1")
            .put(Scenes.workload("vm:1"))
            .put(new StateRecord.HostConfig(Host.of("host9", Capacity.of(8, 8192))))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason())
        .contains("it may be running on [host9]")
        .contains("of [host9] no agent has ever joined", "until it is unregistered");
    Key host9 = new Key(Table.HOST, "host9");
    script.store.remove(host9);
    script.reread(host9);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }
}
