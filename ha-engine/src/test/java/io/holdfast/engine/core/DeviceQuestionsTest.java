package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterStatus;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.PowerState;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What fence devices are asked, by when it has to begin, what is told of it, and when it ends. */
class DeviceQuestionsTest {
  private static final HostId HOST1 = new HostId("host1");
  private static final FenceOutcome NO_ROUTE = new Unreachable("no route");
  private static final FenceOutcome READ_OFF = new Confirmed(PowerState.OFF);
  private static final FenceOutcome READ_ON = new Confirmed(PowerState.ON);

  /** One that has not begun by half of its time cannot end before its deadline. */
  private static AskDevice lastOf(ControllerScript script, DeviceOperation operation) {
    AskDevice ask = script.theAsked(operation);
    assertThat(ask.timeout()).isEqualTo(TIMINGS.fenceTimeout());
    assertThat(ask.notAfter()).isEqualTo(script.now() + ask.timeout().toNanos() / 2);
    return ask;
  }

  private static void suspicionPasses(ControllerScript script) {
    script.passes(TIMINGS.suspectAfter());
    script.passes(Duration.ofNanos(1));
  }

  private static HaEvent.FenceAnswered toldLast(ControllerScript script) {
    List<HaEvent.FenceAnswered> told = script.told(HaEvent.FenceAnswered.class);
    assertThat(told).isNotEmpty();
    return told.get(told.size() - 1);
  }

  // Off

