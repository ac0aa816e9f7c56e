package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.OnIsolation;
import io.holdfast.api.WorkloadPolicy.OnStorageLoss;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What does not fail over waits for its host, and nobody is fenced for its sake. */
class OnlyHostTest {
  private static final List<Waiting> FOR_HOST1 =
      List.of(new Waiting(Kind.HOME, "host1", Optional.empty()));

  private static WorkloadPolicy.Builder stays() {
    return WorkloadPolicy.DEFAULT.toBuilder().failover(false);
  }

  private static WorkloadConfig vm(int number, WorkloadPolicy.Builder policy) {
    return new WorkloadConfig(
        Scenes.newWorkload("vm:" + number).workload().withPolicy(policy.build()));
  }

  /** All of these run on host1. */
  private static ControllerScript onHost1(WorkloadConfig... workloads) {
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    for (WorkloadConfig workload : workloads) {
      script.put(workload);
      script.put(Placement.none(workload.workload().id()).atHome(new HostId("host1")));
    }
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    script.reports("host1");
    for (WorkloadConfig workload : workloads) {
      String id = workload.workload().id().toString();
      assertThat(script.statusOf(id).status()).isEqualTo(WorkloadStatus.STARTED);
      assertThat(script.orderedOn(id)).containsExactly("host1");
    }
    return script;
  }

  private static ControllerScript lost(ControllerScript script) {
    script.fallsSilent("host1");
    script.silencePasses();
    return script;
  }

  private static void isBack(ControllerScript script) {
    script.joinsAgain("host1");
    script.reports("host1");
    script.reports("host1");
  }

  private static List<Waiting> waits(ControllerScript script, String id) {
    return script.explainWorkload(id).waitsFor();
  }

  private static void maintenance(ControllerScript script, String host) {
    HostDirective directive = new HostDirective(new HostId(host), true, Optional.empty());
    script.put(directive).reread(directive.key());
  }

