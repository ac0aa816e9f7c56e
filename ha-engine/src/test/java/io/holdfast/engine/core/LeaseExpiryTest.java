package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Evidence;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.CheckLease;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The lease of a guarded host ran out: evidence, and when it is none. Hosts have no devices. */
class LeaseExpiryTest {
  static final LeaseTiming LEASE =
      LeaseTiming.of(
          ControllerScript.TIMINGS, Duration.ofSeconds(8), Duration.ofSeconds(1), 10_000);
  private static final Duration H = LEASE.takeoverWait();
  private static final Duration VALIDITY = LEASE.validity();
  private static final Duration PERIOD = LEASE.watchdogPeriod();
  private static final Duration LITTLE = Duration.ofMillis(1);

  /** Everybody is guarded, and vm:1 runs on host1. */
  private static ControllerScript vmOnHost1() {
    return vmOnHost1(VALIDITY, PERIOD);
  }

  private static ControllerScript vmOnHost1(Duration validity, Duration period) {
    ControllerScript script =
        new ControllerScript(Optional.of(LEASE), List.of(), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1);
    script.guards("host1", 0, validity, period);
    script.allReport("host1", "host2", "host3");
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    return script;
  }

  private static HostIntent intentOf(ControllerScript script, String host) {
    return (HostIntent) script.stored(new Key(Table.INTENT, host));
  }

