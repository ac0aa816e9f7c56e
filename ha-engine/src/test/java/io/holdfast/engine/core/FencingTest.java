package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.STATUS;
import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.AlreadyThere;
import io.holdfast.api.FenceOutcome.AuthenticationFailed;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.api.PowerState;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.Change;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Intent before effect, evidence before start. */
class FencingTest {

  static Stream<FenceOutcome> proofs() {
    return Stream.of(new Confirmed(PowerState.OFF), new AlreadyThere(PowerState.OFF));
  }

  static Stream<FenceOutcome> noProofs() {
    return Stream.of(
        new Refused("no"),
        new Unreachable("no route"),
        new AuthenticationFailed("wrong password"),
        new TimedOut("slow"),
        new Confirmed(PowerState.ON),
        new AlreadyThere(PowerState.ON));
  }

  static Stream<Outcome<Ack>> unacknowledged() {
    return Stream.of(
        Outcome.unknown("time-out"),
        Outcome.failed(Cause.DEPOSED, "another leads"),
        Outcome.failed(Cause.CONFLICT, "changed"));
  }

  // Whom it is for

  @Test
  void aLostHostIsFencedForAWorkloadThatMayBeRunningOnIt() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host3");
    script.fallsSilent("host2");
    script.silencePasses();
    assertThat(script.asked(OFF)).extracting(AskDevice::host).containsExactly(new HostId("host2"));

    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aLostHostIsFencedForAWorkloadThatItReportedLast() {
    ControllerScript script = Scenes.threeHosts();
    script.reports("host2", "vm:1");
    script.fallsSilent("host2");
    script.silencePasses();
    assertThat(script.stateOf("host2")).isEqualTo(HostState.LOST);
    script.passes(Duration.ofMinutes(1));
    assertThat(offsEver(script)).isEmpty();

    StateRecord workload = Scenes.workload("vm:1");
    script.put(workload).reread(workload.key());
    assertThat(script.asked(OFF)).extracting(AskDevice::host).containsExactly(new HostId("host2"));
    assertThat(script.orderedOn("vm:1")).isEmpty();

    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aLostHostThatIsAwaitedIsFencedUnderTheSameGuards() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    script.fallsSilent("host2", "host3");
    script.passes(TIMINGS.silence().multipliedBy(2)); // most of them: that takes longer
    assertThat(script.asked(OFF)).hasSize(1);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.asked(OFF)).isEmpty();
    assertThat(script.orderedOn("vm:1")).isEmpty();

    script.passes(TIMINGS.renewInterval().multipliedBy(3));
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aHostOnWhichNothingDependsAnyMoreIsNotSwitchedOff() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    script.fallsSilent("host2");
    script.passes(Duration.ofSeconds(3));
    script.storeFallsSilent();
    silenceIsConfirmed(script);
    Key key = new Key(Table.WORKLOAD, "vm:1");
    script.store.remove(key);
    script.reread(key);
    script.storeAnswers();