  private static void assertRunsOnHost1(ControllerScript script, String id) {
    assertThat(script.statusOf(id).status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(new TreeSet<>(script.orderedOn(id))).containsExactly("host1");
  }

  // Its host is lost

  @Test
  void aHostIsNotFencedForItsSakeAndItIsStartedThereWhenThatIsBack() {
    ControllerScript script = lost(onHost1(vm(1, stays())));
    script.passes(Duration.ofHours(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(script.statusOf("vm:1").reason()).contains("host1 is LOST", OnlyHost.WHY);
    assertThat(waits(script, "vm:1")).isEqualTo(FOR_HOST1);
    isBack(script);
    assertRunsOnHost1(script, "vm:1");
    assertThat(waits(script, "vm:1")).isEmpty();
  }

  @Test
  void forAnyOtherThatHostIsFencedAsEver() {
    ControllerScript script =
        lost(onHost1(vm(1, stays()), vm(2, WorkloadPolicy.DEFAULT.toBuilder())));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(waits(script, "vm:1")).isEqualTo(FOR_HOST1);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:2")).containsExactly("host1", "host2");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(script.statusOf("vm:1").reason()).contains("waiting for host1", "is FENCED");
    assertThat(waits(script, "vm:1")).isEqualTo(FOR_HOST1);
    isBack(script);
    assertRunsOnHost1(script, "vm:1");
  }

  @Test
  void forWhatARuleKeepsOnItsHostItIsFencedUnlessItsPolicySaysSo() {
    for (boolean failover : List.of(true, false)) {
      StateRecord pinned =
          new StateRecord.RuleConfig(
              new Rule.HostAffinity(
                  "pinned",
                  new TreeSet<>(List.of(WorkloadId.parse("vm:1"))),
                  new TreeMap<>(Map.of(new HostId("host1"), 0)),
                  true));
      ControllerScript script = onHost1(vm(1, stays().failover(failover)));
      script.put(pinned).reread(pinned.key());
      lost(script);
      assertThat(script.stateOf("host1")).isEqualTo(failover ? HostState.FENCING : HostState.LOST);
    }
  }

  @Test
  void whenItsPolicyChangesMeanwhileItIsRecovered() {
    ControllerScript script = lost(onHost1(vm(1, stays())));
    Scenes.changes(script, "vm:1", w -> w.withPolicy(WorkloadPolicy.DEFAULT));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void whoeverWantsItElsewhereHasItsHostFencedAndGivesItAnother() {
    ControllerScript script = lost(onHost1(vm(1, stays())));
    Scenes.asks(script, "vm:1", 1, new Action.Relocate(new HostId("host3")));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(script.orderedOn("vm:1"))
        .as("not before there is evidence")
        .containsExactly("host1");
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
    Scenes.reports(script, "vm:1", "host3", Condition.RUNNING);
    script.fallsSilent("host3");
    script.silencePasses();
    assertThat(script.stateOf("host3")).as("its own now").isEqualTo(HostState.LOST);
  }

  @Test
  void norIsItsHostFencedForAMoveThatIsRefused() {
    for (String target : List.of("host3", "host9")) {
      ControllerScript script = lost(onHost1(vm(1, stays())));
      maintenance(script, "host3");
      Scenes.asks(script, "vm:1", 1, new Action.Relocate(new HostId(target)));
      assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
      assertThat(script.told(HaEvent.MoveRefused.class))
          .extracting(HaEvent.MoveRefused::to)
          .containsExactly(new HostId(target));
      assertThat(waits(script, "vm:1")).isEqualTo(FOR_HOST1);
    }
    ControllerScript script = lost(onHost1(vm(1, stays())));
    Scenes.asks(script, "vm:1", 1, new Action.Relocate(new HostId("host1")));
    assertThat(script.told(HaEvent.MoveRefused.class)).as("there it goes anyway").isEmpty();
  }

  @Test
  void aHostThatIsCutOffIsNotFencedForItsSakeEither() {
    ControllerScript script = onHost1(vm(1, stays().onIsolation(OnIsolation.FENCE)));
    lost(script);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
  }

  @Test
  void keptStoppedItStaysAtHomeInTheBooksToo() {
    ControllerScript script = onHost1(vm(1, stays()), vm(2, WorkloadPolicy.DEFAULT.toBuilder()));
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    lost(script);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(Scenes.placement(script, "vm:1").home()).contains(new HostId("host1"));
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(waits(script, "vm:1")).isEqualTo(FOR_HOST1);
  }

  @Test
  void aHostThatIsTakenOutOfTheClusterIsNotWaitedFor() {
    ControllerScript script = onHost1(vm(1, stays()), vm(2, WorkloadPolicy.DEFAULT.toBuilder()));
    lost(script);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    Key host1 = new Key(Table.HOST, "host1");
    script.store.remove(host1);
    script.reread(host1);
    assertThat(script.orderedOn("vm:1")).hasSize(2);
  }

  // On its host

  @Test
  void norWhereNobodyHasFencedIt() {
    ControllerScript script = lost(onHost1(vm(1, stays())));
    assertThat(script.asked(DeviceOperation.OFF)).as("it is waited for").isEmpty();
    Key host1 = new Key(Table.HOST, "host1");
    script.store.remove(host1);
    script.reread(host1);
    assertThat(script.asked(DeviceOperation.OFF)).as("it may run there still").isNotEmpty();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).hasSize(2);
  }

  /** It may have arrived already, and is looked after there only when its former host is down. */
  @Test
  void whereItMayHaveBeenMovedItsFormerHostIsFenced() {
    ControllerScript script = onHost1(vm(1, stays()));
    maintenance(script, "host1");
    assertThat(Scenes.placement(script, "vm:1").move()).isPresent();
    lost(script);
    assertThat(script.asked(DeviceOperation.OFF)).isNotEmpty();

    ControllerScript byHand = lost(onHost1(vm(1, stays())));
    assertThat(byHand.asked(DeviceOperation.OFF)).isEmpty();
    byHand.reports("host2", "vm:1");
    assertThat(byHand.asked(DeviceOperation.OFF)).isNotEmpty();
  }

  @Test
  void givenUpThereItIsTriedThereAgainAfterAPause() {
    RestartPolicy restart = RestartPolicy.of(0, Duration.ofSeconds(40), Duration.ofMinutes(10), 1);
    ControllerScript script = onHost1(vm(1, stays().restart(restart)));
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    assertThat(waits(script, "vm:1")).extracting(Waiting::kind).containsExactly(Kind.BACKOFF);
    int starts = script.told(HaEvent.StartIntended.class).size();
    script.passes(Duration.ofMinutes(2));
    assertThat(script.told(HaEvent.StartIntended.class)).hasSize(starts + 1);
    assertThat(new TreeSet<>(script.orderedOn("vm:1"))).containsExactly("host1");
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FAILED);
  }

  @Test
  void thatItsHostComesAndGoesKeepsItFromNothing() {
    ControllerScript script = onHost1(vm(1, stays()));
    for (int i = 0; i < Flapping.MANY; i++) {
      script.passes(Duration.ofSeconds(20));
      isBack(script);
    }
    assertThat(script.explainHost("host1").waitsFor())
        .extracting(Waiting::kind)
        .contains(Kind.QUARANTINE);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    Scenes.reports(script, "vm:1", "host1", Condition.RUNNING);
    assertRunsOnHost1(script, "vm:1");
  }

  @Test
  void whenItsHostIsShutDownAsPlannedItWaits() {
    ControllerScript script = onHost1(vm(1, stays()));
    ClusterConfig failover =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.FAILOVER).build());
    script.put(failover).reread(failover.key());
    script.leaves("host1", Departure.SHUTDOWN, Stage.ANNOUNCED);
    script.reports("host1");
    script.leaves("host1", Departure.SHUTDOWN, Stage.READY);
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    assertThat(waits(script, "vm:1")).isEqualTo(FOR_HOST1);
    lost(script);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    isBack(script);
    assertRunsOnHost1(script, "vm:1");
  }

