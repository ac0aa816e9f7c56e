package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.OpId;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.OnGuestShutdown;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Workloads that others act on: people, their users, or whoever moves them by hand. */
class LeftAloneTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  private static void reports(ControllerScript script, String host, Condition condition) {
    Scenes.reports(script, "vm:1", host, condition);
  }

  private static void maintenance(ControllerScript script, String host, boolean wanted) {
    HostDirective directive = new HostDirective(new HostId(host), wanted, Optional.empty());
    script.put(directive).reread(directive.key());
  }

  // Shut down by its user

  /** Its user shut vm:1 down, which is honoured. */
  private static ControllerScript shutDown() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.changes(
        script,
        "vm:1",
        w -> w.withPolicy(w.policy().toBuilder().onGuestShutdown(OnGuestShutdown.HONOR).build()));
    reports(script, "host1", Condition.SHUT_DOWN);
    script.reports("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STOPPED);
    assertThat(script.statusOf("vm:1").reason())
        .startsWith("its user shut it down from inside, which its policy honours");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.OWNER, "vm:1", Optional.empty()));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    return script;
  }

  @Test
  void stoppedAndThenStartedItIsStartedAgain() {
    ControllerScript script = shutDown();
    script.passes(Duration.ofMinutes(5));
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").shutDown()).isFalse();
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(Scenes.placement(script, "vm:1").owner()).isPresent();
  }

  @Test
  void aPolicyThatDoesNotHonourItAnyMoreHasItStartedAgain() {
    ControllerScript script = shutDown();
    Scenes.changes(
        script,
        "vm:1",
        w -> w.withPolicy(w.policy().toBuilder().onGuestShutdown(OnGuestShutdown.RESTART).build()));
    assertThat(Scenes.placement(script, "vm:1").owner()).isPresent();
  }

  @Test
  void startedByHandItIsLookedAfterAgain() {
    ControllerScript script = shutDown();
    script.reports("host2", new TreeMap<>(), "vm:1");
    assertThat(Scenes.placement(script, "vm:1").shutDown()).isFalse();
    assertThat(Scenes.placement(script, "vm:1").isOn(new HostId("host2"))).isTrue();
  }

  // Left alone

  @Test
  void whatIsLeftAloneIsWrittenDownOnceAndSaysSo() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.IGNORED);
    Key key = new Key(Table.PLACEMENT, "vm:1");
    long written = script.changes().stream().filter(c -> c.key().equals(key)).count();
    script.reports("host1", new TreeMap<>(), "vm:1");
    script.reports("host1");
    Scenes.changes(script, "vm:1", w -> w.withLock(Optional.of("backup")));
    assertThat(script.changes().stream().filter(c -> c.key().equals(key))).hasSize((int) written);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.UNDEFINED);
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("left alone as wanted");
  }

  @Test
  void whatIsNotProtectedAnyMoreIsForgotten() {
    ControllerScript script = Scenes.vmOnHost1();
    Key key = new Key(Table.WORKLOAD, "vm:1");
    script.store.remove(key);
    script.reread(key);
    assertThat(script.explains("vm:1")).isFalse();
    assertThat(script.status().workloads()).isEmpty();
    assertThat(script.store).doesNotContainKey(new Key(Table.PLACEMENT, "vm:1"));
  }

  @Test
  void whatIsFoundBeforeItIsProtectedIsKnownWhenItIs() {
    ControllerScript script = Scenes.threeHosts();
    script.fallsSilent("host3");
    script.reports("host2", new TreeMap<>(), "vm:1");
    StateRecord config = Scenes.workload("vm:1");
    script.put(config).reread(config.key());
    assertThat(Scenes.placement(script, "vm:1").isOn(new HostId("host2"))).isTrue();
  }

  @Test
  void whatWasAskedForBeforeItIsProtectedCountsFromThenOn() {
    ControllerScript script = Scenes.threeHosts();
    Scenes.asks(script, "vm:1", 1, new Action.Move(new HostId("host3")));
    StateRecord config =
        new WorkloadConfig(Scenes.newWorkload("vm:1").workload().withDesired(DesiredState.STOPPED));
    script.put(config).reread(config.key());
    assertThat(Scenes.placement(script, "vm:1").home()).contains(new HostId("host3"));
    assertThat(Scenes.placement(script, "vm:1").handled()).isEqualTo(1);
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host3");
  }

  @Test
  void whatMayRunAnywhereIsStartedNowhereByARequestBeforeItIsFound() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(new WorkloadConfig(Scenes.workload("vm:1").workload()))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2");
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.asks(script, "vm:1", 1, new Action.Move(new HostId("host2")));
    assertThat(Scenes.placement(script, "vm:1").home()).contains(new HostId("host2"));
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("may be running on [host3]");
  }

  @Test
  void aRequestToBeWhereItIsAlreadyIsDealtWithByDoingNothing() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 7, new Action.Move(new HostId("host1")));
    assertThat(Scenes.placement(script, "vm:1").handled()).isEqualTo(7);
    assertThat(Scenes.placement(script, "vm:1").move()).isEmpty();
    assertThat(script.told(HaEvent.MoveRefused.class)).isEmpty();
  }

  // Failed

  @Test
  void theNextControllerSaysOfWhatFailedThatItIsLeftAlone() {
    ControllerScript script = Scenes.vmOnHost1();
    Placement placement = Scenes.placement(script, "vm:1").released();
    Placement failed =
        placement.tried(new Placement.Trials(2, new TreeMap<>(), Optional.of("crashed"), 0));
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().forEach(next::put);
    next.put(failed).seesLeases().leads(2).allReport("host1", "host2", "host3");
    assertThat(next.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FAILED);
    assertThat(next.statusOf("vm:1").reason()).startsWith("crashed, after 1 relocations");
    assertThat(next.orderedOn("vm:1")).isEmpty();
  }

  // Paused

  private static void reportsPaused(ControllerScript script, String detail) {
    OpId assignment = Scenes.placement(script, "vm:1").owner().orElseThrow().assignment();
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    entries.put(VM, new HostReport.Entry(assignment, Condition.RUNNING, 0, detail).whilePaused());
    script.reports("host1", entries);
  }

  @Test
  void thatItDoesNotExecuteIsToldEachTimeItBegins() {
    ControllerScript script = Scenes.vmOnHost1();
    reportsPaused(script, "");
    reportsPaused(script, "for long");
    assertThat(script.told(HaEvent.Alarm.class))
        .containsExactly(new HaEvent.Alarm("vm:1", "does not execute on host1: it is paused"));
    script.reports("host1");
    reportsPaused(script, "I/O error");
    assertThat(script.told(HaEvent.Alarm.class))
        .hasSize(2)
        .contains(new HaEvent.Alarm("vm:1", "does not execute on host1: I/O error"));
  }

  // Locks

  @Test
  void aLockThatIsSetAnewAfterItsHostWentDownHoldsAgain() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(
        new io.holdfast.api.FenceOutcome.Confirmed(io.holdfast.api.PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).as("the lock is void").hasSize(2);
    String host = script.statusOf("vm:1").host().orElseThrow().value();
    assertThat(Scenes.order(script, "vm:1", host).locked()).isFalse();
    Scenes.locks(script, "vm:1", Optional.of("snapshot"));
    assertThat(Scenes.placement(script, "vm:1").voidLock()).isEmpty();
    assertThat(Scenes.order(script, "vm:1", host).locked()).isTrue();
  }

  // Moved by hand

  @Test
  void whatHasComeBackToItsHostIsLookedForNoMore() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reportsBlind("host3");
    reports(script, "host1", Condition.GONE);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(script.explainWorkload("vm:1").waitsFor()).extracting(Waiting::on).contains("host3");
    script.reports("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.explainWorkload("vm:1").waitsFor()).isEmpty();
    script.fallsSilent("host3");
    script.passes(TIMINGS.silence().multipliedBy(2));
    assertThat(script.asked(ControllerEffect.DeviceOperation.OFF)).as("for nobody").isEmpty();
  }

  @Test
  void whatLeftByHandAndIsNotWantedIsStoppedWhenNobodyHasIt() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    reports(script, "host1", Condition.GONE);
    assertThat(Scenes.said(script, "vm:1")).contains("STOPPED: it left host1 and runs nowhere");
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void nobodyIsFencedToFindWhatIsNotToRun() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host3");
    script.silencePasses();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    reports(script, "host1", Condition.GONE);
    script.passes(Duration.ofMinutes(1));
    assertThat(script.stateOf("host3")).isEqualTo(HostState.LOST);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.stateOf("host3")).isEqualTo(HostState.FENCING);
  }

  @Test
  void whatIsFoundWhereItIsNotWantedIsStoppedThere() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(
                new WorkloadConfig(
                    Scenes.workload("vm:1").workload().withDesired(DesiredState.STOPPED)))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host2", new TreeMap<>(), "vm:1");
    assertThat(Scenes.said(script, "vm:1")).contains("STOPPING: found running on [host2]");
    assertThat(Scenes.order(script, "vm:1", "host2").goal()).isEqualTo(Placement.Goal.STOP);
  }

  @Test
  void whatIsFoundWhereNobodyCanBeToldIsNotSaidToBeStopping() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(
                new WorkloadConfig(
                    Scenes.workload("vm:1").workload().withDesired(DesiredState.STOPPED)))
            .put(new StateRecord.Unreadable(new Key(Table.INTENT, "host1"), "not JSON"))
            .seesLeases()
            .leads(1)
            .allReport("host2");
    script.renews("host1");
    script.reports("host1", new TreeMap<>(), "vm:1");
    assertThat(script.statusOf("vm:1").status()).isNotEqualTo(WorkloadStatus.STOPPING);
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("found running on [host1], which cannot be told now");
  }

  // Kept where it is

  @Test
  void whatCouldNotLeaveSaysNothingOfThatAnyMoreWhenItNeedNot() {
    ControllerScript script = Scenes.vmOnHost1();
    maintenance(script, "host2", true);
    maintenance(script, "host3", true);
    maintenance(script, "host1", true);
    assertThat(script.statusOf("vm:1").reason()).contains("it cannot leave host1: ");
    maintenance(script, "host1", false);
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("runs on host1");
  }

  @Test
  void whatGoesBackAfterMaintenanceSaysSo() {
    ControllerScript script = Scenes.vmOnHost1();
    maintenance(script, "host1", true);
    String target = script.told(HaEvent.MoveBegun.class).get(0).to().value();
    reports(script, "host1", Condition.GONE);
    script.reports("host1");
    script.reports(target);
    script.reports(target);
    maintenance(script, "host1", false);
    assertThat(script.told(HaEvent.MoveBegun.class))
        .extracting(HaEvent.MoveBegun::why)
        .containsExactly(
            "host1 is in maintenance", "back where it was before its host was to be left");
  }

  private static Workload withMigration(int number, WorkloadPolicy.Migration migration) {
    return Scenes.newWorkload("vm:" + number)
        .workload()
        .withPolicy(WorkloadPolicy.DEFAULT.toBuilder().migration(migration).build());
  }

  /** vm:1 and vm:2 are to be on one host, and are, on host1. */
  private static ControllerScript partners(
      WorkloadPolicy.Migration first, WorkloadPolicy.Migration second) {
    TreeSet<WorkloadId> both = new TreeSet<>(List.of(VM, WorkloadId.parse("vm:2")));
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(
                new StateRecord.RuleConfig(
                    new Rule.WorkloadAffinity(
                        "together", both, Rule.Kind.POSITIVE, Rule.Level.HOST, true)))
            .put(new WorkloadConfig(withMigration(1, first)))
            .put(new WorkloadConfig(withMigration(2, second)))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    script.reports("host1");
    assertThat(script.statusOf("vm:2").status()).isEqualTo(WorkloadStatus.STARTED);
    return script;
  }

  private static List<String> moves(ControllerScript script) {
    return script.told(HaEvent.MoveBegun.class).stream()
        .map(move -> move.workload() + (move.live() ? " live" : " cold"))
        .toList();
  }

  @Test
  void aPartnerMovesAlongInTheWayThatItsOwnPolicyAllows() {
    var live = WorkloadPolicy.Migration.LIVE;
    var cold = WorkloadPolicy.Migration.COLD;
    Action move = new Action.Move(new HostId("host2"));
    ControllerScript script = partners(live, live);
    Scenes.asks(script, "vm:1", 1, move);
    assertThat(moves(script)).containsExactly("vm:1 live", "vm:2 live");
    script = partners(live, cold);
    Scenes.asks(script, "vm:1", 1, move);
    assertThat(moves(script)).containsExactly("vm:1 live", "vm:2 cold");
    script = partners(cold, live);
    Scenes.asks(script, "vm:1", 1, move);
    assertThat(moves(script)).containsExactly("vm:1 cold", "vm:2 cold");
  }

  @Test
  void aPartnerThatIsPausedKeepsTheOtherWhereItIs() {
    ControllerScript script =
        partners(WorkloadPolicy.Migration.LIVE, WorkloadPolicy.Migration.LIVE);
    Scenes.reportsPaused(script, "host1", "vm:2");
    maintenance(script, "host1", true);
    assertThat(moves(script)).isEmpty();
    assertThat(script.statusOf("vm:1").reason())
        .contains("vm:2, its partner, cannot come along: it is paused");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.OWNER, "vm:2", Optional.empty()));
    assertThat(script.statusOf("vm:2").reason()).contains("it is paused");
  }

  // What a start waits for

  @Test
  void aStartThatItsHostHoldsBackForOthersWaitsForThose() {
    ControllerScript script =
        new ControllerScript("host1")
            .put(new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().startsPerHost(1).build()))
            .put(Scenes.newWorkload("vm:1"))
            .put(Scenes.newWorkload("vm:2"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    TreeMap<WorkloadId, HostReport.Entry> entries = new TreeMap<>();
    Scenes.intent(script, "host1")
        .entries()
        .forEach(
            (id, order) ->
                entries.put(
                    id,
                    new HostReport.Entry(
                        order.assignment(),
                        id.equals(VM) ? Condition.RUNNING : Condition.PENDING,
                        0,
                        "")));
    script.reports("host1", entries);
    assertThat(script.explainWorkload("vm:2").waitsFor())
        .as("it may begin")
        .containsExactly(new Waiting(Kind.BEGIN, "host1", Optional.empty()));
    entries.computeIfPresent(
        VM, (id, e) -> new HostReport.Entry(e.assignment(), Condition.STARTING, 0, ""));
    script.reports("host1", entries);
    assertThat(script.explainWorkload("vm:2").waitsFor())
        .containsExactly(new Waiting(Kind.LIMIT, "starts on host1", Optional.empty()));
  }

  @Test
  void aStartThatIsLockedWaitsForTheLock() {
    ControllerScript script = Scenes.vmOnHost1();
    reports(script, "host1", Condition.PENDING);
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.LOCK, "backup", Optional.empty()));
  }

  // Dependencies

  @Test
  void onlyThoseOfACycleAreTold() {
    ControllerScript script = Scenes.threeHosts();
    for (int i = 1; i <= 3; i++) {
      TreeSet<WorkloadId> others = new TreeSet<>();
      others.add(WorkloadId.parse(i == 1 ? "vm:2" : "vm:1"));
      if (i == 2) {
        others.add(WorkloadId.parse("vm:3"));
      }
      if (i == 3) {
        others.clear();
      }
      StateRecord config =
          new WorkloadConfig(
              Scenes.newWorkload("vm:" + i)
                  .workload()
                  .withPolicy(WorkloadPolicy.DEFAULT.toBuilder().dependsOn(others).build()));
      script.put(config).reread(config.key());
    }
    assertThat(script.told(HaEvent.Alarm.class))
        .containsExactly(
            new HaEvent.Alarm(
                "vm:2", "depends on [vm:1], which depend on it: they do not wait for each other"));
  }

  @Test
  void whatDoesNotDependOnItAnyMoreHoldsItsStopUpNoLonger() {
    TreeSet<WorkloadId> first = new TreeSet<>(List.of(VM));
    ControllerScript script = Scenes.vmOnHost1();
    for (int i = 2; i <= 3; i++) {
      StateRecord config =
          new WorkloadConfig(
              Scenes.newWorkload("vm:" + i)
                  .workload()
                  .withPolicy(WorkloadPolicy.DEFAULT.toBuilder().dependsOn(first).build()));
      script.put(config).reread(config.key());
    }
    for (String host : List.of("host1", "host2", "host3")) {
      script.reports(host);
      script.reports(host);
    }
    Scenes.changes(script, "vm:2", w -> w.withPolicy(WorkloadPolicy.DEFAULT));
    Scenes.wants(script, "vm:2", DesiredState.STOPPED);
    Scenes.wants(script, "vm:3", DesiredState.STOPPED);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(script.statusOf("vm:1").reason())
        .as("and vm:3 still does")
        .isEqualTo("to be stopped after [vm:3]");
    Scenes.changes(script, "vm:3", w -> w.withPolicy(WorkloadPolicy.DEFAULT));
    script.passes(Duration.ofMinutes(10));
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Placement.Goal.STOP);
  }
}
