package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.ON;
import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.STATUS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.AlreadyThere;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Levels of devices, what follows them, and giving the power back. */
class FenceTopologyTest {
  private static final Confirmed READ_OFF = new Confirmed(PowerState.OFF);
  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofSeconds(8);

  private static FenceSettings bmcThenTwoOutlets(Duration raceDelay, String... hosts) {
    SortedMap<HostId, List<FenceStep>> steps = new TreeMap<>();
    for (String host : hosts) {
      steps.put(
          new HostId(host),
          List.of(new FenceStep(List.of("bmc"), SHORT), new FenceStep(List.of("a", "b"), LONG)));
    }
    return new FenceSettings(steps, Duration.ofMinutes(10), raceDelay);
  }

  private static ControllerScript vmOnHost1(String... hosts) {
    return vmOnHost1(bmcThenTwoOutlets(Duration.ZERO, hosts), hosts);
  }

  private static ControllerScript vmOnHost1(FenceSettings fencing, String... hosts) {
    ControllerScript script =
        new ControllerScript(Optional.empty(), fencing, hosts)
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport(hosts);
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    return script;
  }

  private static ControllerScript lost() {
    ControllerScript script = vmOnHost1("host1", "host2", "host3");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    return script;
  }

  private static List<String> asked(ControllerScript script) {
    return script.asked(OFF).stream().map(AskDevice::device).toList();
  }

  private static void answer(ControllerScript script, String device, FenceOutcome outcome) {
    AskDevice ask =
        script.asked(OFF).stream().filter(a -> a.device().equals(device)).findFirst().orElseThrow();
    script.answer(ask, outcome);
  }

  @Test
  void pitfall08ALevelThatFailsIsFollowedByTheNextWhoseDevicesAreAskedTogether() {
    ControllerScript script = lost();
    assertThat(asked(script)).containsExactly("bmc");
    assertThat(script.infoOf("host1").reason())
        .contains("bmc, for PT3S at most, then a and b", "a person has to say");
    answer(script, "bmc", new Unreachable("no route"));
    assertThat(asked(script)).containsExactly("a", "b");
    assertThat(script.infoOf("host1").reason()).contains("a and b, for PT12S at most");
  }

