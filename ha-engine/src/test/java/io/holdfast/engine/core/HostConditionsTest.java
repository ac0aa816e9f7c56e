package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.OnStorageLoss;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Hosts whose storage fails, and workloads that need a condition of their host. */
class HostConditionsTest {
  private static final String STORAGE = "storage";
  private static final String LOCKSPACE = "lockspace:vms";

  private static ControllerScript vmThatOnStorageLoss(OnStorageLoss then) {
    ControllerScript script = Scenes.vmOnHost1();
    change(script, WorkloadPolicy.DEFAULT.toBuilder().onStorageLoss(then).build());
    script.reports("host1");
    return script;
  }

  private static void change(ControllerScript script, WorkloadPolicy policy) {
    Scenes.changes(script, "vm:1", workload -> workload.withPolicy(policy));
  }

  private static void storageOf(ControllerScript script, String host, boolean works) {
    script.condition(host, STORAGE, works);
    script.reports(host);
  }

  private static String owner(ControllerScript script) {
    return Scenes.placement(script, "vm:1").owner().map(o -> o.host().value()).orElse("nobody");
  }

  // Storage

  @Test
  void aHostThatSaysSoHasLostItsStorageAndGetsItBack() {
    ControllerScript script = Scenes.vmOnHost1();
    storageOf(script, "host1", false);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.STORAGE_LOST);
    assertThat(script.infoOf("host1").reason()).contains("storage does not work");
    assertThat(script.explainHost("host1").waitsFor())
        .extracting(Waiting::kind)
        .contains(Waiting.Kind.CONDITION);
    storageOf(script, "host1", true);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
  }

  @Test
  void pitfall20NobodyIsFencedOrResetForItsStorage() {
    ControllerScript script = vmThatOnStorageLoss(OnStorageLoss.LEAVE);
    storageOf(script, "host1", false);
    script.passes(Duration.ofMinutes(5));
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(owner(script)).isEqualTo("host1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.RUN);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
  }

  @Test
  void nothingNewIsPlacedWhereTheStorageFails() {
    ControllerScript script = Scenes.threeHosts();
    for (String host : List.of("host1", "host2")) {
      storageOf(script, host, false);
    }
    script.put(Scenes.newWorkload("vm:7")).reread(new Key(Table.WORKLOAD, "vm:7"));
    assertThat(script.orderedOn("vm:7")).containsExactly("host3");
  }

  @Test
  void itIsStoppedThereObservedAndOnlyThenStartedElsewhere() {
    ControllerScript script = vmThatOnStorageLoss(OnStorageLoss.RELOCATE);
    storageOf(script, "host1", false);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.MIGRATING);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPING);
    assertThat(script.statusOf("vm:1").reason()).contains("has lost its storage");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(owner(script)).isEqualTo("host2");
    assertThat(script.told(HaEvent.StartIntended.class).get(1).evidence())
        .contains(new Evidence.StoppedByHypervisor(new HostId("host1")));
  }

  @Test
  void oneThatIsNotMovedForOthersIsMovedForItsOwnSake() {
    ControllerScript script = Scenes.vmOnHost1();
    change(
        script,
        WorkloadPolicy.DEFAULT.toBuilder()
            .movable(false)
            .onStorageLoss(OnStorageLoss.RELOCATE)
            .build());
    script.reports("host1");
    storageOf(script, "host1", false);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
  }

  @Test
  void whereNobodyElseCanTakeItItStaysAndSaysWhy() {
    ControllerScript script = vmThatOnStorageLoss(OnStorageLoss.RELOCATE);
    storageOf(script, "host2", false);
    storageOf(script, "host3", false);
    storageOf(script, "host1", false);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.RUN);
    assertThat(script.statusOf("vm:1").reason()).contains("cannot leave host1");
    storageOf(script, "host3", true);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
  }

  @Test
  void aHostInMaintenanceCanLoseItsStorageToo() {
    ControllerScript script = Scenes.vmOnHost1();
    storageOf(script, "host2", false);
    HostDirective directive = new HostDirective(new HostId("host2"), true, Optional.empty());
    script.put(directive).reread(directive.key());
    assertThat(script.stateOf("host2")).isEqualTo(HostState.STORAGE_LOST);
    storageOf(script, "host2", true);
    assertThat(script.stateOf("host2")).isEqualTo(HostState.MAINTENANCE);
  }

  @Test
  void whatStaysWithoutStorageStillLeavesForMaintenance() {
    ControllerScript script = vmThatOnStorageLoss(OnStorageLoss.LEAVE);
    storageOf(script, "host1", false);
    assertThat(Scenes.placement(script, "vm:1").move()).isEmpty();
    HostDirective directive = new HostDirective(new HostId("host1"), true, Optional.empty());
    script.put(directive).reread(directive.key());
    assertThat(script.stateOf("host1")).isEqualTo(HostState.STORAGE_LOST);
    assertThat(Scenes.placement(script, "vm:1").move().orElseThrow().why())
        .contains("is in maintenance");
    assertThat(Scenes.placement(script, "vm:1").wayBack()).contains(new HostId("host1"));
  }

  @Test
  void aHostThatDiesWithoutItsStorageIsFencedLikeAnyOther() {
    ControllerScript script = vmThatOnStorageLoss(OnStorageLoss.LEAVE);
    storageOf(script, "host1", false);
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void whatAFormerIncarnationSaidOfItsStorageDoesNotCount() {
    ControllerScript script = Scenes.vmOnHost1();
    storageOf(script, "host2", false);
    script.condition("host2", STORAGE, true);
    script.joinsAgain("host2");
    script.reports("host2");
    assertThat(script.stateOf("host2")).isEqualTo(HostState.ONLINE);
  }

  // Conditions

  private static StateRecord.WorkloadConfig needingLockspace(String id) {
    WorkloadPolicy policy =
        WorkloadPolicy.DEFAULT.toBuilder().conditions(new TreeSet<>(List.of(LOCKSPACE))).build();
    return new StateRecord.WorkloadConfig(Scenes.newWorkload(id).workload().withPolicy(policy));
  }

  private static ControllerScript needsLockspace(String... holding) {
    ControllerScript script = Scenes.threeHosts();
    for (String host : holding) {
      lockspace(script, host, true);
    }
    script.put(needingLockspace("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    return script;
  }

  private static void lockspace(ControllerScript script, String host, boolean holds) {
    script.condition(host, LOCKSPACE, holds);
    script.reports(host);
  }

  @Test
  void pitfall36ItGoesOnlyWhereItsConditionsHold() {
    assertThat(needsLockspace("host3").orderedOn("vm:1")).containsExactly("host3");
  }

  @Test
  void whereItHoldsNowhereItWaitsAndSaysForWhat() {
    ControllerScript script = needsLockspace();
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("condition lockspace:vms");
    lockspace(script, "host2", true);
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void whatRunsWhereAConditionIsLostRunsOnAndAnAlarmTells() {
    ControllerScript script = needsLockspace("host3");
    script.reports("host3");
    lockspace(script, "host3", false);
    script.passes(Duration.ofMinutes(2));
    assertThat(owner(script)).isEqualTo("host3");
    assertThat(Scenes.order(script, "vm:1", "host3").goal()).isEqualTo(Goal.RUN);
    assertThat(script.told(HaEvent.Alarm.class))
        .extracting(HaEvent.Alarm::toString)
        .anyMatch(alarm -> alarm.contains("lockspace:vms") && alarm.contains("vm:1"));
  }

  @Test
  void whatCannotBeginWhereItIsGoesWhereTheConditionHolds() {
    ControllerScript script = needsLockspace("host3");
    Scenes.reports(script, "vm:1", "host3", Condition.PENDING);
    lockspace(script, "host2", true);
    script.condition("host3", LOCKSPACE, false);
    Scenes.reports(script, "vm:1", "host3", Condition.PENDING);
    assertThat(Scenes.order(script, "vm:1", "host3").goal()).isEqualTo(Goal.STOP);
    Scenes.reports(script, "vm:1", "host3", Condition.STOPPED);
    assertThat(owner(script)).isEqualTo("host2");
  }

  @Test
  void whatCannotBeginAnywhereWaitsForTheCondition() {
    ControllerScript script = needsLockspace("host3");
    script.condition("host3", LOCKSPACE, false);
    Scenes.reports(script, "vm:1", "host3", Condition.PENDING);
    assertThat(Scenes.order(script, "vm:1", "host3").goal()).isEqualTo(Goal.RUN);
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::kind)
        .contains(Waiting.Kind.CONDITION);
  }

  @Test
  void aReportThatIsSeenBeforeItsLeaseSaysNothingOfWhatIsThere() {
    ControllerScript script = needsLockspace("host3");
    script.reports("host3");
    lockspace(script, "host2", true);
    script.joinsAgainReportFirst("host3");
    assertThat(script.stateOf("host3")).isEqualTo(HostState.ONLINE);
    assertThat(owner(script)).isEqualTo("host3");
    assertThat(Scenes.placement(script, "vm:1").move()).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("its lease has not been seen yet");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Waiting.Kind.REPORT);
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
    script.renews("host3");
    script.reports("host3");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(owner(script)).isEqualTo("host3");
  }

  @Test
  void aStopThatIsWantedMeanwhileIsOrderedOfTheNextAgent() {
    ControllerScript script = Scenes.vmOnHost1();
    script.joinsAgainReportFirst("host1");
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    script.renews("host1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
    assertThat(Scenes.intent(script, "host1").incarnation())
        .isEqualTo(script.incarnationOf("host1"));
  }
}
