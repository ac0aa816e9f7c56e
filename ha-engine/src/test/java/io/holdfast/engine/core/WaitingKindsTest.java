package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Rule;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Everything that can be waited for is told by some host or workload, and until when. */
class WaitingKindsTest {

  @ParameterizedTest
  @EnumSource(Kind.class)
  void everyKindIsProduced(Kind kind) {
    assertThat(sceneOf(kind)).extracting(Waiting::kind).contains(kind);
  }

  private static List<Waiting> sceneOf(Kind kind) {
    return switch (kind) {
      case SILENCE -> suspected().explainHost("host1").waitsFor();
      case ISOLATION -> isolated().explainHost("host1").waitsFor();
      case STORE -> withoutStore().explainHost("host1").waitsFor();
      case REPORT -> unreported().explainWorkload("vm:1").waitsFor();
      case DEVICE -> Scenes.host1IsBeingFenced().explainHost("host1").waitsFor();
      case RETRY, EVIDENCE -> notFenced().explainWorkload("vm:1").waitsFor();
      case TURN -> twoLost().explainHost("host2").waitsFor();
      case EXPIRY -> guardedAndLost().explainHost("host1").waitsFor();
      case POWER -> fenced().explainHost("host1").waitsFor();
      case ROOM -> tooLarge().explainWorkload("vm:1").waitsFor();
      case ADMISSION -> notAdmitted().explainWorkload("vm:1").waitsFor();
      case MORE_IMPORTANT -> lessImportant().explainWorkload("vm:2").waitsFor();
      case LIMIT -> manyStarts().explainWorkload("vm:3").waitsFor();
      case BEGIN -> ordered().explainWorkload("vm:1").waitsFor();
      case ACTION -> reporting(Condition.STARTING).explainWorkload("vm:1").waitsFor();
      case BACKOFF -> reporting(Condition.STOPPED).explainWorkload("vm:1").waitsFor();
      case HYPERVISOR -> blind().explainHost("host1").waitsFor();
      case DEPENDENCY -> dependent().explainWorkload("vm:1").waitsFor();
      case CONDITION -> withoutStorage().explainHost("host1").waitsFor();
      case QUARANTINE -> flapping().explainHost("host1").waitsFor();
      case HOME -> waitsForItsHost().explainWorkload("vm:1").waitsFor();
      case STAY -> better(Migration.LIVE).explainWorkload("vm:1").waitsFor();
      case INTERRUPTION -> better(Migration.COLD).explainWorkload("vm:1").waitsFor();
      case FROZEN -> disarmed().explainWorkload("vm:1").waitsFor();
      case LOCK -> locked().explainWorkload("vm:1").waitsFor();
      case RECORD -> unreadable().explainWorkload("vm:1").waitsFor();
      case OWNER -> paused().explainWorkload("vm:1").waitsFor();
    };
  }

  // Hosts

