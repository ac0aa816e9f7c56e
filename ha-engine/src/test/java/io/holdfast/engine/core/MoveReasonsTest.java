package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Move.Phase;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Why a move is begun, taken back or given up, and what is said of it until it is settled. */
class MoveReasonsTest {
  private static final HostId SOURCE = new HostId("host1");
  private static final HostId TARGET = new HostId("host2");

  private static ControllerScript asked(Action action) {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 1, action);
    return script;
  }

  /** Ordered to move to host2, which host1 has not begun. */
  private static ControllerScript ordered() {
    ControllerScript script = asked(new Action.Move(TARGET));
    assertThat(phase(script)).contains(Phase.LIVE);
    return script;
  }

  /** On its way to host2. */
  private static ControllerScript moving() {
    ControllerScript script = ordered();
    reports(script, "host1", Condition.MIGRATING);
    return script;
  }

  private static Optional<Phase> phase(ControllerScript script) {
    return Scenes.placement(script, "vm:1").move().map(Placement.Move::phase);
  }

  private static String whyOfMove(ControllerScript script) {
    return Scenes.placement(script, "vm:1").move().orElseThrow().why();
  }

  private static String owner(ControllerScript script) {
    return Scenes.placement(script, "vm:1").owner().map(o -> o.host().value()).orElse("nobody");
  }

  private static void reports(ControllerScript script, String host, Condition condition) {
    Scenes.reports(script, "vm:1", host, condition);
  }

  private static void maintenance(ControllerScript script, String host, boolean wanted) {
    HostDirective directive = new HostDirective(new HostId(host), wanted, Optional.empty());
    script.put(directive).reread(directive.key());
  }

  private static void isSuspected(ControllerScript script, String... hosts) {
    script.fallsSilent(hosts);
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
  }

  private static void hostIsOff(ControllerScript script, String host) {
    script.fallsSilent(host);
    script.silencePasses();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
  }

  private static void bothEndsAreOff(ControllerScript script) {
    script.fallsSilent("host1", "host2");
    script.silencePasses();
    for (String host : List.of("host1", "host2", "host2")) {
      script.passes(Duration.ofSeconds(30));
      for (AskDevice ask : script.open(AskDevice.class)) {
        if (ask.host().value().equals(host)) {
          script.answer(ask, new Confirmed(PowerState.OFF));
        }
      }
    }
  }

  private static HaEvent.MoveEnded ended(ControllerScript script) {
    List<HaEvent.MoveEnded> ended = script.told(HaEvent.MoveEnded.class);
    assertThat(ended).hasSize(1);
    return ended.get(0);
  }

  // Live

  @Test
  void aMoveSaysWhereItGoesAndWhy() {
    assertThat(ordered().statusOf("vm:1").reason()).isEqualTo("from host1 to host2: asked for");
    ControllerScript cold = asked(new Action.Relocate(TARGET));
    assertThat(Scenes.said(cold, "vm:1"))
        .containsSubsequence(
            "MIGRATING: from host1 to host2: asked for", "MIGRATING: to be stopped by host1");
  }

  @Test
  void aTargetThatIsEmptiedIsNoReasonToTakeAMoveBackThatHasBegun() {
    ControllerScript script = moving();
    maintenance(script, "host2", true);
    reports(script, "host1", Condition.MIGRATING);
    assertThat(phase(script)).contains(Phase.LIVE);
  }

  @Test
  void butOneThatHasNotBegunIs() {
    ControllerScript script = ordered();
    maintenance(script, "host2", true);
    script.reports("host1");
    assertThat(ended(script).arrived()).isFalse();
    assertThat(ended(script).why()).isEqualTo("host2 is MAINTENANCE");
  }

  @Test
  void aTargetThatIsNotHeardIsAReasonThoughItHasBegun() {
    ControllerScript script = moving();
    isSuspected(script, "host2");
    reports(script, "host1", Condition.MIGRATING);
    assertThat(phase(script)).contains(Phase.WITHDRAWN);
    assertThat(whyOfMove(script)).isEqualTo("host2 is SUSPECT");
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("waiting for host1 to say that it is not on its way to host2: host2 is SUSPECT");
  }

  @Test
  void whatIsNotWantedRunningIsNotMoved() {
    ControllerScript script = moving();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(phase(script)).contains(Phase.WITHDRAWN);
    assertThat(whyOfMove(script)).isEqualTo("it is not wanted running any more");
  }

  @Test
  void whatEndsBeforeItsMoveBeginsIsNotMoved() {
    ControllerScript script = ordered();
    reports(script, "host1", Condition.GIVEN_UP);
    reports(script, "host1", Condition.GIVEN_UP); // it has read that the move was taken back
    assertThat(ended(script).why()).isEqualTo("it ended before it was moved");
    assertThat(ended(script).arrived()).isFalse();
    assertThat(owner(script)).isNotEqualTo("host1");
  }

  @Test
  void aHostThatIsToBeWaitedForKeepsWhatHasNotBegunToLeaveIt() {
    ControllerScript script = ordered();
    ClusterConfig policy =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .shutdown(ClusterPolicy.ShutdownPolicy.FREEZE)
                .build());
    script.put(policy).reread(policy.key());
    script.leaves("host1", Departure.REBOOT, Stage.ANNOUNCED);
    script.reports("host1");
    script.reports("host1");
    assertThat(ended(script).why()).isEqualTo("host1 is rebooted as planned, policy FREEZE");
    assertThat(owner(script)).isEqualTo("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
  }

  @Test
  void whileItsHostIsNotHeardItMayHaveArrivedAndSaysSo() {
    ControllerScript script = moving();
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.MIGRATING);
    assertThat(Scenes.said(script, "vm:1"))
        .contains("MIGRATING: its host host1 is FENCING, and it may have arrived on host2");
  }

  @Test
  void whoseHostIsProvenDownIsKeptByItsTargetOnThatEvidence() {
    ControllerScript script = moving();
    hostIsOff(script, "host1");
    assertThat(owner(script)).isEqualTo("host2");
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().goal()).isEqualTo(Goal.KEEP);
    List<HaEvent.StartIntended> starts = script.told(HaEvent.StartIntended.class);
    assertThat(starts.get(starts.size() - 1).evidence()).contains(new Evidence.PoweredOff("bmc"));
    assertThat(starts.get(starts.size() - 1).why()).isEqualTo("it was moved there: asked for");
  }

  @Test
  void whatHasLeftItsHostIsKeptByItsTargetOnTheHypervisorsWord() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    List<HaEvent.StartIntended> starts = script.told(HaEvent.StartIntended.class);
    assertThat(starts.get(starts.size() - 1).evidence())
        .contains(new Evidence.StoppedByHypervisor(SOURCE));
  }

  @Test
  void aTargetThatCannotBeToldIsWaitedForAndItIsSaidForWhat() {
    ControllerScript script = moving();
    isSuspected(script, "host2");
    script.joinsAgain("host2");
    hostIsOff(script, "host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo(
            "it may have arrived on host2, which is JOINING: that host has to report, or be read as"
                + " off, or be confirmed down");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .anyMatch(wait -> wait.kind() == Kind.REPORT && wait.on().equals("host2"));
    script.reports("host2");
    assertThat(owner(script)).isEqualTo("host2");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .noneMatch(wait -> wait.kind() == Kind.REPORT);
  }

  @Test
  void whatNeitherEndHasIsRecovered() {
    ControllerScript script = moving();
    bothEndsAreOff(script);
    assertThat(Scenes.said(script, "vm:1"))
        .contains("RECOVERING: neither its host nor the target of its move has it");
    assertThat(owner(script)).isEqualTo("host3");
    assertThat(phase(script)).isEmpty();
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .noneMatch(wait -> wait.kind() == Kind.REPORT);
  }

  @Test
  void whatNeitherEndHasAndIsNotWantedIsStopped() {
    ControllerScript script = moving();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    reports(script, "host1", Condition.MIGRATING);
    bothEndsAreOff(script);
    assertThat(Scenes.said(script, "vm:1")).contains("STOPPED: it runs nowhere any more");
    assertThat(owner(script)).isEqualTo("nobody");
    assertThat(phase(script)).isEmpty();
  }

  @Test
  void anOwnerThatJoinedAnewIsAskedOnlyWhenNothingOfTheFormerOneCanHappenAnyMore() {
    ControllerScript script = moving();
    Duration safe = TIMINGS.leaseValidity().multipliedBy(2);
    script.joinsAgain("host1");
    script.reports("host1", new TreeMap<>());
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("host1 has joined anew; what it was told before may still take effect");
    script.passes(safe.minusMillis(1));
    assertThat(phase(script)).contains(Phase.LIVE);
    script.passes(Duration.ofMillis(1));
    assertThat(phase(script)).contains(Phase.WITHDRAWN);
    assertThat(whyOfMove(script)).isEqualTo("host1 has joined anew");
    assertThat(Scenes.said(script, "vm:1"))
        .contains("MIGRATING: asking host1 whether it is still there");
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().goal()).isEqualTo(Goal.KEEP);
  }

  @Test
  void aTargetThatDiesBeforeItHasSpokenMakesItsPowerOffTheEvidence() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    assertThat(phase(script)).contains(Phase.ARRIVING);
    hostIsOff(script, "host2");
    script.passes(Duration.ofMinutes(1));
    List<HaEvent.StartIntended> starts = script.told(HaEvent.StartIntended.class);
    assertThat(starts.get(starts.size() - 1).evidence()).contains(new Evidence.PoweredOff("bmc"));
    assertThat(owner(script)).isNotEqualTo("host2");
  }

  @Test
  void whatOnlyArrivesWaitsForNoMove() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    Scenes.reportsPaused(script, "host2", "vm:1");
    Scenes.reportsPaused(script, "host2", "vm:1"); // on the order to run it
    assertThat(phase(script)).contains(Phase.ARRIVING);
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .noneMatch(wait -> wait.kind() == Kind.BEGIN);
  }

  // Looked for anew each time

  @Test
  void whatWasMovedAndThenLeavesByHandIsLookedForAnew() {
    ControllerScript script = moving();
    reports(script, "host1", Condition.GONE);
    script.reports("host2");
    script.reports("host2");
    assertThat(phase(script)).isEmpty();
    long before = looksOf(script, "host3");
    script.passes(Duration.ofMinutes(2));
    reports(script, "host2", Condition.GONE);
    assertThat(looksOf(script, "host3")).isEqualTo(before + 1);
    assertThat(looksOf(script, "host1")).isPositive();
  }

  @Test
  void whatLeavesByHandTwiceIsLookedForTwice() {
    ControllerScript script = Scenes.vmOnHost1();
    reports(script, "host1", Condition.GONE);
    assertThat(looksOf(script, "host3")).isEqualTo(1);
    assertThat(Scenes.said(script, "vm:1"))
        .contains(
            "RECOVERING: migrated away from host1 by hand, and it may be on [host2, host3]",
            "RECOVERING: it left host1 and runs nowhere");
    assertThat(owner(script)).as("nobody had it").isEqualTo("host1");
    script.reports("host1");
    script.reports("host1");
    reports(script, "host1", Condition.GONE);
    assertThat(looksOf(script, "host3")).isEqualTo(2);
  }

  private static long looksOf(ControllerScript script, String host) {
    return script.store.get(new Key(Table.INTENT, host)) instanceof HostIntent intent
        ? intent.look()
        : 0;
  }

  // Cold

  private static Workload dependentOn(int number, String other) {
    TreeSet<WorkloadId> others = new TreeSet<>(List.of(WorkloadId.parse(other)));
    return Scenes.newWorkload("vm:" + number)
        .workload()
        .withPolicy(WorkloadPolicy.DEFAULT.toBuilder().dependsOn(others).build());
  }

  /** vm:1 is to be stopped and moved to host2 once vm:2, which is going down, is down. */
  private static ControllerScript waitingToBeStopped(boolean evacuated) {
    Workload first = Scenes.newWorkload("vm:1").workload();
    WorkloadPolicy cold =
        WorkloadPolicy.DEFAULT.toBuilder().migration(WorkloadPolicy.Migration.COLD).build();
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Placement.none(WorkloadId.parse("vm:1")).atHome(SOURCE))
            .put(Placement.none(WorkloadId.parse("vm:2")).atHome(new HostId("host3")))
            .put(new WorkloadConfig(first.withPolicy(cold)))
            .put(new WorkloadConfig(dependentOn(2, "vm:1")))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    script.reports("host3");
    script.reports("host3");
    assertThat(script.statusOf("vm:2").status()).isEqualTo(WorkloadStatus.STARTED);
    Scenes.wants(script, "vm:2", DesiredState.STOPPED);
    if (evacuated) {
      maintenance(script, "host1", true);
    } else {
      Scenes.asks(script, "vm:1", 1, new Action.Move(TARGET));
    }
    assertThat(phase(script)).contains(Phase.COLD);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.RUN);
    return script;
  }

  @Test
  void beforeItIsStoppedATargetThatIsNotReadyEndsTheMove() {
    ControllerScript script = waitingToBeStopped(false);
    isSuspected(script, "host2");
    script.reports("host1");
    assertThat(ended(script).why()).isEqualTo("host2 is SUSPECT");
    assertThat(owner(script)).isEqualTo("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
  }

  @Test
  void beforeItIsStoppedTheEndOfTheMaintenanceEndsTheMove() {
    ControllerScript script = waitingToBeStopped(true);
    maintenance(script, "host1", false);
    assertThat(ended(script).why()).isEqualTo("host1 is not to be left any more");
    assertThat(owner(script)).isEqualTo("host1");
  }

  @Test
  void whatIsNotStoppedInTimeIsNotMoved() {
    ControllerScript script = waitingToBeStopped(false);
    script.passes(ControllerConfig.MOVE_HOLD.minusMillis(1));
    assertThat(phase(script)).contains(Phase.COLD);
    script.passes(Duration.ofMillis(1));
    assertThat(ended(script).why())
        .isEqualTo("host1 was not told to stop it within " + ControllerConfig.MOVE_HOLD);
  }

  @Test
  void whatIsNotWantedRunningIsStoppedAndNotMoved() {
    ControllerScript script = waitingToBeStopped(false);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(ended(script).why()).isEqualTo("not wanted running");
  }

  @Test
  void onceItIsBeingStoppedATargetThatIsNotReadyDoesNotKeepItThere() {
    ControllerScript script = asked(new Action.Relocate(TARGET));
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
    isSuspected(script, "host2");
    reports(script, "host1", Condition.STOPPING);
    assertThat(phase(script)).contains(Phase.COLD);
    assertThat(script.told(HaEvent.MoveEnded.class)).isEmpty();
    reports(script, "host1", Condition.STOPPED);
    assertThat(Scenes.said(script, "vm:1"))
        .contains("MIGRATING: stopped: " + new Evidence.StoppedByHypervisor(SOURCE).describe());
    assertThat(owner(script)).as("back where it was").isEqualTo("host1");
  }

  @Test
  void whatDoesNotMoveAnyMoreIsOrderedWithoutThat() {
    ControllerScript script = ordered();
    reports(script, "host1", Condition.SHUT_DOWN);
    script.reports("host1");
    assertThat(phase(script)).isEmpty();
    assertThat(script.told(HaEvent.MoveEnded.class)).hasSize(1);
  }
}