    script.passes(Duration.ofMinutes(1));
    assertThat(offsEver(script)).isEmpty();
  }

  // Intent before effect

  @Test
  void theDeviceIsAskedForOffOnlyAfterTheIntentIsStored() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    script.storeFallsSilent();
    silenceIsConfirmed(script);

    assertThat(script.asked(OFF)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(theCommit(script).changes()).anyMatch(FencingTest::isFenceIntent);

    script.commitEnds(Outcome.ok());
    assertThat(script.asked(OFF)).extracting(AskDevice::device).containsExactly("bmc");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @ParameterizedTest
  @MethodSource("unacknowledged")
  void withoutTheAcknowledgementNoDeviceIsAsked(Outcome<Ack> outcome) {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    script.storeFallsSilent();
    silenceIsConfirmed(script);
    script.commitEnds(outcome);
    script.passes(Duration.ofMinutes(1));

    assertThat(offsEver(script)).isEmpty();
    assertThat(script.isLeading()).isFalse();
  }

  @Test
  void aHostHeardBeforeTheAcknowledgementIsNotSwitchedOff() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    script.storeFallsSilent();
    silenceIsConfirmed(script);
    script.isHeardAgain("host1");
    script.commitEnds(Outcome.ok());
    script.storeAnswers();
    script.passes(Duration.ofMinutes(1));

    assertThat(offsEver(script)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void pitfall24AHostThatRenewedUnseenIsSparedByTheFreshRead() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(4));
    script.renewsUnseen("host1");
    script.passes(Duration.ofSeconds(2));

    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(offsEver(script)).isEmpty();
  }

  @Test
  void aHostOnWhichNothingDependsIsNotFenced() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host3");
    script.passes(Duration.ofMinutes(1));

    assertThat(script.stateOf("host3")).isEqualTo(HostState.LOST);
    assertThat(offsEver(script)).isEmpty();
  }

  // Evidence before start

  @ParameterizedTest
  @MethodSource("noProofs")
  void pitfall01WithoutEvidenceNothingStarts(FenceOutcome outcome) {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(outcome);
    assertThat(script.theAsked(OFF).device()).isEqualTo("pdu");
    script.deviceAnswers(outcome);

    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(evidenceStored(script)).isEmpty();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.RECOVERING);
    assertThat(script.infoOf("host1").reason())
        .contains("bmc " + outcome.describe(), "pdu " + outcome.describe(), "next in PT5S");
    assertThat(script.statusOf("vm:1").reason()).contains("host1", outcome.describe());
  }

  @ParameterizedTest
  @MethodSource("proofs")
  void withEvidenceItStartsElsewhereAndTheEvidenceIsStoredFirst(FenceOutcome outcome) {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(outcome);

    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    List<Change> changes = script.changes();
    int evidence = indexOf(changes, FencingTest::isEvidence);
    int start = indexOf(changes, change -> isStartOn("host2", change));
    assertThat(evidence).isNotNegative().isLessThan(start);
    assertThat(script.told(HaEvent.StartIntended.class))
        .last()
        .satisfies(
            intended -> {
              assertThat(intended.evidence()).contains(new Evidence.PoweredOff("bmc"));
              assertThat(intended.host()).hasToString("host2");
            });
  }

  @Test
  void aStartIsToldOnlyWhenItsIntentIsStored() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    int before = script.told(HaEvent.StartIntended.class).size();
    script.storeFallsSilent();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.told(HaEvent.StartIntended.class)).hasSize(before);
    script.storeAnswers();
    assertThat(script.told(HaEvent.StartIntended.class)).hasSize(before + 1);
  }

  @Test
  void pitfall15TheSecondDeviceIsAskedWhenTheFirstGivesNoEvidence() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Unreachable("no route"));
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(evidenceStored(script)).containsExactly(new Evidence.PoweredOff("pdu"));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void pitfall41ASuspectThatReadsOffNeedsNoGrace() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.probeAnswers(new Confirmed(PowerState.OFF));

    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(offsEver(script)).isEmpty();
  }

  @Test
  void aProbeAnswerThatComesAfterTheHostWasHeardIsOutOfDate() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(Duration.ofSeconds(3));
    AskDevice probe = script.theAsked(STATUS);
    script.isHeardAgain("host1");
    script.answer(probe, new Confirmed(PowerState.OFF));

    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aFencedHostThatRenewsStaysFencedAndRaisesAnAlarm() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    script.isHeardAgain("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.told(HaEvent.Alarm.class))
        .extracting(HaEvent.Alarm::reason)
        .anyMatch(reason -> reason.contains("may lie"));
  }

  // Late, duplicate, never

  @Test
  void lateAndDuplicateAnswersChangeNothing() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    AskDevice bmc = script.theAsked(OFF);
    script.answer(bmc, new Unreachable("no route"));
    AskDevice pdu = script.theAsked(OFF);
    script.answer(bmc, new Confirmed(PowerState.OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(evidenceStored(script)).isEmpty();

    script.answer(pdu, new Confirmed(PowerState.OFF));
    int commits = script.all(Commit.class).size();
    script.answer(pdu, new Confirmed(PowerState.OFF));
    script.answer(bmc, new Refused("late"));
    assertThat(script.all(Commit.class)).hasSize(commits);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
  }

  @Test
  void pitfall32ADeviceThatNeverAnswersDoesNotHoldFencingUp() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.passes(ControllerScript.TIMINGS.fenceTimeout().multipliedBy(2));
    assertThat(script.theAsked(OFF).device()).isEqualTo("pdu");
    script.passes(ControllerScript.TIMINGS.fenceTimeout().multipliedBy(2));
    assertThat(script.told(HaEvent.FenceFailed.class)).isNotEmpty();
  }

  @Test
  void oneOperationOfAHostIsUnderWayAtATime() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.passes(Duration.ofSeconds(15));
    assertThat(script.asked(OFF)).hasSize(1);
  }

  @Test
  void failedAttemptsArePausedForLongerEachTime() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    Duration[] pauses = {
      Duration.ofSeconds(5),
      Duration.ofSeconds(10),
      Duration.ofSeconds(20),
      Duration.ofSeconds(40),
      Duration.ofSeconds(80),
      Duration.ofSeconds(160),
      Duration.ofSeconds(300),
      Duration.ofSeconds(300)
    };
    for (int i = 0; i < pauses.length; i++) {
      script.deviceAnswers(new Refused("no"));
      script.deviceAnswers(new Refused("no"));
      assertThat(script.told(HaEvent.FenceFailed.class))
          .hasSize(i + 1)
          .last()
          .extracting(HaEvent.FenceFailed::nextTryIn)
          .isEqualTo(pauses[i]);
      assertThat(script.infoOf("host1").reason())
          .contains("tried " + (i + 1) + " times, next in " + pauses[i]);
      script.passes(pauses[i].minusMillis(1));
      assertThat(script.asked(OFF)).as("during pause " + i).isEmpty();
      script.passes(Duration.ofMillis(1));
      assertThat(script.asked(OFF)).as("after pause " + i).hasSize(1);
    }
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aHostThatIsHeardAgainAfterAFailedFenceKeepsItsWorkload() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Refused("no"));
    script.deviceAnswers(new Refused("no"));
    script.isHeardAgain("host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.asked(OFF)).isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  /** Lets host1's silence be confirmed while the test answers for the store. */
  private static void silenceIsConfirmed(ControllerScript script) {
    script.passes(Duration.ofSeconds(3));
    script.leaseChecksEnd();
  }

  private static Commit theCommit(ControllerScript script) {
    return script.open(Commit.class).get(0);
  }

  private static List<AskDevice> offsEver(ControllerScript script) {
    return script.all(AskDevice.class).stream().filter(a -> a.operation() == OFF).toList();
  }

  private static List<Evidence> evidenceStored(ControllerScript script) {
    return script.changes().stream()
        .filter(FencingTest::isEvidence)
        .map(change -> ((FenceRecord) change.value().orElseThrow()).evidence().orElseThrow())
        .toList();
  }

  private static boolean isFenceIntent(Change change) {
    return change.value().orElse(null) instanceof FenceRecord fence
        && fence.host().value().equals("host1")
        && fence.evidence().isEmpty();
  }

  private static boolean isEvidence(Change change) {
    return change.value().orElse(null) instanceof FenceRecord fence && fence.evidence().isPresent();
  }

  private static boolean isStartOn(String host, Change change) {
    return change.value().orElse(null) instanceof HostIntent intent
        && intent.host().value().equals(host)
        && !intent.entries().isEmpty();
  }

  private static int indexOf(List<Change> changes, Predicate<Change> wanted) {
    for (int i = 0; i < changes.size(); i++) {
      if (wanted.test(changes.get(i))) {
        return i;
      }
    }
    return -1;
  }
}
