package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Who is started after whom, and stopped before whom. */
class DependenciesTest {

  @Test
  void aWorkloadStartsOnlyWhenThoseRunOnWhichItDepends() {
    ControllerScript script = given(dependent("vm:app", "vm:db"), dependent("vm:db"));
    assertThat(script.orderedOn("vm:db")).isNotEmpty();
    assertThat(script.orderedOn("vm:app")).isEmpty();
    assertThat(script.statusOf("vm:app").reason()).contains("waiting for [vm:db] to run");

    script.reports(script.orderedOn("vm:db").get(0));
    assertThat(script.orderedOn("vm:app")).isNotEmpty();
  }

  @Test
  void runningIsNotReady() {
    ControllerScript script = given(dependent("vm:app", "vm:db"), dependent("vm:db"));
    String home = script.orderedOn("vm:db").get(0);
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    entries.put(
        WorkloadId.parse("vm:db"),
        new HostReport.Entry(
            Scenes.placement(script, "vm:db").owner().orElseThrow().assignment(),
            Condition.RUNNING,
            0,
            "",
            true,
            false,
            java.util.Optional.empty()));
    script.reports(home, entries);
    assertThat(script.statusOf("vm:db").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.orderedOn("vm:app")).isEmpty();
    script.reports(home);
    assertThat(script.orderedOn("vm:app")).isNotEmpty();
  }

  @Test
  void itIsStoppedBeforeThoseOnWhichItDepends() {
    ControllerScript script = given(dependent("vm:app", "vm:db"), dependent("vm:db"));
    script.reports(script.orderedOn("vm:db").get(0));
    script.reports(script.orderedOn("vm:app").get(0));
    Scenes.wants(script, "vm:app", DesiredState.STOPPED);
    Scenes.wants(script, "vm:db", DesiredState.STOPPED);
    assertThat(goal(script, "vm:app")).isEqualTo(Goal.STOP);
    assertThat(goal(script, "vm:db")).isEqualTo(Goal.RUN);
    assertThat(script.statusOf("vm:db").reason()).contains("after [vm:app]");

    Scenes.reports(script, "vm:app", script.orderedOn("vm:app").get(0), Condition.STOPPED);
    assertThat(goal(script, "vm:db")).isEqualTo(Goal.STOP);
  }

  @Test
  void whoIsStillWantedHoldsNobodyUp() {
    ControllerScript script = given(dependent("vm:app", "vm:db"), dependent("vm:db"));
    script.reports(script.orderedOn("vm:db").get(0));
    script.reports(script.orderedOn("vm:app").get(0));
    Scenes.wants(script, "vm:db", DesiredState.STOPPED);
    assertThat(goal(script, "vm:db")).isEqualTo(Goal.STOP);
  }

  @Test
  void aCycleIsToldAndKeepsNobodyFromStarting() {
    ControllerScript script = given(dependent("vm:a", "vm:b"), dependent("vm:b"));
    script.put(dependent("vm:b", "vm:a")).reread(dependent("vm:b").key());
    assertThat(script.told(HaEvent.Alarm.class))
        .anyMatch(alarm -> alarm.reason().contains("depends on [vm:a]"));
    assertThat(script.orderedOn("vm:a")).isNotEmpty();
    assertThat(script.orderedOn("vm:b")).isNotEmpty();
  }

