package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Move;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whoever asks for a workload to be elsewhere is told what becomes of that, whatever it is. */
class MoveRequestsTest {
  private static final HostId HOST2 = new HostId("host2");
  private static final HostId HOST3 = new HostId("host3");

  private static void asks(ControllerScript script, long number, String host) {
    Scenes.asks(script, "vm:1", number, new Action.Move(new HostId(host)));
  }

  private static Placement placement(ControllerScript script) {
    return Scenes.placement(script, "vm:1");
  }

  private static String reason(ControllerScript script) {
    return script.statusOf("vm:1").reason();
  }

  private static List<Waiting> waits(ControllerScript script) {
    return script.explainWorkload("vm:1").waitsFor();
  }

  private static void isRefused(ControllerScript script, String why) {
    assertThat(placement(script).handled()).isEqualTo(1);
    assertThat(reason(script)).contains("not moved to", "as asked", why);
    assertThat(script.told(HaEvent.MoveRefused.class))
        .singleElement()
        .satisfies(e -> assertThat(e.reason()).contains(why));
  }

  private static void isAccepted(ControllerScript script, HostId host) {
    assertThat(placement(script).handled()).isEqualTo(1);
    assertThat(script.told(HaEvent.MoveRefused.class)).isEmpty();
    assertThat(script.statusOf("vm:1").host()).contains(host);
  }

  private static void isOpen(ControllerScript script, Kind kind, String on) {
    assertThat(placement(script).handled()).isZero();
    assertThat(reason(script)).contains("asked to be moved to host2, which waits");
    assertThat(waits(script))
        .anySatisfy(
            wait -> {
              assertThat(wait.kind()).isEqualTo(kind);
              assertThat(wait.on()).contains(on);
            });
  }

  private static ControllerScript stopped(DesiredState wanted) {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", wanted);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    return script;
  }

