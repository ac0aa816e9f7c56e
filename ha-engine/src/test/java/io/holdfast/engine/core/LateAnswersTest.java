package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.Quorum;
import io.holdfast.api.Fact;
import io.holdfast.api.HostState;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Outcome;
import io.holdfast.engine.core.ControllerEffect.AskTieBreaker;
import io.holdfast.engine.core.ControllerEffect.CheckLease;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.core.ControllerEvent.TieBroken;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Questions that are not answered in time, and answers that nobody waits for any more. */
class LateAnswersTest {

  // The tie-breaker

  /** host1 is lost, and the tie-breaker is being asked. */
  private static ControllerScript lost() {
    ControllerScript script =
        ControllerScript.withTieBreaker("gateway", "host1", "host2")
            .put(Scenes.newWorkload("vm:1"))
            .put(
                new ClusterConfig(
                    ClusterPolicy.DEFAULT.toBuilder().quorum(Quorum.TIE_BREAKER).build()))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2");
    script.reports("host1");
    script.fallsSilent("host1");
    script.passes(TIMINGS.silence());
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    return script;
  }

  @Test
  void whatTheTieBreakerSaysIsTheReason() {
    ControllerScript script = lost();
    String begins = "silent, to be fenced in PT1S: the tie-breaker gateway ";
    assertThat(script.infoOf("host1").reason()).isEqualTo(begins + "is being asked");
    script.tieBreaks(Fact.FAILS);
    assertThat(script.infoOf("host1").reason()).isEqualTo(begins + "is not on this side");
    script.passes(TIMINGS.renewInterval());
    script.tieBreaks(Fact.UNKNOWN);
    assertThat(script.infoOf("host1").reason()).isEqualTo(begins + "does not answer");
    script.passes(TIMINGS.renewInterval());
    script.tieBreaks(Fact.HOLDS);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void aTieBreakerThatDoesNotAnswerIsAskedAgainAfterOneSilenceAndItsOldAnswerIsLate() {
    ControllerScript script = lost();
    AskTieBreaker first = script.open(AskTieBreaker.class).get(0);
    script.passes(TIMINGS.silence().minusMillis(1));
    assertThat(script.open(AskTieBreaker.class)).containsExactly(first);
    script.passes(TIMINGS.renewInterval());
    assertThat(script.open(AskTieBreaker.class)).hasSize(2);
    script.step(new TieBroken(script.now(), first.op(), Fact.HOLDS));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    script.tieBreaks(Fact.HOLDS);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  // Expired leases

  /** host1 is guarded and silent, and its lease is being read for the last time. */
  private static ControllerScript expired() {
    LeaseTiming timing = LeaseExpiryTest.LEASE;
    ControllerScript script =
        new ControllerScript(Optional.of(timing), List.of(), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1);
    script.guards("host1", 0, timing.validity(), timing.watchdogPeriod());
    script.allReport("host1", "host2", "host3");
    script.reports("host1");
    script.fallsSilent("host1");
    script.passes(timing.takeoverWait().minusMillis(1));
    script.storeFallsSilent();
    script.passes(Duration.ofMillis(1));
    assertThat(script.open(CheckLease.class)).hasSize(1);
    return script;
  }

  @Test
  void aLeaseThatCouldNotBeReadIsReadAgainAfterOneRenewal() {
    ControllerScript script = expired();
    script.leaseCheckEnds(Outcome.unknown("time-out"));
    assertThat(script.open(CheckLease.class)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    script.passes(TIMINGS.renewInterval().minusMillis(1));
    assertThat(script.open(CheckLease.class)).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.open(CheckLease.class)).hasSize(1);
    script.leaseChecksEnd();
    script.storeAnswers();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
  }

  @Test
  void aLeaseThatIsNotThereProvesNothingAndIsReadAgain() {
    ControllerScript script = expired();
    script.leaseCheckEnds(Outcome.done(Optional.empty()));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.open(CheckLease.class)).hasSize(1);
  }

  @Test
  void aLeaseThatWasRenewedUnseenSparesItsHost() {
    ControllerScript script = expired();
    script.renewsUnseen("host1");
    script.leaseChecksEnd();
    script.storeAnswers();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }
}