  @Test
  void noMoreStartsAreUnderWayInTheClusterThanItsPolicyAllows() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().startsInCluster(2).build()));
    for (int i = 1; i <= 3; i++) {
      script.put(Scenes.newWorkload("vm:" + i));
    }
    script.seesLeases().leads(1).allReport("host1", "host2");
    assertThat(script.orderedOn("vm:1")).isNotEmpty();
    assertThat(script.orderedOn("vm:2")).isNotEmpty();
    assertThat(script.orderedOn("vm:3")).isEmpty();
    script.reports("host1");
    assertThat(script.orderedOn("vm:3")).isNotEmpty();
  }

  /** With another order to the same host the one before is over, whatever that has come to. */
  @Test
  void aStartThatIsOverruledHoldsUpNobody() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().startsInCluster(1).build()))
            .put(Scenes.newWorkload("vm:1"))
            .put(Scenes.newWorkload("vm:2"));
    script.seesLeases().leads(1).allReport("host1", "host2");
    assertThat(script.orderedOn("vm:1")).isNotEmpty();
    assertThat(script.orderedOn("vm:2")).isEmpty();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(goal(script, "vm:1")).isEqualTo(Goal.STOP);
    assertThat(script.orderedOn("vm:2")).isNotEmpty();
  }

  // Starts that cannot begin

  private static final String LOCKSPACE = "lockspace:vms";

  /** One start at a time; vm:1 runs on host1, where its condition holds. */
  private static ControllerScript runsWhereItsConditionHolds() {
    Workload workload = Scenes.newWorkload("vm:1").workload();
    WorkloadPolicy.Builder policy = workload.policy().toBuilder();
    policy.conditions(new TreeSet<>(List.of(LOCKSPACE)));
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().startsInCluster(1).build()))
            .put(new WorkloadConfig(workload.withPolicy(policy.build())));
    script.condition("host1", LOCKSPACE, true);
    script.seesLeases().leads(1).allReport("host1", "host2");
    script.reports("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    return script;
  }

  /** The power of host1 was cut: what ran there is to be started there again. */
  private static void comesBack(ControllerScript script) {
    script.joinsAgain("host1");
    script.reports("host1", new TreeMap<>());
    Scenes.reports(script, "vm:1", "host1", Condition.PENDING);
    assertThat(goal(script, "vm:1")).isEqualTo(Goal.RUN);
  }

  private static boolean isStarted(ControllerScript script, String id) {
    WorkloadConfig workload = Scenes.newWorkload(id);
    script.put(workload).reread(workload.key());
    return !script.orderedOn(id).isEmpty();
  }

  /** never stuck: the condition may be what the others are to bring. */
  @Test
  void whatWaitsForAConditionKeepsNobodyFromStarting() {
    ControllerScript script = runsWhereItsConditionHolds();
    script.condition("host1", LOCKSPACE, false);
    comesBack(script);
    assertThat(isStarted(script, "iscsi:store-1")).isTrue();
  }

  @Test
  void whatIsLockedKeepsNobodyFromStarting() {
    ControllerScript script = runsWhereItsConditionHolds();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    comesBack(script);
    assertThat(isStarted(script, "vm:2")).isTrue();
  }

  @Test
  void whatAHypervisorThatHangsWasToStartKeepsNobodyFromStarting() {
    ControllerScript script = runsWhereItsConditionHolds();
    comesBack(script);
    assertThat(isStarted(script, "vm:2")).as("while the start of vm:1 is under way").isFalse();
    script.reportsTrouble("host1", "its hypervisor does not answer");
    assertThat(script.orderedOn("vm:2")).isNotEmpty();
  }

  private static ControllerScript given(WorkloadConfig... workloads) {
    ControllerScript script = new ControllerScript("host1", "host2");
    Arrays.stream(workloads).forEach(script::put);
    return script.seesLeases().leads(1).allReport("host1", "host2");
  }

  private static WorkloadConfig dependent(String id, String... others) {
    TreeSet<WorkloadId> dependsOn = new TreeSet<>();
    Arrays.stream(others).map(WorkloadId::parse).forEach(dependsOn::add);
    var workload = Scenes.newWorkload(id).workload();
    return new WorkloadConfig(
        workload.withPolicy(workload.policy().toBuilder().dependsOn(dependsOn).build()));
  }

  private static Goal goal(ControllerScript script, String id) {
    return Scenes.placement(script, id).owner().orElseThrow().goal();
  }

  // On a host that has booted

  private static ControllerScript bothOnHost1(int startsInCluster) {
    ClusterPolicy policy =
        ClusterPolicy.DEFAULT.toBuilder().startsInCluster(startsInCluster).build();
    ControllerScript script =
        new ControllerScript("host1")
            .put(new ClusterConfig(policy))
            .put(dependent("vm:app", "vm:db"))
            .put(dependent("vm:db"))
            .put(dependent("vm:third"))
            .seesLeases()
            .leads(1);
    for (int i = 0; i < 5; i++) {
      script.allReport("host1");
    }
    List.of("vm:app", "vm:db", "vm:third")
        .forEach(id -> assertThat(script.orderedOn(id)).hasSize(1));
    script.joinsAgain("host1");
    script.reports("host1");
    return script;
  }

  /** Ordered of the agent that its host has now. */
  private static boolean isRestarted(ControllerScript script, String id) {
    return Scenes.placement(script, id)
        .owner()
        .filter(owner -> owner.incarnation().equals(script.incarnationOf("host1")))
        .isPresent();
  }

  @Test
  void afterABootOfTheirHostTheOrderIsKeptToo() {
    ControllerScript script = bothOnHost1(3);
    assertThat(isRestarted(script, "vm:db")).isTrue();
    assertThat(isRestarted(script, "vm:third")).isTrue();
    assertThat(isRestarted(script, "vm:app")).isFalse();
    assertThat(script.statusOf("vm:app").status()).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(script.statusOf("vm:app").reason()).contains("waiting for [vm:db] to run");
    script.reports("host1");
    assertThat(isRestarted(script, "vm:app")).isTrue();
  }

  @Test
  void andNoMoreAreStartedAtOnceThanThePolicyAllows() {
    ControllerScript script = bothOnHost1(1);
    assertThat(isRestarted(script, "vm:db")).isTrue();
    assertThat(isRestarted(script, "vm:third")).isFalse();
    assertThat(script.explainWorkload("vm:third").waitsFor()).isNotEmpty();
    script.reports("host1");
    script.reports("host1");
    script.reports("host1");
    assertThat(isRestarted(script, "vm:third")).isTrue();
    assertThat(isRestarted(script, "vm:app")).isTrue();
  }

  @Test
  void whatWaitsThereIsNotMoved() {
    ControllerScript script = bothOnHost1(3);
    Scenes.asks(script, "vm:app", 1, new Action.Move(new HostId("host1")));
    assertThat(Scenes.placement(script, "vm:app").handled()).isEqualTo(1);
    assertThat(script.told(HaEvent.MoveRefused.class)).isEmpty();
    Scenes.asks(script, "vm:app", 2, new Action.Relocate(new HostId("host2")));
    assertThat(Scenes.placement(script, "vm:app").handled()).isEqualTo(2);
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .matches(refused -> refused.reason().contains("waiting for [vm:db] to run"));
  }

  @Test
  void whatIsNotWantedAnyMoreWaitsForNothing() {
    ControllerScript script = bothOnHost1(3);
    Scenes.wants(script, "vm:app", DesiredState.STOPPED);
    script.reports("host1");
    script.reports("host1");
    assertThat(Scenes.order(script, "vm:app", "host1").goal()).isEqualTo(Goal.STOP);
  }

  @Test
  void whatWaitsOnAHostThatIsToBeEmptyIsStartedToBeMoved() {
    ControllerScript script = bothOnHost1(3);
    assertThat(isRestarted(script, "vm:app")).isFalse();
    HostDirective empty = new HostDirective(new HostId("host1"), true, Optional.empty());
    script.put(empty).reread(empty.key());
    assertThat(isRestarted(script, "vm:app")).isTrue();
  }
}
