package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostReport.Notice;
import io.holdfast.engine.record.Placement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A host that has nothing to lose need not be reset when the network fails. */
class GuardingTest {
  private static final LeaseTiming LEASE =
      LeaseTiming.of(
          ControllerScript.TIMINGS, Duration.ofSeconds(8), Duration.ofSeconds(1), 10_000);
  private static final Duration IDLE = ControllerScript.TIMINGS.silence().multipliedBy(2);

  /** host1 has its watchdog armed, and nothing runs anywhere. */
  private static ControllerScript idle() {
    ControllerScript script =
        new ControllerScript(Optional.of(LEASE), List.of(), "host1", "host2").seesLeases().leads(1);
    script.guards("host1", 0, LEASE.validity(), LEASE.watchdogPeriod());
    return script.allReport("host1", "host2");
  }

  private static GuardOrder guardOf(ControllerScript script, String host) {
    return script.store.get(new Key(Table.INTENT, host)) instanceof HostIntent intent
        ? intent.guard().order()
        : GuardOrder.REQUIRED;
  }

  @Test
  void aHostThatHasBeenIdleForLongEnoughIsToldToDisarmIt() {
    ControllerScript script = idle();
    script.passes(IDLE.minusMillis(1));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);
    script.passes(Duration.ofMillis(1));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.RELEASED);
    assertThat(script.store).doesNotContainKey(new Key(Table.INTENT, "host2"));
  }

  @Test
  void aHostThatIsGivenSomethingMeanwhileKeepsIt() {
    ControllerScript script = idle();
    script.passes(IDLE.dividedBy(2));
    script.put(Scenes.newWorkload("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.passes(IDLE.multipliedBy(2));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);
  }

  @Test
  void aHostThatLosesItOnlyForAMomentIsIdleFromThenOn() {
    ControllerScript script = idle();
    script.passes(IDLE.dividedBy(2));
    script.reports("host1", "vm:9");
    script.reportsBlind("host1");
    script.passes(IDLE.multipliedBy(2));
    assertThat(guardOf(script, "host1"))
        .as("nobody knows what runs there")
        .isEqualTo(GuardOrder.REQUIRED);
    script.reports("host1");
    script.passes(IDLE.minusMillis(1));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);
    script.passes(Duration.ofMillis(1));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.RELEASED);
  }

  @Test
  void whatRunsThereUnprotectedIsNoReasonToKeepIt() {
    ControllerScript script = idle();
    script.reports("host1", "vm:9");
    script.passes(IDLE);
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.RELEASED);
  }

  @Test
  void whatRunsThereProtectedIs() {
    ControllerScript script = idle();
    script.put(Scenes.workload("vm:1"));
    script.put(Placement.none(WorkloadId.parse("vm:1")));
    Scenes.wants(script, "vm:1", DesiredState.IGNORED);
    script.reports("host1", "vm:1");
    assertThat(script.orderedOn("vm:1")).isEmpty();
    script.passes(IDLE.multipliedBy(2));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);
  }

  @Test
  void withoutTheStoreItIsPutOff() {
    ControllerScript script = idle();
    script.connection(Connection.SUSPENDED);
    script.passes(IDLE);
    script.connection(Connection.CONNECTED);
    script.passes(IDLE.minusMillis(1));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);
    script.passes(Duration.ofMillis(1));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.RELEASED);
  }

  @Test
  void aHostIsIdleAsSoonAsItsMaintenanceIsOver() {
    ControllerScript script = idle();
    HostDirective wanted = new HostDirective(new HostId("host1"), true, Optional.empty());
    script.put(wanted).reread(wanted.key());
    script.passes(IDLE.multipliedBy(2));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);
    script.store.remove(wanted.key());
    script.reread(wanted.key());
    script.passes(IDLE);
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.RELEASED);
  }

  @Test
  void aHostThatGoesOffMayDisarmItWhenNothingProtectedIsLeftThere() {
    ControllerScript script = idle();
    script.put(Scenes.workload("vm:1"));
    Scenes.wants(script, "vm:1", DesiredState.IGNORED);
    script.leaves("host1", Departure.SHUTDOWN, Notice.Stage.READY);
    script.reports("host1", "vm:1");
    script.reports("host1", "vm:1");
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);
    script.reports("host1");
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.RELEASED);
  }
}
