package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.Quorum;
import io.holdfast.api.Evidence;
import io.holdfast.api.Fact;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostState;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.core.ControllerEffect.AskTieBreaker;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Two hosts, and a policy that asks for a tie-breaker before either is fenced. */
class TieBreakingTest {

  private static ControllerScript twoHosts(ControllerScript script, Quorum quorum) {
    script
        .put(Scenes.newWorkload("vm:1"))
        .put(
            new StateRecord.ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().quorum(quorum).build()))
        .seesLeases()
        .leads(1)
        .allReport("host1", "host2");
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    return script;
  }

  /** host1 is lost, whatever follows. */
  private static ControllerScript lost(Quorum quorum) {
    return lost(ControllerScript.withTieBreaker("gateway", "host1", "host2"), quorum);
  }

  private static ControllerScript lost(ControllerScript given, Quorum quorum) {
    ControllerScript script = twoHosts(given, quorum);
    script.fallsSilent("host1");
    script.silencePasses();
    return script;
  }

  @Test
  void itIsAskedAfterTheLossAndBeforeAnythingIsDone() {
    ControllerScript script = lost(Quorum.TIE_BREAKER);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.infoOf("host1").reason()).contains("gateway");
    script.tieBreaks(Fact.HOLDS);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(script.asked(DeviceOperation.OFF)).hasSize(1);
  }

  @Test
  void whoeverDoesNotReachItFencesNobodyAndGoesOnAsking() {
    ControllerScript script = lost(Quorum.TIE_BREAKER);
    for (int i = 0; i < 10; i++) {
      script.tieBreaks(i % 2 == 0 ? Fact.FAILS : Fact.UNKNOWN);
      script.passes(ControllerScript.TIMINGS.renewInterval());
    }
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.infoOf("host1").reason()).contains("gateway");
    script.tieBreaks(Fact.HOLDS);
    assertThat(script.asked(DeviceOperation.OFF)).hasSize(1);
  }

  @Test
  void oneThatIsNotOnItsSideIsNotAskedAgainAtOnce() {
    ControllerScript script = lost(Quorum.TIE_BREAKER);
    script.tieBreaks(Fact.UNKNOWN);
    script.renews("host2");
    assertThat(script.open(AskTieBreaker.class)).isEmpty();
    script.passes(ControllerScript.TIMINGS.renewInterval());
    assertThat(script.open(AskTieBreaker.class)).hasSize(1);
  }

  @Test
  void anAnswerThatNeverComesIsAskedForAgain() {
    ControllerScript script = lost(Quorum.TIE_BREAKER);
    script.passes(Duration.ofMinutes(1));
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.all(AskTieBreaker.class)).hasSizeGreaterThan(1);
  }

  @Test
  void oneThatIsAsSlowAsItMayBeStillCounts() {
    ControllerScript script = lost(Quorum.TIE_BREAKER);
    Duration patience = ControllerScript.TIMINGS.silence().dividedBy(2);
    assertThat(script.all(AskTieBreaker.class))
        .singleElement()
        .extracting(AskTieBreaker::timeout)
        .isEqualTo(patience);
    script.passes(patience.minus(ControllerScript.TIMINGS.renewInterval()));
    script.tieBreaks(Fact.HOLDS);
    assertThat(script.asked(DeviceOperation.OFF)).hasSize(1);
  }

  @Test
  void oneThatTookTooLongToBeUsedIsAskedAnew() {
    ControllerScript script = lost(Quorum.TIE_BREAKER);
    script.storeFallsSilent();
    script.tieBreaks(Fact.HOLDS);
    assertThat(script.asked(DeviceOperation.OFF)).as("the intent is not stored").isEmpty();
    script.passes(ControllerScript.TIMINGS.silence().multipliedBy(2));
    script.storeAnswers();
    script.passes(ControllerScript.TIMINGS.renewInterval());
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    script.tieBreaks(Fact.HOLDS);
    assertThat(script.asked(DeviceOperation.OFF)).hasSize(1);
  }

  @Test
  void withoutOneThePolicyFencesNobodyAndSaysWhy() {
    ControllerScript script = twoHosts(new ControllerScript("host1", "host2"), Quorum.TIE_BREAKER);
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.infoOf("host1").reason()).contains("this controller has none");
  }

  @Test
  void nobodyIsAssumedDownWithoutItsWordEither() {
    ControllerScript script = lost(Quorum.TIE_BREAKER);
    ClusterPolicy assuming =
        ClusterPolicy.DEFAULT.toBuilder()
            .quorum(Quorum.TIE_BREAKER)
            .assumeDownAfter(Optional.of(Duration.ofSeconds(20)))
            .build();
    script.put(new StateRecord.ClusterConfig(assuming)).resyncs();
    script.tieBreaks(Fact.HOLDS);
    script.deviceAnswers(new FenceOutcome.Refused("no"));
    script.passes(Duration.ofMinutes(1));
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
    assertThat(script.infoOf("host1").reason()).contains("gateway");

    script.tieBreaks(Fact.HOLDS);
    assertThat(script.told(HaEvent.HostFenced.class))
        .extracting(HaEvent.HostFenced::evidence)
        .containsExactly(new Evidence.AssumedByPolicy("cluster.assumeDownAfter PT20S"));
  }

  @Test
  void byDefaultItIsNotAsked() {
    ControllerScript script = lost(Quorum.STORE);
    assertThat(script.all(AskTieBreaker.class)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  /** The first level of host1's devices has failed, long after the tie-breaker's word. */
  private static ControllerScript atTheSecondLevel() {
    ControllerScript given =
        ControllerScript.withTieBreaker("gateway", List.of("bmc", "pdu"), "host1", "host2");
    ControllerScript script = lost(given, Quorum.TIE_BREAKER);
    script.tieBreaks(Fact.HOLDS);
    AskDevice first = script.theAsked(DeviceOperation.OFF);
    script.passes(ControllerScript.TIMINGS.silence().plusSeconds(1));
    script.answer(first, new FenceOutcome.Unreachable("no route"));
    assertThat(script.open(AskTieBreaker.class)).as("asked once more").hasSize(1);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(script.infoOf("host1").reason()).contains("no route", "gateway");
    return script;
  }

  @Test
  void theNextLevelWaitsForItsWordAnew() {
    ControllerScript script = atTheSecondLevel();
    assertThat(script.explainHost("host1").waitsFor()).isNotEmpty();
    script.tieBreaks(Fact.HOLDS);
    assertThat(script.asked(DeviceOperation.OFF))
        .extracting(AskDevice::device)
        .containsExactly("pdu");
  }

  @Test
  void theNextLevelIsNotReachedByWhoeverDoesNotReachItAnyMore() {
    ControllerScript script = atTheSecondLevel();
    script.tieBreaks(Fact.FAILS);
    for (int i = 0; i < 20 && script.stateOf("host1") == HostState.FENCING; i++) {
      script.passes(ControllerScript.TIMINGS.renewInterval());
      if (!script.open(AskTieBreaker.class).isEmpty()) {
        script.tieBreaks(Fact.FAILS);
      }
    }
    assertThat(script.stateOf("host1")).as("no endless fencing").isEqualTo(HostState.LOST);
    assertThat(script.all(AskDevice.class))
        .filteredOn(ask -> ask.operation() == DeviceOperation.OFF)
        .extracting(AskDevice::device)
        .containsExactly("bmc");
  }
}
