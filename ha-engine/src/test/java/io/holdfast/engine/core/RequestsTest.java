package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is asked for once is dealt with once, and nothing that may run is forgotten over it. */
class RequestsTest {

  /** One that may be running anywhere, and host2 has not said yet that it does not run there. */
  private static ControllerScript unaccountedFor(DesiredState desired) {
    return new ControllerScript("host1", "host2")
        .put(new WorkloadConfig(Scenes.workload("vm:1").workload().withDesired(desired)))
        .seesLeases()
        .leads(1)
        .allReport("host1");
  }

  @Test
  void whatMayRunAnywhereStaysSoThroughACleanup() {
    ControllerScript script = unaccountedFor(DesiredState.STARTED);
    Scenes.asks(script, "vm:1", 1, new Action.Cleanup());
    Placement written = Scenes.placement(script, "vm:1");
    assertThat(written.handled()).isEqualTo(1);
    assertThat(written.letGo()).as("never two").isTrue();
    assertThat(script.orderedOn("vm:1")).isEmpty();
    ControllerScript next = new ControllerScript("host1", "host2");
    next.store.putAll(script.store);
    next.seesLeases().leads(2).allReport("host1");
    assertThat(next.orderedOn("vm:1")).isEmpty();
  }

  @Test
  void whatMayRunAnywhereStaysSoWhenItIsAskedToStop() {
    ControllerScript script = unaccountedFor(DesiredState.STOPPED);
    Scenes.asks(script, "vm:1", 1, new Action.Stop(Duration.ofSeconds(1)));
    Placement written = Scenes.placement(script, "vm:1");
    assertThat(written.handled()).isEqualTo(1);
    assertThat(written.letGo()).as("never two").isTrue();
  }

  @Test
  void aStopIsDealtWithWhenItIsStoppedAndNotBefore() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.asks(script, "vm:1", 1, new Action.Stop(Duration.ofSeconds(1)));
    assertThat(Scenes.placement(script, "vm:1").handled()).isZero();
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").handled()).isEqualTo(1);
  }

  @Test
  void whatFailedIsTriedAgainAtOnceAfterACleanup() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    Scenes.reports(script, "vm:1", "host2", Condition.GIVEN_UP);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FAILED);
    Scenes.asks(script, "vm:1", 1, new Action.Cleanup());
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTING);
    assertThat(Scenes.placement(script, "vm:1").trials().gaveUp()).isEmpty();
    int writes = script.changes().size();
    Scenes.asks(script, "vm:1", 1, new Action.Cleanup());
    assertThat(script.changes()).as("once").hasSize(writes);
  }

  @Test
  void whatIsAskedForBeforeItIsProtectedCountsFromThenOn() {
    ControllerScript script = Scenes.threeHosts();
    Scenes.asks(script, "vm:1", 1, new Action.Cleanup());
    assertThat(script.store).doesNotContainKey(new Key(Table.PLACEMENT, "vm:1"));
    script.put(Scenes.newWorkload("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    assertThat(Scenes.placement(script, "vm:1").handled()).isEqualTo(1);
  }

  private static Duration stopTimeout(ControllerScript script) {
    return Scenes.order(script, "vm:1", "host1").stopTimeout();
  }

  @Test
  void aStopThatWasTakenBackChangesNoLaterOne() {
    ControllerScript script = Scenes.vmOnHost1();
    Duration usual = stopTimeout(script);
    Scenes.asks(script, "vm:1", 1, new Action.Stop(Duration.ZERO));
    assertThat(stopTimeout(script)).as("it is not wanted stopped yet").isEqualTo(usual);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(stopTimeout(script)).isEqualTo(Duration.ZERO);
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(Scenes.placement(script, "vm:1").handled()).isEqualTo(1);
    assertThat(stopTimeout(script)).isEqualTo(usual);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(stopTimeout(script)).isEqualTo(usual);
  }

  @Test
  void norDoesOneWhoseSecondHalfNeverCame() {
    ControllerScript script = Scenes.vmOnHost1();
    Duration usual = stopTimeout(script);
    Scenes.asks(script, "vm:1", 1, new Action.Stop(Duration.ZERO));
    script.passes(Duration.ofMinutes(2));
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(stopTimeout(script)).isEqualTo(usual);
  }

  @Test
  void norIsForgottenOverItThatItMayRunAnywhere() {
    ControllerScript script = unaccountedFor(DesiredState.STARTED);
    Scenes.asks(script, "vm:1", 1, new Action.Stop(Duration.ZERO));
    script.passes(Duration.ofMinutes(2));
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").handled()).isEqualTo(1);
    assertThat(Scenes.placement(script, "vm:1").letGo()).as("never two").isTrue();
  }
}