  @Test
  void itIsNotTakenFromItsHostForItsStorageOrACondition() {
    ControllerScript script = onHost1(vm(1, stays().onStorageLoss(OnStorageLoss.RELOCATE)));
    script.condition("host1", HostFacts.STORAGE, false);
    script.reports("host1");
    script.reports("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.STORAGE_LOST);
    assertThat(Scenes.placement(script, "vm:1").move()).isEmpty();
    TreeSet<String> lockspace = new TreeSet<>(List.of("lockspace"));
    ControllerScript stranded = Scenes.threeHosts();
    for (String host : List.of("host1", "host2")) {
      stranded.condition(host, "lockspace", true);
      stranded.reports(host);
    }
    StateRecord vm = vm(1, stays().conditions(lockspace));
    stranded.put(vm).reread(vm.key());
    stranded.condition("host1", "lockspace", false);
    Scenes.reports(stranded, "vm:1", "host1", Condition.PENDING);
    Scenes.reports(stranded, "vm:1", "host1", Condition.PENDING);
    assertThat(Scenes.placement(stranded, "vm:1").move()).isEmpty();
    assertThat(waits(stranded, "vm:1")).extracting(Waiting::kind).containsExactly(Kind.CONDITION);
  }

  @Test
  void movedItBelongsWhereItCameTo() {
    ControllerScript script = onHost1(vm(1, stays()));
    maintenance(script, "host1");
    Placement.Move move = Scenes.placement(script, "vm:1").move().orElseThrow();
    assertThat(move.phase()).as("live").isEqualTo(Placement.Move.Phase.LIVE);
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    List.of("host1", "host2", "host2").forEach(script::reports);
    assertThat(Scenes.placement(script, "vm:1").isOn(new HostId("host2"))).isTrue();
    script.fallsSilent("host2");
    script.silencePasses();
    assertThat(waits(script, "vm:1"))
        .containsExactly(new Waiting(Kind.HOME, "host2", Optional.empty()));
  }
}
