package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.PowerState;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.HostFacts;
import io.holdfast.api.spi.Membership;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Hosts that are cut off from the storage, and go on running without it. */
class StorageFenceTest {
  private static final FenceOutcome CUT = new FenceOutcome.Confirmed(PowerState.OFF);
  private static final FenceOutcome BACK = new FenceOutcome.Confirmed(PowerState.ON);

  private static final Duration AGAIN =
      ControllerScript.TIMINGS.fenceTimeout().plus(ControllerScript.TIMINGS.fenceRetryMin());

  static FenceSettings kit() {
    TreeMap<HostId, List<FenceStep>> steps = new TreeMap<>();
    Duration deadline = ControllerScript.TIMINGS.fenceTimeout();
    for (String host : List.of("host1", "host2", "host3")) {
      steps.put(
          new HostId(host),
          List.of(
              new FenceStep(List.of("bmc"), deadline),
              new FenceStep(List.of("array"), deadline, true)));
    }
    return new FenceSettings(steps, FenceSettings.TEST_INTERVAL, Duration.ZERO);
  }

  private static ControllerScript vmOnHost1() {
    ControllerScript script =
        new ControllerScript(Optional.empty(), kit(), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    return script;
  }

  /** The BMC is dead; the array is about to answer. */
  private static ControllerScript bmcHasFailed() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new FenceOutcome.Unreachable("dead"));
    assertThat(script.theAsked(DeviceOperation.OFF).device()).isEqualTo("array");
    return script;
  }

  private static ControllerScript cutOff() {
    ControllerScript script = bmcHasFailed();
    script.deviceAnswers(CUT);
    return script;
  }

  private static FenceRecord record(ControllerScript script) {
    return (FenceRecord) script.stored(new Key(Table.FENCE, "host1"));
  }

  /** It has joined anew, and may be told something. */
  private static void comesBack(ControllerScript script, String... running) {
    script.joinsAgain("host1");
    script.reports("host1", new TreeMap<>(), running);
    script.passes(ControllerScript.TIMINGS.leaseValidity().multipliedBy(2));
    script.reports("host1", new TreeMap<>(), running);
  }

  @Test
  void itsSuccessIsEvidenceThatTheStorageRefusesTheHost() {
    ControllerScript script = cutOff();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(record(script).evidence()).contains(new Evidence.StorageFenced("array"));
    assertThat(record(script).cut()).containsExactly("array");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(script.explainHost("host1").reason())
        .contains("cut off from the storage by [array]");
    assertThat(script.explainHost("host1").waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Waiting.Kind.REPORT);
  }

  @Test
  void whatADeviceForTheStorageReadsIsNeverTakenForThePower() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.passes(
        ControllerScript.TIMINGS.suspectAfter().plus(ControllerScript.TIMINGS.renewInterval()));
    assertThat(script.asked(DeviceOperation.STATUS))
        .isNotEmpty()
        .allMatch(asked -> asked.device().equals("bmc"));
  }

  @Test
  void nobodysWordCountsAgainstAHostThatRunsOnWithoutItsStorage() {
    ControllerScript script = cutOff();
    script.isHeardAgain("host1");
    script.passes(ControllerScript.TIMINGS.silence().multipliedBy(2));
    Scenes.saysDown(script, "host1", 1, "anna");
    assertThat(record(script).evidence()).contains(new Evidence.StorageFenced("array"));
    assertThat(script.told(HaEvent.Alarm.class))
        .singleElement()
        .satisfies(alarm -> assertThat(alarm.reason()).contains("that does not count"));
  }

  @Test
  void aPersonsWordCountsOnceItIsSilentAndGivesNoStorageBack() {
    ControllerScript script = cutOff();
    script.passes(ControllerScript.TIMINGS.silence().multipliedBy(2));
    Scenes.saysDown(script, "host1", 1, "anna");
    assertThat(record(script).evidence()).contains(new Evidence.ConfirmedByOperator("anna"));
    assertThat(record(script).cut()).containsExactly("array");
  }

  @Test
  void aCutThatIsNotConfirmedIsNoEvidence() {
    ControllerScript script = bmcHasFailed();
    script.deviceAnswers(new FenceOutcome.TimedOut("who knows"));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void oneThatWasCutOffInVainGetsItsStorageBackWhenItIsHeard() {
    ControllerScript script = bmcHasFailed();
    script.deviceAnswers(new FenceOutcome.TimedOut("who knows"));
    assertThat(record(script).cut()).containsExactly("array");
    assertThat(record(script).evidence()).isEmpty();
    script.isHeardAgain("host1");
    script.passes(ControllerScript.TIMINGS.leaseValidity().multipliedBy(2));
    script.reports("host1");
    assertThat(script.theAsked(DeviceOperation.ON).device()).isEqualTo("array");
    script.answer(script.theAsked(DeviceOperation.ON), BACK);
    assertThat(record(script).cut()).isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void whatIsFoundThereAndMayBeAnywhereDoesNotKeepItCutOff() {
    ControllerScript script = bmcHasFailed();
    script.deviceAnswers(new FenceOutcome.TimedOut("who knows"));
    script.isHeardAgain("host1");
    script.passes(ControllerScript.TIMINGS.leaseValidity().multipliedBy(2));
    script.reports("host1", new TreeMap<>(), "vm:2");
    script.answer(script.theAsked(DeviceOperation.ON), new FenceOutcome.TimedOut("late"));
    script.put(Scenes.workload("vm:2")).leads(2);
    script.allReport("host2", "host3");
    script.reports("host1", new TreeMap<>(), "vm:2");
    script.passes(ControllerScript.TIMINGS.leaseValidity().multipliedBy(2));
    script.reports("host1", new TreeMap<>(), "vm:2");
    script.answer(script.theAsked(DeviceOperation.ON), BACK);
    assertThat(record(script).cut()).isEmpty();
    assertThat(script.orderedOn("vm:2")).containsExactly("host1");
  }

  @Test
  void theIncarnationStaysFencedAlthoughItRenewsItsLease() {
    ControllerScript script = cutOff();
    script.isHeardAgain("host1");
    script.reports("host1", new TreeMap<>(), "vm:1");
    script.passes(Duration.ofMinutes(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
  }

  @Test
  void aNewIncarnationThatRunsNothingGetsItsStorageBackAndOnlyThenWork() {
    ControllerScript script = cutOff();
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(script.asked(DeviceOperation.ON)).as("not at once").isEmpty();
    assertThat(script.explainHost("host1").reason()).isNotEmpty();
    script.passes(ControllerScript.TIMINGS.leaseValidity().multipliedBy(2));
    assertThat(script.theAsked(DeviceOperation.ON).device()).isEqualTo("array");
    script.answer(script.theAsked(DeviceOperation.ON), BACK);
    assertThat(record(script).cut()).isEmpty();
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Relocate(new HostId("host1")));
    script.reports("host2");
    assertThat(Scenes.placement(script, "vm:1").move()).isPresent();
  }

  @Test
  void whileItIsCutOffItIsGivenNothing() {
    ControllerScript script = cutOff();
    script.joinsAgain("host1");
    script.reports("host1");
    script.reports("host2");
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Relocate(new HostId("host1")));
    assertThat(script.told(HaEvent.MoveRefused.class))
        .extracting(HaEvent.MoveRefused::toString)
        .anyMatch(refused -> refused.contains("cut off from the storage"));
  }

  @Test
  void whatIsLeftThereKeepsItCutOffAndAnAlarmSaysSo() {
    ControllerScript script = cutOff();
    comesBack(script, "vm:1");
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
    assertThat(script.told(HaEvent.Alarm.class))
        .extracting(HaEvent.Alarm::toString)
        .anyMatch(alarm -> alarm.contains("vm:1") && alarm.contains("cut off"));
    assertThat(script.explainHost("host1").reason())
        .contains("cut off from the storage by [array]");
    assertThat(script.explainHost("host1").waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Waiting.Kind.EVIDENCE);
    script.reports("host1");
    assertThat(script.asked(DeviceOperation.ON)).hasSize(1);
  }

  @Test
  void whatIsNotProtectedAnyMoreKeepsItCutOffAsWell() {
    ControllerScript script = cutOff();
    Key key = new Key(Table.WORKLOAD, "vm:1");
    script.store.remove(key);
    script.reread(key);
    comesBack(script, "vm:1");
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
    script.reports("host1");
    assertThat(script.asked(DeviceOperation.ON)).hasSize(1);
  }

  @Test
  void whatIsLeftThereIsNotTakenForTheWorkload() {
    ControllerScript script = bmcHasFailed();
    script.deviceAnswers(CUT);
    comesBack(script, "vm:1");
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().host())
        .isEqualTo(new HostId("host2"));
  }

  @Test
  void aDeviceThatDoesNotGiveItBackIsAskedAgain() {
    ControllerScript script = cutOff();
    comesBack(script);
    script.answer(script.theAsked(DeviceOperation.ON), new FenceOutcome.TimedOut("late"));
    assertThat(record(script).cut()).containsExactly("array");
    script.passes(Duration.ofMinutes(1));
    script.reports("host1");
    assertThat(script.asked(DeviceOperation.ON)).isNotEmpty();
  }

  @Test
  void aHostOnALiveMoveIsNotFencedByItsStorage() {
    ControllerScript script = vmOnHost1();
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Move(new HostId("host2")));
    assertThat(Scenes.placement(script, "vm:1").move()).isPresent();
    script.fallsSilent("host1");
    script.silencePasses();
    script.deviceAnswers(new FenceOutcome.Unreachable("dead"));
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.infoOf("host1").reason()).contains("live move");
  }

  @Test
  void anotherFenceDoesNotForgetThatItIsCutOff() {
    ControllerScript script = cutOff();
    script.joinsAgain("host1");
    script.reports("host1", new TreeMap<>(), "vm:1");
    script.fallsSilent("host1");
    Scenes.changes(script, "vm:1", w -> w.withOrigin(Workload.Origin.EXISTING));
    script.silencePasses();
    assertThat(record(script).cut()).containsExactly("array");
  }

  @Test
  void whatIsKnownOfAFormerIncarnationOutlivesTheIntentToFenceTheNextOne() {
    ControllerScript script = cutOff();
    Incarnation former = record(script).incarnation();
    comesBack(script);
    script.answer(script.theAsked(DeviceOperation.ON), BACK);
    script.put(Scenes.newWorkload("vm:2")).leads(2);
    script.allReport("host1", "host2", "host3");
    assertThat(script.orderedOn("vm:2")).containsExactly("host1");
    script.fallsSilent("host1");
    script.silencePasses();
    FenceRecord intent = record(script);
    assertThat(intent.incarnation()).isEqualTo(former);
    assertThat(intent.evidence()).contains(new Evidence.StorageFenced("array"));
    assertThat(intent.aim().orElseThrow().incarnation()).isGreaterThan(former);
    assertThat(intent.cut()).isEmpty();
    assertThat(intent.asFound().cut()).as("for the next controller").containsExactly("array");
    script.deviceAnswers(new FenceOutcome.Unreachable("dead"));
    script.deviceAnswers(CUT);
    assertThat(record(script).incarnation()).isGreaterThan(former);
    assertThat(record(script).cut()).containsExactly("array");
    assertThat(record(script).asFound().cut()).containsExactly("array");
    assertThat(record(script).intends()).isFalse();
    script.passes(ControllerScript.TIMINGS.renewInterval().multipliedBy(2));
    assertThat(record(script).aim()).isEmpty();
  }

  /** It has been given back after a cut in vain, and says that its storage does not work. */
  private static ControllerScript cutOffLate() {
    ControllerScript script = bmcHasFailed();
    script.deviceAnswers(new FenceOutcome.TimedOut("who knows"));
    script.isHeardAgain("host1");
    script.passes(ControllerScript.TIMINGS.leaseValidity().multipliedBy(2));
    script.reports("host1");
    script.answer(script.theAsked(DeviceOperation.ON), BACK);
    assertThat(record(script).cut()).isEmpty();
    script.condition("host1", HostFacts.STORAGE, false);
    script.reports("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.STORAGE_LOST);
    return script;
  }

  @Test
  void aCutThatIsCarriedOutAfterItWasGivenBackIsUndoneAgain() {
    ControllerScript script = cutOffLate();
    assertThat(script.asked(DeviceOperation.ON)).as("not at once").isEmpty();
    script.passes(AGAIN);
    assertThat(script.theAsked(DeviceOperation.ON).device()).isEqualTo("array");
    script.answer(script.theAsked(DeviceOperation.ON), new FenceOutcome.TimedOut("busy"));
    script.passes(AGAIN);
    assertThat(script.asked(DeviceOperation.ON)).as("the pauses grow").isEmpty();
    assertThat(script.explainHost("host1").waitsFor())
        .filteredOn(wait -> wait.kind() == Kind.DEVICE)
        .singleElement()
        .satisfies(wait -> assertThat(wait.remaining()).contains(AGAIN));
    script.passes(AGAIN);
    script.answer(script.theAsked(DeviceOperation.ON), BACK);
    script.condition("host1", HostFacts.STORAGE, true);
    script.reports("host1");
    script.passes(AGAIN.multipliedBy(3));
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void theNextControllerUndoesItAsWell() {
    ControllerScript script = cutOffLate();
    script.connection(Membership.Connection.LOST);
    script.leads(2);
    script.reports("host1");
    script.passes(AGAIN.plusSeconds(10));
    assertThat(script.theAsked(DeviceOperation.ON).device()).isEqualTo("array");
  }

  @Test
  void aHostThatWasNeverFencedIsNotGivenWhatWasNotTaken() {
    ControllerScript script = vmOnHost1();
    script.condition("host1", HostFacts.STORAGE, false);
    script.reports("host1");
    script.passes(AGAIN.multipliedBy(2));
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
  }

  /** never two: what it runs may run elsewhere since. */
  @Test
  void whatIsFencedIsNotGivenItsStorageForSayingThatItHasNone() {
    ControllerScript script = cutOff();
    script.condition("host1", HostFacts.STORAGE, false);
    script.isHeardAgain("host1");
    script.reports("host1", new TreeMap<>(), "vm:1");
    script.passes(AGAIN.multipliedBy(2));
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
  }

  /** never two: who leads since may have cut it off anew, and started elsewhere what it runs. */
  @Test
  void whoStoodStillGivesNothingBackBeforeItKnowsThatItLeads() {
    ControllerScript script = cutOff();
    script.joinsAgain("host1");
    script.reports("host1");
    script.goesOnAfter(Duration.ofMinutes(1));
    script.reports("host1");
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
    assertThat(script.status().reason()).contains("stood still");
    script.elected(1);
    script.reports("host1");
    assertThat(script.theAsked(DeviceOperation.ON).device()).isEqualTo("array");
  }

  @Test
  void whoStoodStillAndWasDeposedGivesNothingBackAndCutsNobodyOff() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.silencePasses();
    script.goesOnAfter(Duration.ofMinutes(1));
    script.deviceAnswers(new FenceOutcome.TimedOut("no answer"));
    script.campaignEnds(Outcome.done(new Membership.Election.LedBy("other", new Epoch(2))));
    script.passes(Duration.ofMinutes(1));
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.isLeading()).isFalse();
  }

  @Test
  void whoStoodStillAndLeadsStillTriesAgainLater() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.silencePasses();
    script.goesOnAfter(Duration.ofMinutes(1));
    script.deviceAnswers(new FenceOutcome.TimedOut("no answer"));
    assertThat(script.infoOf("host1").reason()).contains("this controller stood still");
    script.elected(1);
    script.passes(Duration.ofSeconds(20));
    assertThat(script.theAsked(DeviceOperation.OFF).device()).isEqualTo("bmc");
  }

  /** What it asked before it stood still tells nothing of who leads now. */
  @Test
  void onlyAnAnswerToWhatItAskedSinceCounts() {
    ControllerScript script = cutOff();
    script.joinsAgain("host1");
    script.reports("host1");
    script.step(new ControllerEvent.PlaceChanged(script.now()));
    script.goesOnAfter(Duration.ofMinutes(1));
    script.elected(1);
    script.reports("host1");
    assertThat(script.asked(DeviceOperation.ON)).isEmpty();
    script.elected(1);
    script.reports("host1");
    assertThat(script.asked(DeviceOperation.ON)).hasSize(1);
  }
}