  @Test
  void aFenceIsToldFromItsBeginningAndEveryAnswerToo() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(TIMINGS.silence());
    lastOf(script, DeviceOperation.OFF);
    assertThat(script.told(HaEvent.FenceBegun.class))
        .containsExactly(new HaEvent.FenceBegun(HOST1, new Incarnation(1), List.of("bmc", "pdu")));
    script.deviceAnswers(NO_ROUTE);
    assertThat(toldLast(script))
        .isEqualTo(new HaEvent.FenceAnswered(HOST1, "bmc", "off", NO_ROUTE));
    assertThat(lastOf(script, DeviceOperation.OFF).device()).isEqualTo("pdu");
    script.deviceAnswers(READ_OFF);
    assertThat(toldLast(script))
        .isEqualTo(new HaEvent.FenceAnswered(HOST1, "pdu", "off", READ_OFF));
  }

  @Test
  void theSilenceAndHowLongItLastedIsTheReason() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.told(HaEvent.HostStateChanged.class))
        .filteredOn(event -> event.to() == HostState.SUSPECT || event.to() == HostState.LOST)
        .extracting(HaEvent.HostStateChanged::reason)
        .containsExactly("silent for 2.50 s", "silent for 5.00 s");
  }

  @Test
  void eachAttemptThatFailedIsFollowedByAPauseTwiceAsLongUpToTheLongest() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    for (int i = 0; i < 9; i++) {
      script.deviceAnswers(NO_ROUTE);
      script.deviceAnswers(NO_ROUTE);
      List<HaEvent.FenceFailed> failed = script.told(HaEvent.FenceFailed.class);
      assertThat(failed).hasSize(i + 1);
      script.passes(failed.get(i).nextTryIn());
    }
    assertThat(script.told(HaEvent.FenceFailed.class))
        .extracting(event -> event.nextTryIn().toSeconds())
        .containsExactly(5L, 10L, 20L, 40L, 80L, 160L, 300L, 300L, 300L);
  }

  @Test
  void whoIsHeardAgainWhileTheFirstDeviceFailsIsSparedTheNext() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.isHeardAgain("host1");
    assertThat(script.stateOf("host1"))
        .as("its power may be cut any moment")
        .isEqualTo(HostState.FENCING);
    script.deviceAnswers(NO_ROUTE);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.told(HaEvent.HostStateChanged.class))
        .anyMatch(
            event ->
                event.to() == HostState.LOST
                    && event
                        .reason()
                        .equals(
                            "heard again while it was being fenced in vain: bmc unreachable (no"
                                + " route)"));
    script.passes(Duration.ofMinutes(2));
    FenceRecord record = (FenceRecord) script.stored(new Key(Table.FENCE, "host1"));
    assertThat(record.evidence()).isEmpty();
    assertThat(record.aim()).isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void anAnswerToAnotherQuestionIsNoAnswer() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    AskDevice ask = script.theAsked(DeviceOperation.OFF);
    AskDevice other =
        new AskDevice(
            new OpId(1, 1),
            ask.host(),
            ask.device(),
            ask.operation(),
            ask.timeout(),
            ask.notAfter());
    script.answer(other, READ_OFF);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    script.answer(ask, READ_OFF);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
  }

  @Test
  void whoIsLostAndNobodyNeedsWaitsForItsPowerOnly() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host3");
    script.silencePasses();
    assertThat(script.stateOf("host3")).isEqualTo(HostState.LOST);
    assertThat(script.explainHost("host3").waitsFor())
        .singleElement()
        .matches(wait -> wait.kind() == Kind.POWER && wait.on().equals("host3"));
  }

  // Taken for down

  @Test
  void nobodyIsTakenForDownBeforeItsDevicesHaveFailed() {
    ControllerScript script = Scenes.vmOnHost1();
    ClusterConfig policy =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .assumeDownAfter(Optional.of(TIMINGS.silence()))
                .build());
    script.put(policy).reread(policy.key());
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(script.infoOf("host1").reason()).doesNotContain("taken for down");
    script.deviceAnswers(NO_ROUTE);
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
    script.deviceAnswers(NO_ROUTE);
    script.passes(Duration.ofSeconds(5));
    assertThat(script.told(HaEvent.HostFenced.class))
        .singleElement()
        .matches(event -> event.evidence().describe().contains("cluster.assumeDownAfter"));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  // Status

  @Test
  void aSuspectIsAskedForItsPowerAndWhatProvesItDownIsTold() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    suspicionPasses(script);
    AskDevice probe = script.theAsked(DeviceOperation.STATUS);
    assertThat(probe.notAfter()).isEqualTo(script.now() - 1 + TIMINGS.fenceTimeout().toNanos() / 2);
    script.answer(probe, READ_OFF);
    assertThat(toldLast(script))
        .isEqualTo(new HaEvent.FenceAnswered(HOST1, "bmc", "status", READ_OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
  }

  @Test
  void whoIsLostAlreadyIsFencedByALateAnswerToo() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host3");
    script.silencePasses();
    assertThat(script.stateOf("host3")).isEqualTo(HostState.LOST);
    script.probeAnswers(READ_OFF);
    assertThat(script.stateOf("host3")).isEqualTo(HostState.FENCED);
  }

  @Test
  void whoIsBeingFencedIsNotTestedMeanwhile() {
    ControllerScript script = Scenes.vmOnHost1();
    Duration first = FenceSettings.TEST_INTERVAL.dividedBy(6);
    script.passes(first.minus(TIMINGS.silence()).minusSeconds(2));
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    int asked = script.asked(DeviceOperation.STATUS).size();
    script.passes(Duration.ofSeconds(3));
    assertThat(script.asked(DeviceOperation.STATUS)).hasSize(asked);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void theDevicesAreTestedOneAfterAnotherWithinOneInterval() {
    ControllerScript script = Scenes.threeHosts();
    Duration step = FenceSettings.TEST_INTERVAL.dividedBy(6);
    for (int i = 1; i <= 6; i++) {
      script.passes(step.minusNanos(1));
      assertThat(script.asked(DeviceOperation.STATUS)).hasSize(i - 1);
      script.passes(Duration.ofNanos(1));
      assertThat(script.asked(DeviceOperation.STATUS)).hasSize(i);
      lastOf(script, DeviceOperation.STATUS);
    }
    assertThat(script.asked(DeviceOperation.STATUS))
        .extracting(ask -> ask.host() + "/" + ask.device())
        .containsExactly(
            "host1/bmc", "host1/pdu", "host2/bmc", "host2/pdu", "host3/bmc", "host3/pdu");
  }

  @Test
  void ofTwoDevicesThatFailOneMayWorkAgain() {
    ControllerScript script = Scenes.threeHosts();
    for (int i = 0; i < 2; i++) {
      script.passes(i == 0 ? FenceSettings.TEST_INTERVAL : TIMINGS.fenceRetryMin());
      for (AskDevice ask : script.asked(DeviceOperation.STATUS)) {
        script.answer(ask, ask.host().equals(HOST1) ? NO_ROUTE : READ_ON);
      }
    }
    assertThat(script.explainHost("host1").waitsFor()).hasSize(2);
    script.passes(FenceSettings.TEST_INTERVAL);
    for (AskDevice ask : script.asked(DeviceOperation.STATUS)) {
      script.answer(ask, ask.device().equals("bmc") ? READ_ON : NO_ROUTE);
    }
    assertThat(script.explainHost("host1").waitsFor())
        .singleElement()
        .matches(wait -> wait.kind() == Kind.DEVICE && wait.on().equals("host1/pdu"));
    assertThat(script.infoOf("host1").reason()).contains("pdu").doesNotContain("bmc");
  }

  // On

  private static ControllerScript switchedOff() {
    ControllerScript script = Scenes.vmOnHost1();
    ClusterConfig policy =
        new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().powerOnAfterFence(true).build());
    script.put(policy).reread(policy.key());
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(READ_OFF);
    return script;
  }

  @Test
  void powerIsGivenBackAndThatIsTold() {
    ControllerScript script = switchedOff();
    script.answer(lastOf(script, DeviceOperation.ON), READ_ON);
    assertThat(toldLast(script)).isEqualTo(new HaEvent.FenceAnswered(HOST1, "bmc", "on", READ_ON));
    script.passes(Duration.ofMinutes(5));
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
  }

  @Test
  void whoNeverAnswersIsAskedToGiveThePowerBackAgain() {
    ControllerScript script = switchedOff();
    AskDevice first = script.theAsked(DeviceOperation.ON);
    script.passes(TIMINGS.fenceTimeout().plus(TIMINGS.fenceRetryMin()).minusMillis(1));
    assertThat(script.theAsked(DeviceOperation.ON)).isEqualTo(first);
    script.passes(Duration.ofMillis(1));
    assertThat(script.theAsked(DeviceOperation.ON)).isNotEqualTo(first);
  }

  @Test
  void thatPowerCannotBeGivenBackIsToldOnceAtTheThirdTime() {
    ControllerScript script = switchedOff();
    for (int i = 1; i <= 5; i++) {
      script.answer(script.theAsked(DeviceOperation.ON), NO_ROUTE);
      assertThat(script.told(HaEvent.Alarm.class)).hasSize(i < 3 ? 0 : 1);
      script.passes(TIMINGS.fenceTimeout().plus(TIMINGS.fenceRetryMin()));
    }
    assertThat(script.told(HaEvent.Alarm.class).get(0).reason())
        .isEqualTo(
            "is off after it was fenced, and cannot be switched on: bmc unreachable (no route)");
  }

  @Test
  void whatIsNotConfiguredAnyMoreIsNotSwitchedOn() {
    ControllerScript former = switchedOff();
    ControllerScript next =
        new ControllerScript(Optional.empty(), List.of("other"), "host1", "host2", "host3");
    former.store.values().forEach(next::put);
    next.seesLeases().leads(2).allReport("host2", "host3");
    FenceRecord record = (FenceRecord) next.stored(new Key(Table.FENCE, "host1"));
    assertThat(record.switchOn()).isEmpty();
    assertThat(next.asked(DeviceOperation.ON)).isEmpty();
  }

  // The storage

  /** The array cut host1 off; it is there again and runs these without an order. */
  private static ControllerScript backWithoutStorage(String... running) {
    ControllerScript script =
        new ControllerScript(Optional.empty(), StorageFenceTest.kit(), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .put(Scenes.newWorkload("vm:2"))
            .put(
                Placement.none(io.holdfast.api.WorkloadId.parse("vm:2"))
                    .atHome(new HostId("host2")))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    script.reports("host2");
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(NO_ROUTE);
    script.deviceAnswers(READ_OFF);
    script.joinsAgain("host1");
    script.reports("host1", new TreeMap<>(), running);
    script.passes(TIMINGS.leaseValidity().multipliedBy(2));
    script.reports("host1", new TreeMap<>(), running);
    return script;
  }

  @Test
  void theStorageIsGivenBackAndThatIsTold() {
    ControllerScript script = backWithoutStorage();
    AskDevice on = lastOf(script, DeviceOperation.ON);
    assertThat(on.device()).isEqualTo("array");
    script.answer(on, READ_ON);
    assertThat(toldLast(script))
        .isEqualTo(new HaEvent.FenceAnswered(HOST1, "array", "on", READ_ON));
    script.passes(Duration.ofMinutes(5));
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
  }

  @Test
  void whoNeverAnswersIsAskedToGiveTheStorageBackAgain() {
    ControllerScript script = backWithoutStorage();
    AskDevice first = script.theAsked(DeviceOperation.ON);
    script.passes(TIMINGS.fenceTimeout().plus(TIMINGS.fenceRetryMin()));
    assertThat(script.theAsked(DeviceOperation.ON)).isNotEqualTo(first);
  }

  @Test
  void whatIsNotKnownAtAllKeepsItCutOff() {
    ControllerScript script = backWithoutStorage("vm:9");
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
    assertThat(script.told(HaEvent.Alarm.class))
        .anyMatch(alarm -> alarm.reason().contains("[vm:9] may still run there"));
  }

  @Test
  void whatAnotherHostRunsKeepsItCutOff() {
    ControllerScript script = backWithoutStorage("vm:2");
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
    script.reports("host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(script.asked(DeviceOperation.ON)).as("it has ended").isNotEmpty();
  }

  @Test
  void aColdMoveDoesNotKeepTheStorageFromBeingUsed() {
    ControllerScript script =
        new ControllerScript(Optional.empty(), StorageFenceTest.kit(), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Relocate(new HostId("host2")));
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPING);
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(NO_ROUTE);
    assertThat(script.theAsked(DeviceOperation.OFF).device()).isEqualTo("array");
  }

  // Disarmed

  private static void disarms(ControllerScript script) {
    ClusterConfig policy =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .disarmed(Optional.of(ClusterPolicy.DisarmMode.FREEZE))
                .build());
    script.put(policy).reread(policy.key());
  }

  @Test
  void aLostHostThatNobodyNeedsDoesNotKeepTheClusterArmed() {
    ControllerScript script = Scenes.vmOnHost1();
    script.put(new WorkloadConfig(Scenes.newWorkload("vm:2").workload()));
    script.fallsSilent("host3");
    script.silencePasses();
    disarms(script);
    script.reread(new Key(Table.WORKLOAD, "vm:2"));
    assertThat(script.orderedOn("vm:2")).isEmpty();
  }

  @Test
  void aLostHostWhoseDevicesAreDeadDoesNotKeepTheClusterArmed() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(NO_ROUTE);
    disarms(script);
    ClusterStatus.DisarmInfo pending = script.status().disarm().orElseThrow();
    assertThat(pending.inForce()).isFalse();
    assertThat(pending.waitsFor())
        .extracting(Waiting::kind, Waiting::on)
        .containsExactly(tuple(Kind.DEVICE, "host1/pdu"));
    assertThat(pending.waitsFor().get(0).remaining()).isPresent();
    script.deviceAnswers(NO_ROUTE);
    assertThat(script.status().disarm().orElseThrow().inForce()).isTrue();
    script.passes(Duration.ofHours(1));
    assertThat(script.asked(DeviceOperation.OFF)).as("no further attempt").isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  private static void sets(ControllerScript script, ClusterPolicy.Builder policy) {
    ClusterConfig record = new ClusterConfig(policy.build());
    script.put(record).reread(record.key());
  }

  private static ClusterPolicy.Builder givesPowerBack() {
    return ClusterPolicy.DEFAULT.toBuilder().powerOnAfterFence(true);
  }

  /** It is off, and giving the power back has failed once. */
  private static ControllerScript switchedOnInVain() {
    ControllerScript script = switchedOff();
    script.answer(script.theAsked(DeviceOperation.ON), NO_ROUTE);
    return script;
  }

  private static int askedOn(ControllerScript script) {
    script.passes(Duration.ofMinutes(5));
    return (int)
        script.all(AskDevice.class).stream()
            .filter(ask -> ask.operation() == DeviceOperation.ON)
            .count();
  }

  @Test
  void whilePeopleAreAtWorkPowerIsNotGivenBackAndAfterThatItIs() {
    ControllerScript disarmed = switchedOnInVain();
    sets(disarmed, givesPowerBack().disarmed(Optional.of(DisarmMode.FREEZE)));
    assertThat(askedOn(disarmed)).isEqualTo(1);
    sets(disarmed, givesPowerBack());
    assertThat(askedOn(disarmed)).isGreaterThan(1);

    ControllerScript maintained = switchedOnInVain();
    HostDirective wanted = new HostDirective(HOST1, true, Optional.empty());
    maintained.put(wanted).reread(wanted.key());
    assertThat(askedOn(maintained)).isEqualTo(1);
    HostDirective over = HostDirective.none(HOST1);
    maintained.put(over).reread(over.key());
    assertThat(askedOn(maintained)).isGreaterThan(1);
  }

  @Test
  void whatIsTakenOutOfTheClusterOrNotWantedOnAnyMoreStaysOff() {
    ControllerScript unregistered = switchedOnInVain();
    Key host1 = new Key(Table.HOST, "host1");
    unregistered.store.remove(host1);
    unregistered.reread(host1);
    assertThat(askedOn(unregistered)).isEqualTo(1);

    ControllerScript unwanted = switchedOnInVain();
    sets(unwanted, ClusterPolicy.DEFAULT.toBuilder().powerOnAfterFence(false));
    assertThat(askedOn(unwanted)).isEqualTo(1);
  }
}