  private static ControllerScript failed() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    Scenes.reports(script, "vm:1", "host2", Condition.GIVEN_UP);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FAILED);
    return script;
  }

  private static void disarms(ControllerScript script, DisarmMode mode) {
    StateRecord.ClusterConfig config =
        new StateRecord.ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().disarmed(Optional.of(mode)).build());
    script.put(config).reread(config.key());
  }

  // Not running

  @Test
  void oneThatIsLeftAloneIsNotMoved() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.IGNORED);
    asks(script, 1, "host2");
    isRefused(script, "left alone as wanted");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.UNDEFINED);
    Scenes.asks(script, "vm:1", 2, new Action.Cleanup());
    assertThat(placement(script).handled()).isEqualTo(2);
  }

  @Test
  void whatWasAskedForBeforeItIsLeftAloneIsRefusedThen() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reports(script, "vm:1", "host1", Condition.STARTING);
    asks(script, 1, "host2");
    isOpen(script, Kind.ACTION, "host1");
    Scenes.wants(script, "vm:1", DesiredState.IGNORED);
    isRefused(script, "left alone as wanted");
  }

  @Test
  void oneThatHasFailedIsTriedThereFirstWhenItIsTriedAgain() {
    ControllerScript script = failed();
    asks(script, 1, "host3");
    isAccepted(script, HOST3);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FAILED);
    Scenes.asks(script, "vm:1", 2, new Action.Cleanup());
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2", "host3");
  }

  @ParameterizedTest
  @EnumSource(names = {"STOPPED", "DISABLED"})
  void oneThatIsNotToRunIsPlacedThereInTheBooks(DesiredState wanted) {
    ControllerScript script = stopped(wanted);
    asks(script, 1, "host2");
    isAccepted(script, HOST2);
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void nothingIsPlacedOnAHostThatIsNotRegistered() {
    ControllerScript script = stopped(DesiredState.STOPPED);
    asks(script, 1, "host9");
    isRefused(script, "host9 is not registered");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STOPPED);
  }

  @Test
  void oneThatIsKeptStoppedAndWasNeverPlacedIsPlacedToo() {
    ControllerScript script = Scenes.threeHosts();
    StateRecord.WorkloadConfig config =
        new StateRecord.WorkloadConfig(
            Scenes.workload("vm:1").workload().withDesired(DesiredState.STOPPED));
    script.put(config).reread(config.key());
    asks(script, 1, "host2");
    isAccepted(script, HOST2);
    assertThat(placement(script).letGo()).as("it may run anywhere still").isTrue();
  }

  @Test
  void oneThatMayRunAnywhereWaitsUntilThatIsKnownAndIsThenStartedThere() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2");
    asks(script, 1, "host2");
    assertThat(reason(script)).contains("asked to be moved to host2, which waits");
    assertThat(waits(script)).extracting(Waiting::kind).contains(Kind.REPORT);
    script.allReport("host3");
    isAccepted(script, HOST2);
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void oneThatIsToBeStartedIsToldWhyNotThere() {
    ControllerScript script = stopped(DesiredState.STOPPED);
    Scenes.locks(script, "vm:1", Optional.of("clone"));
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    script.fallsSilent("host2");
    script.silencePasses();
    asks(script, 1, "host2");
    isRefused(script, "host2");
    Scenes.locks(script, "vm:1", Optional.empty());
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void whatIsStoppedToBeMovedGoesWhereItWasAskedForLast() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 1, new Action.Relocate(HOST2));
    asks(script, 2, "host3");
    assertThat(placement(script).handled()).isEqualTo(1);
    assertThat(reason(script)).contains("asked to be moved to host3, which waits");
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(placement(script).handled()).isEqualTo(2);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
    assertThat(script.told(HaEvent.MoveEnded.class)).hasSize(1);
  }

  @Test
  void whatIsStoppedToBeMovedGoesThereIfItMayNotGoWhereItWasAskedForLast() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 1, new Action.Relocate(HOST2));
    script.fallsSilent("host3");
    script.silencePasses();
    asks(script, 2, "host3");
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(script.told(HaEvent.MoveRefused.class)).hasSize(1);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  // Running, and not to be moved now

  @ParameterizedTest
  @EnumSource(DisarmMode.class)
  void whileTheClusterIsDisarmedNothingIsMoved(DisarmMode mode) {
    ControllerScript script = Scenes.vmOnHost1();
    disarms(script, mode);
    asks(script, 1, "host2");
    isRefused(script, "the cluster is disarmed");
  }

  @Test
  void oneThatIsBeingStartedIsMovedWhenItRuns() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reports(script, "vm:1", "host1", Condition.STARTING);
    asks(script, 1, "host2");
    isOpen(script, Kind.ACTION, "host1");
    script.reports("host1");
    assertThat(placement(script).move().map(Move::target)).contains(HOST2);
  }

  @Test
  void oneWhoseHostIsSuspectedWaitsForThatHost() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(ControllerScript.TIMINGS.suspectAfter().plusMillis(100));
    asks(script, 1, "host2");
    isOpen(script, Kind.SILENCE, "host1");
    script.isHeardAgain("host1");
    assertThat(placement(script).move().map(Move::target)).contains(HOST2);
  }

  @Test
  void oneWhosePartnerIsJustBeingStartedWaitsForThat() {
    ControllerScript script = Scenes.vmOnHost1();
    TreeSet<WorkloadId> both =
        new TreeSet<>(List.of(WorkloadId.parse("vm:1"), WorkloadId.parse("vm:2")));
    StateRecord.RuleConfig rule =
        new StateRecord.RuleConfig(
            new Rule.WorkloadAffinity("together", both, Rule.Kind.POSITIVE, Rule.Level.HOST, true));
    script.put(rule).reread(rule.key());
    StateRecord.WorkloadConfig second = Scenes.newWorkload("vm:2");
    script.put(second).reread(second.key());
    asks(script, 1, "host2");
    isOpen(script, Kind.DEPENDENCY, "vm:2");
    script.reports("host1");
    assertThat(script.told(HaEvent.MoveBegun.class))
        .extracting(e -> e.workload() + " " + e.to())
        .containsExactly("vm:1 host2", "vm:2 host2");
    assertThat(reason(script)).doesNotContain("asked to be moved");
  }

  @Test
  void oneForWhichThereIsNoTurnYetSaysSo() {
    ControllerScript script = Scenes.vmOnHost1();
    StateRecord.ClusterConfig config =
        new StateRecord.ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().movesInCluster(1).build());
    script.put(config).reread(config.key());
    StateRecord.WorkloadConfig second = Scenes.newWorkload("vm:2");
    script.put(second).reread(second.key());
    script.reports("host2");
    Scenes.asks(script, "vm:2", 1, new Action.Move(HOST3));
    asks(script, 1, "host2");
    isOpen(script, Kind.LIMIT, "moves");
  }

  // What is told

  @Test
  void aRefusalStaysUntilSomethingNewerIsAskedFor() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    asks(script, 1, "host2");
    isRefused(script, "it is locked: backup");
    Scenes.locks(script, "vm:1", Optional.empty());
    script.reports("host1");
    assertThat(reason(script)).contains("not moved to host2 as asked");
    asks(script, 2, "host3");
    assertThat(reason(script)).doesNotContain("not moved");
    assertThat(placement(script).move().map(Move::target)).contains(HOST3);
  }

  @Test
  void aMoveToWhereItIsIsDone() {
    ControllerScript script = Scenes.vmOnHost1();
    asks(script, 1, "host1");
    isAccepted(script, new HostId("host1"));
    assertThat(script.told(HaEvent.MoveBegun.class)).isEmpty();
  }
}