  @Test
  void pitfall05AfterTheWholeWaitAndAFreshReadItIsEvidence() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.passes(H.minus(LITTLE));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.infoOf("host1").reason()).contains("watchdog");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.storeFallsSilent();
    script.passes(LITTLE);
    assertThat(script.open(CheckLease.class)).hasSize(1);
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
    script.storeAnswers();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.told(HaEvent.HostFenced.class))
        .singleElement()
        .extracting(HaEvent.HostFenced::evidence)
        .isEqualTo(new Evidence.LeaseExpired(H, H));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void aHostThatRenewedUnseenIsSpared() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.passes(H.minus(LITTLE));
    script.renewsUnseen("host1");
    script.passes(LITTLE);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    script.passes(H.minus(LITTLE));
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
  }

  @Test
  void aStoreThatDoesNotAnswerProvesNothing() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.passes(H.minus(LITTLE));
    script.storeFallsSilent();
    script.passes(LITTLE);
    script.leaseCheckEnds(Outcome.unknown("time-out"));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    script.passes(ControllerScript.TIMINGS.renewInterval());
    script.storeAnswers();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
  }

  @Test
  void withoutAConnectionNothingIsProvenAndWithItAgainItIs() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.passes(H.minus(LITTLE));
    script.connection(Connection.SUSPENDED);
    script.passes(Duration.ofSeconds(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    script.connection(Connection.CONNECTED);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
  }

  @Test
  void anAnswerThatComesAfterTheHostWasToldToDisarmProvesNothing() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.passes(H.minus(LITTLE));
    assertThat(script.told(HaEvent.HostFenced.class)).isEmpty();
    script.joinsAgain("host1");
    script.fallsSilent("host1");
    script.passes(H.multipliedBy(3));
    assertThat(script.told(HaEvent.HostFenced.class))
        .as("the new incarnation has not said that it is guarded")
        .isEmpty();
  }

  @Test
  void whoIsNotGuardedIsNotProvenDownHoweverLongItIsSilent() {
    ControllerScript script =
        new ControllerScript(Optional.of(LEASE), List.of(), "host1", "host2")
            .put(Scenes.newWorkload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2");
    script.reports("host1");
    script.fallsSilent("host1");
    script.passes(Duration.ofHours(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.infoOf("host1").reason()).contains("watchdog is not known to be armed");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aHostThatFeedsForLongerThanConfiguredIsNotProvenDown() {
    for (ControllerScript script :
        List.of(
            vmOnHost1(VALIDITY.plusNanos(1), PERIOD), vmOnHost1(VALIDITY, PERIOD.plusNanos(1)))) {
      script.fallsSilent("host1");
      script.passes(Duration.ofHours(1));
      assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
      assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    }
  }

  @Test
  void anIdleHostIsToldToDisarmAndCountsAsGuardedOnlyWhenItSaysSoAnew() {
    ControllerScript script = vmOnHost1();
    script.guards("host2", 0, VALIDITY, PERIOD);
    script.reports("host2");
    script.passes(Duration.ofSeconds(11));
    assertThat(intentOf(script, "host2").guard())
        .isEqualTo(new HostIntent.Guard(GuardOrder.RELEASED, 1));
    assertThat(intentOf(script, "host1").guard()).isEqualTo(HostIntent.Guard.INITIAL);

    // It is given vm:1, and has not armed its watchdog yet.
    script.fallsSilent("host1");
    script.passes(H);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(intentOf(script, "host2").guard())
        .isEqualTo(new HostIntent.Guard(GuardOrder.REQUIRED, 2));
    script.reports("host2");
    script.fallsSilent("host2");
    script.passes(H.multipliedBy(2));
    assertThat(script.stateOf("host2")).as("what it said in turn 0").isEqualTo(HostState.LOST);

    script.guards("host2", 2, VALIDITY, PERIOD);
    script.isHeardAgain("host2");
    script.reports("host2");
    script.fallsSilent("host2");
    script.passes(H);
    assertThat(script.stateOf("host2")).isEqualTo(HostState.FENCED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2", "host3");
  }

  @Test
  void aNewControllerKnowsWhatTheFormerOneOrdered() {
    ControllerScript script = vmOnHost1();
    script.guards("host2", 0, VALIDITY, PERIOD);
    script.reports("host2");
    script.passes(Duration.ofSeconds(11));
    assertThat(intentOf(script, "host2").guard().order()).isEqualTo(GuardOrder.RELEASED);
    script.connection(Connection.LOST);
    script.leads(2);
    script.passes(Duration.ofMinutes(1));
    assertThat(intentOf(script, "host2").guard())
        .isEqualTo(new HostIntent.Guard(GuardOrder.RELEASED, 1));
    assertThat(intentOf(script, "host1").guard()).isEqualTo(HostIntent.Guard.INITIAL);
    script.fallsSilent("host1");
    script.passes(H);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
  }

  @Test
  void whenBothEndsOfAMoveExpiredAPersonsWordForTheTargetEndsTheWait() {
    ControllerScript script = vmOnHost1();
    script.guards("host2", 0, VALIDITY, PERIOD);
    script.reports("host2");
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Move(new HostId("host2")));
    Scenes.reports(script, "vm:1", "host1", Condition.MIGRATING);
    script.fallsSilent("host1", "host2");
    script.passes(H.multipliedBy(3));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.stateOf("host2")).isEqualTo(HostState.FENCED);
    assertThat(script.orderedOn("vm:1")).as("it may have arrived").containsExactly("host1");
    assertThat(script.statusOf("vm:1").reason()).contains("host2", "be confirmed down");

    Scenes.saysDown(script, "host2", 1, "anna");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
    assertThat(script.infoOf("host2").reason()).contains("anna");
  }

  @Test
  void aPersonsWordForAHostThatExpiredCountsForTheNextControllerToo() {
    ControllerScript script = vmOnHost1();
    script.fallsSilent("host1");
    script.passes(H);
    Scenes.saysDown(script, "host1", 1, "anna");
    FenceRecord fence = (FenceRecord) script.stored(new Key(Table.FENCE, "host1"));
    assertThat(fence.evidence()).contains(new Evidence.ConfirmedByOperator("anna"));
    assertThat(script.told(HaEvent.HostFenced.class)).hasSize(2);
    script.resyncs();
    assertThat(script.told(HaEvent.HostFenced.class)).as("said once").hasSize(2);
  }

  @Test
  void aHostThatRunsSomethingWithoutAnOrderIsNotIdle() {
    ControllerScript script = vmOnHost1();
    script.put(Scenes.workload("vm:2"));
    script.reread(new Key(Table.WORKLOAD, "vm:2"));
    script.guards("host2", 0, VALIDITY, PERIOD);
    script.storeFallsSilent();
    script.reports("host2", "vm:2");
    script.passes(Duration.ofSeconds(11));
    script.storeAnswers();
    assertThat(intentOf(script, "host2").guard()).isEqualTo(HostIntent.Guard.INITIAL);
  }
}