  private static ControllerScript suspected() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter());
    return script;
  }

  private static ControllerScript isolated() {
    ControllerScript script =
        ControllerScript.withHostChecks(List.of("peers"), "host1", "host2", "host3")
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    script.signOfLife("host1", SignOfLife.ALIVE);
    return script;
  }

  private static ControllerScript withoutStore() {
    ControllerScript script = Scenes.vmOnHost1();
    script.connection(Connection.SUSPENDED);
    return script;
  }

  private static ControllerScript notFenced() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Unreachable("no route"));
    script.deviceAnswers(new Unreachable("no route"));
    return script;
  }

  private static ControllerScript twoLost() {
    String[] hosts = {"host1", "host2", "host3", "host4", "host5"};
    ControllerScript script = new ControllerScript(hosts);
    for (int i = 1; i <= 2; i++) {
      script.put(Scenes.newWorkload("vm:" + i));
      script.put(Placement.none(WorkloadId.parse("vm:" + i)).atHome(new HostId("host" + i)));
    }
    script.seesLeases().leads(1).allReport(hosts);
    script.fallsSilent("host1", "host2");
    script.silencePasses();
    return script;
  }

  private static ControllerScript guardedAndLost() {
    LeaseTiming timing =
        LeaseTiming.of(TIMINGS, Duration.ofSeconds(8), Duration.ofSeconds(1), 10_000);
    ControllerScript script =
        new ControllerScript(Optional.of(timing), List.of(), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1);
    script.guards("host1", 0, timing.validity(), timing.watchdogPeriod());
    script.allReport("host1", "host2", "host3");
    script.reports("host1");
    script.fallsSilent("host1");
    script.silencePasses();
    return script;
  }

  private static ControllerScript fenced() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    return script;
  }

  private static ControllerScript blind() {
    ControllerScript script = Scenes.threeHosts();
    script.reportsBlind("host1");
    return script;
  }

  private static ControllerScript withoutStorage() {
    ControllerScript script = Scenes.threeHosts();
    script.condition("host1", HostFacts.STORAGE, false);
    script.reports("host1");
    return script;
  }

  private static ControllerScript flapping() {
    ControllerScript script = Scenes.threeHosts();
    for (int i = 0; i < Flapping.MANY; i++) {
      script.passes(Duration.ofSeconds(20));
      script.joinsAgain("host1");
      script.reports("host1");
    }
    return script;
  }

  // Workloads

  private static ControllerScript given(WorkloadConfig... workloads) {
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    for (WorkloadConfig workload : workloads) {
      script.put(workload);
    }
    return script.seesLeases().leads(1).allReport("host1", "host2", "host3");
  }

  private static WorkloadConfig with(WorkloadPolicy.Builder policy) {
    Workload workload = Scenes.newWorkload("vm:1").workload();
    return new WorkloadConfig(workload.withPolicy(policy.build()));
  }

  private static ControllerScript unreported() {
    return new ControllerScript("host1", "host2")
        .put(Scenes.workload("vm:1"))
        .seesLeases()
        .leads(1);
  }

  private static ControllerScript tooLarge() {
    Workload large = Scenes.newWorkload("vm:1").workload().withDemand(Capacity.of(1000, 1));
    return given(new WorkloadConfig(large));
  }

  private static ControllerScript notAdmitted() {
    AdmissionPolicy all = new AdmissionPolicy(AdmissionPolicy.Action.REFUSE, 3, Rule.Level.HOST);
    return new ControllerScript("host1", "host2", "host3")
        .put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().admission(all).build()))
        .put(Scenes.newWorkload("vm:1"))
        .seesLeases()
        .leads(1)
        .allReport("host1", "host2", "host3");
  }

  private static ControllerScript lessImportant() {
    Workload first = Scenes.newWorkload("vm:1").workload();
    Workload critical =
        new Workload(
            first.id(),
            Priority.CRITICAL,
            first.demand(),
            first.desired(),
            first.origin(),
            first.policy(),
            first.lock());
    return given(new WorkloadConfig(critical), Scenes.newWorkload("vm:2"));
  }

  private static ControllerScript manyStarts() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().startsInCluster(2).build()));
    for (int i = 1; i <= 3; i++) {
      script.put(Scenes.newWorkload("vm:" + i));
    }
    return script.seesLeases().leads(1).allReport("host1", "host2");
  }

  private static ControllerScript ordered() {
    return given(Scenes.newWorkload("vm:1"));
  }

  private static ControllerScript reporting(Condition condition) {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reports(script, "vm:1", "host1", condition);
    return script;
  }

  private static ControllerScript dependent() {
    TreeSet<WorkloadId> others = new TreeSet<>(List.of(WorkloadId.parse("vm:2")));
    return given(with(WorkloadPolicy.DEFAULT.toBuilder().dependsOn(others)));
  }

  private static void disarm(ControllerScript script) {
    ClusterConfig policy =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .disarmed(Optional.of(ClusterPolicy.DisarmMode.FREEZE))
                .build());
    script.put(policy).reread(policy.key());
  }

  private static ControllerScript waitsForItsHost() {
    ControllerScript script = given(with(WorkloadPolicy.DEFAULT.toBuilder().failover(false)));
    script.reports("host1");
    script.fallsSilent("host1");
    script.silencePasses();
    return script;
  }

  /** It runs on host1, and a rule prefers host2. */
  private static ControllerScript better(Migration migration) {
    ControllerScript script =
        given(
            with(
                WorkloadPolicy.DEFAULT.toBuilder()
                    .migration(migration)
                    .failbackAfter(Duration.ofMinutes(1))));
    script.reports("host1");
    StateRecord rule =
        new StateRecord.RuleConfig(
            new Rule.HostAffinity(
                "prefers",
                new TreeSet<>(List.of(WorkloadId.parse("vm:1"))),
                new TreeMap<>(Map.of(new HostId("host2"), 1)),
                false));
    script.put(rule).reread(rule.key());
    return script;
  }

  /** What is wanted of it was changed since. */
  private static ControllerScript disarmed() {
    ControllerScript script = Scenes.vmOnHost1();
    disarm(script);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    return script;
  }

  private static ControllerScript locked() {
    Workload workload = Scenes.newWorkload("vm:1").workload();
    return given(new WorkloadConfig(workload.withLock(Optional.of("backup"))));
  }

  private static ControllerScript unreadable() {
    ControllerScript script = Scenes.vmOnHost1();
    StateRecord broken =
        new StateRecord.Unreadable(new Key(Table.WORKLOAD, "vm:1"), "not JSON at line 1");
    script.put(broken).reread(broken.key());
    return script;
  }

  private static ControllerScript paused() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reportsPaused(script, "host1", "vm:1");
    return script;
  }

  // Until when, and which of several reasons

  @Test
  void itIsToldWhatAWorkloadReallyWaitsFor() {
    assertThat(dependent().explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.DEPENDENCY, "vm:2", Optional.empty()));
    assertThat(locked().explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.LOCK, "backup", Optional.empty()));
    assertThat(lessImportant().explainWorkload("vm:2").waitsFor())
        .containsExactly(
            new Waiting(
                Kind.MORE_IMPORTANT,
                "workloads above " + Priority.MEDIUM,
                Optional.of(ControllerConfig.START_HOLD)));
    assertThat(manyStarts().explainWorkload("vm:3").waitsFor())
        .containsExactly(new Waiting(Kind.LIMIT, "starts in the cluster", Optional.empty()));
    assertThat(disarmed().explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.FROZEN, "the cluster", Optional.empty()));
  }

  @Test
  void whatRunsAsItIsWantedWaitsForNothingWhileTheClusterIsDisarmed() {
    ControllerScript script = Scenes.vmOnHost1();
    disarm(script);
    assertThat(script.explainWorkload("vm:1").is()).isEqualTo("FROZEN");
    assertThat(script.explainWorkload("vm:1").waitsFor()).isEmpty();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(script.explainWorkload("vm:1").waitsFor()).hasSize(1);
  }

  @Test
  void aStopWaitsForTheLockToo() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.LOCK, "backup", Optional.empty()));
  }

  @Test
  void aRestartInPlaceWaitsForThePauseOfItsPolicy() {
    ControllerScript script = reporting(Condition.STOPPED);
    Duration first = RestartPolicy.DEFAULT.interval().multipliedBy(2);
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.BACKOFF, "host1", Optional.of(first)));
  }

  @Test
  void whatEveryHostGaveUpWaitsForThePause() {
    RestartPolicy restart = RestartPolicy.of(0, Duration.ofSeconds(40), Duration.ofMinutes(10), 9);
    ControllerScript script = given(with(WorkloadPolicy.DEFAULT.toBuilder().restart(restart)));
    for (int i = 0; i < 3; i++) {
      String host = Scenes.placement(script, "vm:1").owner().orElseThrow().host().value();
      Scenes.reports(script, "vm:1", host, Condition.GIVEN_UP);
    }
    List<Waiting> waits = script.explainWorkload("vm:1").waitsFor();
    assertThat(waits).extracting(Waiting::kind).containsExactly(Kind.BACKOFF);
    assertThat(waits.get(0).remaining().orElseThrow()).isPositive();
  }

  private static void maintenance(ControllerScript script, String host, boolean wanted) {
    HostDirective directive = new HostDirective(new HostId(host), wanted, Optional.empty());
    script.put(directive).reread(directive.key());
  }

  @Test
  void whatCannotLeaveItsHostSaysWhatKeepsItThere() {
    ControllerScript paused = paused();
    maintenance(paused, "host1", true);
    assertThat(paused.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.OWNER, "vm:1", Optional.empty()));

    ControllerScript locked = Scenes.vmOnHost1();
    Scenes.locks(locked, "vm:1", Optional.of("backup"));
    maintenance(locked, "host1", true);
    assertThat(locked.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.LOCK, "backup", Optional.empty()));

    ControllerScript full = Scenes.vmOnHost1();
    maintenance(full, "host2", true);
    maintenance(full, "host3", true);
    maintenance(full, "host1", true);
    assertThat(full.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.ROOM, "any registered host", Optional.empty()));
  }

  @Test
  void aMoveThatIsNotBegunAndThePauseAfterItSayUntilWhen() {
    ControllerScript script = Scenes.vmOnHost1();
    maintenance(script, "host1", true);
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.BEGIN, "host1", Optional.of(ControllerConfig.MOVE_HOLD)));
    script.passes(ControllerConfig.MOVE_HOLD);
    script.reports("host1");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(
            new Waiting(Kind.BACKOFF, "vm:1", Optional.of(TIMINGS.silence().multipliedBy(2))));
  }

  @Test
  void movesThatWaitForTheirTurnSaySo() {
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    script.put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().movesInCluster(1).build()));
    for (int i = 1; i <= 2; i++) {
      script.put(Scenes.newWorkload("vm:" + i));
      script.put(Placement.none(WorkloadId.parse("vm:" + i)).atHome(new HostId("host1")));
    }
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    script.reports("host1");
    maintenance(script, "host1", true);
    assertThat(script.explainWorkload("vm:2").waitsFor())
        .containsExactly(new Waiting(Kind.LIMIT, "moves", Optional.empty()));
  }

  @Test
  void aHostThatComesAndGoesSaysUntilWhenItIsNotReliedUpon() {
    ControllerScript script = flapping();
    assertThat(script.explainHost("host1").reason()).contains("quarantined", "came back 4 times");
    assertThat(script.infoOf("host1").reason()).contains("quarantined");
    assertThat(script.explainHost("host1").waitsFor())
        .containsExactly(new Waiting(Kind.QUARANTINE, "host1", Optional.of(Flapping.QUIET)));
    script.passes(Flapping.QUIET);
    assertThat(script.explainHost("host1").waitsFor()).isEmpty();
    assertThat(script.explainHost("host1").reason()).isEqualTo("renews its lease");
  }

  @Test
  void aFenceDeviceThatFailsItsTestsIsToldOfAtItsHostUntilItWorks() {
    ControllerScript script = Scenes.threeHosts();
    script.passes(ControllerConfig.MOVE_HOLD.multipliedBy(60));
    for (AskDevice ask : script.asked(DeviceOperation.STATUS)) {
      boolean broken = ask.host().value().equals("host2") && ask.device().equals("pdu");
      script.answer(ask, broken ? new Unreachable("no route") : new Confirmed(PowerState.ON));
    }
    assertThat(script.explainHost("host2").waitsFor()).as("once is nothing").isEmpty();
    script.passes(TIMINGS.fenceRetryMin());
    script.probeAnswers(new Unreachable("no route"));
    assertThat(script.explainHost("host2").waitsFor())
        .containsExactly(new Waiting(Kind.DEVICE, "host2/pdu", Optional.empty()));
    assertThat(script.infoOf("host2").reason()).contains("fence device pdu could not be asked");
    assertThat(script.told(HaEvent.Alarm.class))
        .singleElement()
        .satisfies(alarm -> assertThat(alarm.subject()).isEqualTo("host2"));
    script.passes(ControllerConfig.MOVE_HOLD.multipliedBy(60));
    script
        .asked(DeviceOperation.STATUS)
        .forEach(ask -> script.answer(ask, new Confirmed(PowerState.ON)));
    assertThat(script.explainHost("host2").waitsFor()).isEmpty();
    assertThat(script.infoOf("host2").reason()).isEqualTo("renews its lease");
    assertThat(script.told(HaEvent.Alarm.class)).hasSize(1);
  }
}
