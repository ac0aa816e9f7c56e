package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Explanation;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.PowerState;
import io.holdfast.api.Priority;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Why it is as it is, what it waits for, until when, and what would change it: as data. */
class ExplanationTest {

  @Test
  void aHostInOrderWaitsForNothing() {
    Explanation host = Scenes.vmOnHost1().explainHost("host1");
    assertThat(host.is()).isEqualTo("ONLINE");
    assertThat(host.reason()).isEqualTo("renews its lease");
    assertThat(host.waitsFor()).isEmpty();
  }

  @Test
  void aSuspectedHostWaitsForTheRestOfItsSilence() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter());
    Explanation host = script.explainHost("host1");
    assertThat(host.is()).isEqualTo("SUSPECT");
    assertThat(host.waitsFor())
        .containsExactly(
            new Waiting(
                Kind.SILENCE,
                "host1",
                Optional.of(TIMINGS.silence().minus(TIMINGS.suspectAfter()))));
    assertThat(host.lasted()).isZero();
    script.passes(Duration.ofMillis(700));
    assertThat(script.explainHost("host1").lasted()).isEqualTo(Duration.ofMillis(700));
  }

  @Test
  void pitfall46AHostThatIsBeingFencedWaitsForItsDeviceAndSoDoItsWorkloads() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    Waiting device = script.explainHost("host1").waitsFor().get(0);
    assertThat(device.kind()).isEqualTo(Kind.DEVICE);
    assertThat(device.on()).isEqualTo("host1/bmc");
    assertThat(device.remaining().orElseThrow())
        .isBetween(Duration.ofMillis(1), TIMINGS.fenceTimeout().multipliedBy(2));
    Explanation workload = script.explainWorkload("vm:1");
    assertThat(workload.is()).isEqualTo("RECOVERING");
    assertThat(workload.waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Kind.EVIDENCE, Kind.DEVICE);
  }

  @Test
  void aHostThatCouldNotBeFencedSaysWhenItIsTriedAgain() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Unreachable("no route"));
    script.deviceAnswers(new Unreachable("no route"));
    Explanation host = script.explainHost("host1");
    assertThat(host.is()).isEqualTo("LOST");
    assertThat(host.waitsFor())
        .containsExactly(
            new Waiting(Kind.EVIDENCE, "host1", Optional.empty()),
            new Waiting(Kind.RETRY, "host1", Optional.of(TIMINGS.fenceRetryMin())));
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .contains(new Waiting(Kind.RETRY, "host1", Optional.of(TIMINGS.fenceRetryMin())));
  }

  @Test
  void aFencedHostWaitsForSomebodyToSwitchItOn() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.explainHost("host1").waitsFor())
        .containsExactly(new Waiting(Kind.POWER, "host1", Optional.empty()));
  }

  @Test
  void aWorkloadThatMayBeRunningWaitsForTheHostsThatHaveNotSaidSo() {
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(
            new Waiting(Kind.REPORT, "host2", Optional.empty()),
            new Waiting(Kind.REPORT, "host3", Optional.empty()));
    script.allReport("host2");
    assertThat(script.explainWorkload("vm:1").waitsFor())
        .containsExactly(new Waiting(Kind.REPORT, "host3", Optional.empty()));
  }

  @Test
  void aWorkloadThatNoHostCanTakeWaitsForRoom() {
    ControllerScript script = Scenes.threeHosts();
    Workload large =
        Workload.of("vm:9", Priority.LOW, Capacity.of(1000, 1)).withOrigin(Workload.Origin.NEW);
    script.put(new StateRecord.WorkloadConfig(large));
    script.reread(new StateRecord.WorkloadConfig(large).key());
    Explanation workload = script.explainWorkload("vm:9");
    assertThat(workload.reason()).startsWith("no host can take it");
    assertThat(workload.waitsFor()).extracting(Waiting::kind).containsExactly(Kind.ROOM);
  }

  @ParameterizedTest
  @EnumSource(Condition.class)
  void everyConditionIsExplained(Condition condition) {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reports(script, "vm:1", "host1", condition);
    Explanation workload = script.explainWorkload("vm:1");
    assertThat(workload.reason()).isNotBlank();
    if (condition == Condition.RUNNING) {
      assertThat(workload.waitsFor()).isEmpty();
    } else {
      assertThat(workload.waitsFor()).isNotEmpty();
      assertThat(workload.waitsFor()).allSatisfy(w -> assertThat(w.kind().ending()).isNotBlank());
    }
  }

  @Test
  void whatIsNotProtectedHasNoExplanation() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reports("host2", "vm:7");
    assertThat(script.explains("vm:7")).isFalse();
    assertThat(script.explains("vm:1")).isTrue();
  }
}