  @Test
  void everyDeviceHasTheDeadlineOfItsLevel() {
    ControllerScript script = lost();
    assertThat(script.theAsked(OFF).timeout()).isEqualTo(SHORT);
    script.passes(Duration.ofMillis(3001));
    assertThat(asked(script)).as("bmc has been given up").contains("a", "b");
    assertThat(script.theAsked(OFF).timeout()).isEqualTo(LONG);
    script.passes(Duration.ofSeconds(13));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.infoOf("host1").reason())
        .contains("bmc timed out", "a timed out", "tried 1 times");
  }

  @Test
  void oneOutletOfTwoProvesNothing() {
    ControllerScript script = lost();
    answer(script, "bmc", new Unreachable("no route"));
    answer(script, "a", READ_OFF);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    answer(script, "b", new AlreadyThere(PowerState.OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.told(HaEvent.HostFenced.class))
        .singleElement()
        .extracting(HaEvent.HostFenced::evidence)
        .isEqualTo(new Evidence.PoweredOff("a, b"));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void theOtherOutletsAnswerIsTooLateWhenOneHasFailed() {
    ControllerScript script = lost();
    answer(script, "bmc", new Unreachable("no route"));
    AskDevice b = script.asked(OFF).get(1);
    answer(script, "a", new Refused("no"));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    script.answer(b, READ_OFF);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void suspicionAsksADeviceThatCanAnswerAlone() {
    FenceSettings twoOutlets =
        new FenceSettings(
            new TreeMap<>(
                java.util.Map.of(
                    new HostId("host1"), List.of(new FenceStep(List.of("a", "b"), LONG)))),
            Duration.ofMinutes(10),
            Duration.ZERO);
    ControllerScript script = vmOnHost1(twoOutlets, "host1", "host2");
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    assertThat(script.asked(STATUS)).isEmpty();
  }

  @Test
  void pitfall27SeveralWorkloadsThatWaitForAHostMakeOneOperation() {
    ControllerScript script = vmOnHost1("host1", "host2", "host3");
    script.put(Scenes.newWorkload("vm:2")).put(Scenes.newWorkload("vm:3"));
    script.resyncs();
    script.fallsSilent("host1");
    script.silencePasses();
    script.passes(Duration.ofSeconds(1));
    assertThat(asked(script)).containsExactly("bmc");
  }

  // Two hosts

  @Test
  void ofTwoHostsTheOneWithTheMoreImportantWorkloadsIsSparedForAWhile() {
    Duration delay = Duration.ofSeconds(7);
    ControllerScript script =
        vmOnHost1(bmcThenTwoOutlets(delay, "host1", "host2"), "host1", "host2");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.infoOf("host1").reason()).contains("more important");
    assertThat(asked(script)).isEmpty();
    script.passes(delay);
    assertThat(asked(script)).containsExactly("bmc");
  }

  @Test
  void theOtherOneIsNot() {
    ControllerScript script =
        new ControllerScript(
                Optional.empty(),
                bmcThenTwoOutlets(Duration.ofSeconds(7), "host1", "host2"),
                "host1",
                "host2")
            .put(Scenes.newWorkload("vm:1"))
            .put(
                new StateRecord.WorkloadConfig(
                    Workload.of("vm:2", Priority.CRITICAL, Capacity.of(1, 1024))
                        .withOrigin(Workload.Origin.NEW)))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2");
    script.reports("host1");
    script.reports("host2");
    assertThat(script.orderedOn("vm:2")).containsExactly("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
    script.fallsSilent("host2");
    script.silencePasses();
    assertThat(asked(script)).containsExactly("bmc");
  }

  // Giving the power back

  private static ControllerScript fencedWithPowerOn() {
    ControllerScript script = vmOnHost1("host1", "host2", "host3");
    script.put(
        new StateRecord.ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().powerOnAfterFence(true).build()));
    script.reread(new Key(Table.CLUSTER, "policy"));
    script.resyncs();
    script.fallsSilent("host1");
    script.silencePasses();
    return script;
  }

  private static FenceRecord fenceOf(ControllerScript script) {
    return (FenceRecord) script.stored(new Key(Table.FENCE, "host1"));
  }

  @Test
  void withoutAPolicyThatSaysSoAFencedHostStaysOff() {
    ControllerScript script = lost();
    answer(script, "bmc", READ_OFF);
    script.passes(Duration.ofHours(1));
    assertThat(script.asked(ON)).isEmpty();
  }

  @Test
  void thePowerIsGivenBackOnlyAfterTheEvidenceIsStored() {
    ControllerScript script = fencedWithPowerOn();
    script.storeFallsSilent();
    answer(script, "bmc", READ_OFF);
    assertThat(script.asked(ON)).isEmpty();
    script.storeAnswers();
    assertThat(script.asked(ON)).hasSize(1);
    assertThat(fenceOf(script).switchOn()).containsExactly("bmc");
    script.answer(script.theAsked(ON), new Confirmed(PowerState.ON));
    assertThat(fenceOf(script).switchOn()).isEmpty();
    assertThat(fenceOf(script).evidence()).isPresent();
    script.passes(Duration.ofHours(1));
    assertThat(script.asked(ON)).isEmpty();
  }

  @Test
  void whoWasOffAlreadyStaysOff() {
    ControllerScript script = fencedWithPowerOn();
    answer(script, "bmc", new AlreadyThere(PowerState.OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.asked(ON)).isEmpty();
  }

  @Test
  void whatDoesNotWorkIsTriedAgainAndToldOf() {
    ControllerScript script = fencedWithPowerOn();
    answer(script, "bmc", READ_OFF);
    for (int i = 0; i < 3; i++) {
      script.answer(script.theAsked(ON), new Unreachable("no route"));
      script.passes(Duration.ofSeconds(26));
    }
    assertThat(script.told(HaEvent.Alarm.class))
        .anySatisfy(alarm -> assertThat(alarm.reason()).contains("cannot be switched on"));
    assertThat(script.asked(ON)).isNotEmpty();
  }

  @Test
  void theNextControllerGivesItBack() {
    ControllerScript script = fencedWithPowerOn();
    answer(script, "bmc", READ_OFF);
    script.connection(Connection.LOST);
    int before = script.asked(ON).size();
    script.leads(2);
    assertThat(script.asked(ON)).hasSizeGreaterThan(before);
  }

  private static void twiceInVain(ControllerScript script) {
    answer(script, "bmc", READ_OFF);
    for (int i = 0; i < 2; i++) {
      script.answer(script.theAsked(ON), new Unreachable("no route"));
      script.passes(Duration.ofSeconds(26));
    }
    assertThat(fenceOf(script).switchOnFailed()).isEqualTo(2);
    script.connection(Connection.LOST);
    script.leads(2);
  }

  @Test
  void whatTheFormerControllerTriedInVainCountsForTheNextWhichTellsOfItOnce() {
    ControllerScript script = fencedWithPowerOn();
    twiceInVain(script);
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
    for (int i = 0; i < 3; i++) {
      script.answer(script.theAsked(ON), new Unreachable("no route"));
      assertThat(script.told(HaEvent.Alarm.class))
          .singleElement()
          .satisfies(alarm -> assertThat(alarm.reason()).contains("cannot be switched on"));
      script.passes(Duration.ofSeconds(26));
    }
  }

  @Test
  void whatIsGivenBackOwesNothing() {
    ControllerScript script = fencedWithPowerOn();
    twiceInVain(script);
    script.answer(script.theAsked(ON), new Confirmed(PowerState.ON));
    assertThat(fenceOf(script).switchOnFailed()).isZero();
  }

  @Test
  void aHostThatIsBackByItselfIsNotSwitchedOn() {
    ControllerScript script = fencedWithPowerOn();
    answer(script, "bmc", READ_OFF);
    script.joinsAgain("host1");
    assertThat(fenceOf(script).switchOn()).isEmpty();
  }

  // Testing devices

  @Test
  void aDeviceThatWouldNotWorkIsToldOfBeforeItIsNeededAndAgainWhenItWorks() {
    ControllerScript script = vmOnHost1("host1", "host2", "host3");
    script.passes(Duration.ofMinutes(10));
    assertThat(script.asked(STATUS)).hasSize(9);
    for (AskDevice ask : script.asked(STATUS)) {
      boolean broken = ask.host().value().equals("host2") && ask.device().equals("a");
      script.answer(ask, broken ? new Unreachable("no route") : new Confirmed(PowerState.ON));
    }
    assertThat(script.told(HaEvent.FenceDeviceTested.class)).as("once is nothing").isEmpty();
    script.passes(Duration.ofSeconds(5));
    script.probeAnswers(new Unreachable("no route"));
    assertThat(script.told(HaEvent.FenceDeviceTested.class))
        .containsExactly(
            new HaEvent.FenceDeviceTested(
                new HostId("host2"),
                "a",
                false,
                "could not be asked, twice in a row: unreachable (no route)"));
    script.passes(Duration.ofMinutes(10));
    script.asked(STATUS).forEach(ask -> script.answer(ask, new Confirmed(PowerState.ON)));
    assertThat(script.told(HaEvent.FenceDeviceTested.class))
        .hasSize(2)
        .last()
        .extracting(HaEvent.FenceDeviceTested::works)
        .isEqualTo(true);
  }

  @Test
  void aDeviceThatReadsOffInATestProvesNothing() {
    ControllerScript script = vmOnHost1("host1", "host2", "host3");
    script.passes(Duration.ofMinutes(10));
    script.asked(STATUS).forEach(ask -> script.answer(ask, new Confirmed(PowerState.OFF)));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
  }

  // Other evidence

  @Test
  void aPersonsWordAboutASilentHostIsEvidence() {
    ControllerScript script = lost();
    answer(script, "bmc", new Refused("no"));
    answer(script, "a", new Refused("no"));
    Scenes.saysDown(script, "host1", 1, "anna");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.told(HaEvent.HostFenced.class))
        .singleElement()
        .extracting(HaEvent.HostFenced::evidence)
        .isEqualTo(new Evidence.ConfirmedByOperator("anna"));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void thePersonsWordEndsAnOperationUnderWay() {
    ControllerScript script = lost();
    Scenes.saysDown(script, "host1", 1, "anna");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    answer(script, "bmc", new Refused("no"));
    assertThat(asked(script)).isEmpty();
  }

  @Test
  void aWordGivenBeforeTheHostIsLostCountsWhenItIs() {
    ControllerScript script = vmOnHost1("host1", "host2", "host3");
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    Scenes.saysDown(script, "host1", 1, "anna");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(asked(script)).isEmpty();
  }

  @Test
  void nobodysWordCountsAgainstAHostThatIsHeardNorAboutAnotherIncarnation() {
    ControllerScript script = vmOnHost1("host1", "host2", "host3");
    Scenes.saysDown(script, "host1", 1, "anna");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.told(HaEvent.Alarm.class)).hasSize(1);
    script.joinsAgain("host1");
    script.reports("host1");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  private static ControllerScript firstDeviceRefusesWhereHostsAreAssumedDown() {
    ControllerScript script = vmOnHost1("host1", "host2", "host3");
    script.put(
        new StateRecord.ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .assumeDownAfter(Optional.of(Duration.ofSeconds(20)))
                .build()));
    script.resyncs();
    script.fallsSilent("host1");
    script.silencePasses();
    answer(script, "bmc", new Refused("no"));
    return script;
  }

  @Test
  void pitfall04AHostIsAssumedDownOnlyWhereThePolicySaysSoAndOnlyAfterItsDevicesHaveFailed() {
    ControllerScript script = firstDeviceRefusesWhereHostsAreAssumedDown();
    assertThat(script.infoOf("host1").reason()).contains("being fenced");
    answer(script, "a", new Refused("no"));
    assertThat(script.infoOf("host1").reason()).contains("taken for down");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.passes(Duration.ofSeconds(20));
    assertThat(script.told(HaEvent.HostFenced.class))
        .singleElement()
        .extracting(HaEvent.HostFenced::evidence)
        .isEqualTo(new Evidence.AssumedByPolicy("cluster.assumeDownAfter PT20S"));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void pitfall04WhoStoodStillMeanwhileDoesNotKnowThatTheDevicesHaveFailed() {
    ControllerScript script = firstDeviceRefusesWhereHostsAreAssumedDown();
    script.goesOnAfter(Duration.ofMinutes(1));
    answer(script, "a", new FenceOutcome.TimedOut("no answer"));
    assertThat(script.infoOf("host1").reason()).contains("this controller stood still");
    script.elected(1);
    script.passes(ControllerScript.TIMINGS.fenceRetryMin());
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    answer(script, "bmc", new Refused("no"));
    assertThat(script.infoOf("host1").reason()).doesNotContain("taken for down");
    answer(script, "a", new Refused("no"));
    assertThat(script.infoOf("host1").reason()).contains("taken for down");
  }

  @Test
  void theNextLevelIsNotReachedWhenNothingDependsOnTheHostAnyMore() {
    ControllerScript script = lost();
    Scenes.wants(script, "vm:1", DesiredState.DISABLED);
    answer(script, "bmc", new Unreachable("no route"));
    assertThat(asked(script)).doesNotContain("a", "b");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.infoOf("host1").reason())
        .contains("nothing depends on it any more", "bmc unreachable");
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    script.passes(Duration.ofMinutes(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void norWhenNoHostIsHeardAnyMore() {
    SortedMap<HostId, List<FenceStep>> steps = new TreeMap<>();
    steps.put(
        new HostId("host1"),
        List.of(new FenceStep(List.of("bmc"), LONG), new FenceStep(List.of("pdu"), LONG)));
    ControllerScript script =
        vmOnHost1(
            new FenceSettings(steps, Duration.ofMinutes(10), Duration.ZERO), "host1", "host2");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(asked(script)).containsExactly("bmc");
    script.fallsSilent("host2");
    script.passes(Duration.ofSeconds(13));
    assertThat(asked(script)).containsExactly("bmc");
    assertThat(script.infoOf("host1").reason()).contains("no host is heard at all");
    script.passes(Duration.ofMinutes(1));
    assertThat(script.stateOf("host1")).as("no endless fencing").isEqualTo(HostState.LOST);
    assertThat(asked(script)).containsExactly("bmc");
  }
}
