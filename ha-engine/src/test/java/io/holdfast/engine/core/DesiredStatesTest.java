package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of a workload that is wanted stopped, disabled, ignored, or that is locked. */
class DesiredStatesTest {
  private static final HostId HOST1 = new HostId("host1");
  private static final HostId HOST2 = new HostId("host2");

  // Stopped

  @Test
  void pitfall04AStopIsDoneOnlyWhenObserved() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().goal()).isEqualTo(Goal.STOP);
    assertThat(status(script)).isEqualTo(WorkloadStatus.STOPPING);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPING);
    assertThat(status(script)).isEqualTo(WorkloadStatus.STOPPING);
    Scenes.reports(script, "vm:1", "host1", Condition.RUNNING);
    assertThat(status(script)).isEqualTo(WorkloadStatus.STOPPING);

    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(status(script)).isEqualTo(WorkloadStatus.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
  }

  @Test
  void whatCannotBeEndedIsFailedUntilItHasEnded() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.reports(script, "vm:1", "host1", Condition.STOP_FAILED);
    assertThat(status(script)).isEqualTo(WorkloadStatus.FAILED);
    assertThat(script.statusOf("vm:1").reason()).contains("host1 could not end it");
    assertThat(Scenes.placement(script, "vm:1").owner()).as("never two").isPresent();

    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(status(script)).isEqualTo(WorkloadStatus.STOPPED);
  }

  @Test
  void aStoppedWorkloadStaysWhereItWasAndStartsThereAgain() {
    ControllerScript script = stoppedOnHost1();
    assertThat(script.statusOf("vm:1").host()).contains(HOST1);
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().goal()).isEqualTo(Goal.RUN);
  }

  @Test
  void aStoppedWorkloadGoesElsewhereInTheBooksWhenItsHostIsProvenDown() {
    ControllerScript script = stoppedOnHost1();
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(status(script)).isEqualTo(WorkloadStatus.STOPPED);
    assertThat(script.statusOf("vm:1").host()).contains(HOST2);
    assertThat(script.statusOf("vm:1").reason()).contains("moved in the books from host1");
    assertThat(script.orderedOn("vm:1")).as("nobody is told to start it").containsExactly("host1");
  }

  // Disabled

  @Test
  void aDisabledWorkloadIsStoppedAndLeftWhereItIsWhenItsHostIsLost() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.DISABLED);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(status(script)).isEqualTo(WorkloadStatus.DISABLED);

    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(2));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.asked(OFF)).as("nobody is fenced for its sake").isEmpty();
    assertThat(status(script)).isEqualTo(WorkloadStatus.DISABLED);
    assertThat(script.statusOf("vm:1").host()).contains(HOST1);

    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.orderedOn("vm:1")).as("it was observed stopped").endsWith("host2");
  }

  @Test
  void aHostThatWasLostBeforeTheStopWasObservedIsFencedOnceTheWorkloadIsWantedAgain() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    Scenes.wants(script, "vm:1", DesiredState.DISABLED);
    script.silencePasses();
    script.passes(Duration.ofSeconds(20));
    assertThat(script.asked(OFF)).isEmpty();

    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    script.passes(Duration.ofSeconds(1));
    assertThat(script.asked(OFF)).hasSize(1);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void disablingIsAWayOutOfFailed() {
    ControllerScript script = failed();
    Scenes.wants(script, "vm:1", DesiredState.DISABLED);
    assertThat(status(script)).isEqualTo(WorkloadStatus.DISABLED);
    assertThat(script.statusOf("vm:1").host()).as("it stays where it failed").contains(HOST2);
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(status(script)).isEqualTo(WorkloadStatus.STARTING);
    assertThat(script.statusOf("vm:1").host()).contains(HOST2);
  }

  // Failed

  @Test
  void aFailedWorkloadIsLeftAloneEvenWhenItsHostDies() {
    ControllerScript script = failed();
    script.fallsSilent("host2");
    script.passes(Duration.ofMinutes(2));
    assertThat(script.asked(OFF)).isEmpty();
    assertThat(status(script)).isEqualTo(WorkloadStatus.FAILED);
    assertThat(script.statusOf("vm:1").host()).contains(HOST2);
  }

  @Test
  void aCleanupHasAFailedWorkloadTriedAgainOnceAndNoMore() {
    ControllerScript script = failed();
    Scenes.asks(script, "vm:1", 1, new Action.Cleanup());
    assertThat(status(script)).isEqualTo(WorkloadStatus.STARTING);
    assertThat(Scenes.placement(script, "vm:1").handled()).isEqualTo(1);
    for (String host : new String[] {"host2", "host1"}) {
      Scenes.reports(script, "vm:1", host, Condition.GIVEN_UP);
    }
    assertThat(status(script)).isEqualTo(WorkloadStatus.FAILED);
    script.resyncs();
    assertThat(status(script)).as("the request was dealt with").isEqualTo(WorkloadStatus.FAILED);
  }

  // Ignored

  @Test
  void anIgnoredWorkloadIsTakenOutOfTheOrdersAsItIs() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.IGNORED);
    assertThat(Scenes.intent(script, "host1").entries()).isEmpty();
    assertThat(status(script)).isEqualTo(WorkloadStatus.UNDEFINED);
    assertThat(script.statusOf("vm:1").reason()).isEqualTo("left alone as wanted");
    assertThat(script.statusOf("vm:1").host()).contains(HOST1);
    script.reports("host1", "vm:1");
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(1));
    assertThat(script.asked(OFF)).isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void backFromIgnoredItIsFollowedToWhereItRuns() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.IGNORED);
    script.reports("host1");
    script.reports("host3", "vm:1");
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
  }

  @Test
  void pitfall02BackFromIgnoredItStartsOnlyWhenEveryHostIsAccountedFor() {
    ControllerScript script = Scenes.vmOnHost1(); // protected as NEW: that was long ago
    Scenes.wants(script, "vm:1", DesiredState.IGNORED);
    script.reports("host1");
    script.fallsSilent("host3");
    script.silencePasses();
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("may be running on [host3]");

    script.passes(Duration.ofSeconds(1));
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(Scenes.placement(script, "vm:1").owner()).isPresent();
  }

  @Test
  void aRequestForAWorkloadThatMayRunAnywhereDoesNotMakeItStart() {
    ControllerScript script =
        new ControllerScript("host1", "host2")
            .put(Scenes.workload("vm:1"))
            .seesLeases()
            .leads(1)
            .allReport("host1");
    Scenes.asks(script, "vm:1", 1, new Action.Cleanup());
    Scenes.asks(script, "vm:1", 2, new Action.Move(HOST1));
    assertThat(script.orderedOn("vm:1")).isEmpty();
    script.renews("host2");
    script.reports("host2", "vm:1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  // Locks

  @Test
  void whileItIsLockedAWorkloadIsNotStopped() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().goal()).isEqualTo(Goal.RUN);
    assertThat(script.statusOf("vm:1").reason()).contains("locked (backup)");

    Scenes.locks(script, "vm:1", Optional.empty());
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().goal()).isEqualTo(Goal.STOP);
  }

  @Test
  void whileItIsLockedAWorkloadIsNotStarted() {
    ControllerScript script = stoppedOnHost1();
    Scenes.locks(script, "vm:1", Optional.of("clone"));
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("locked (clone)");
    Scenes.locks(script, "vm:1", Optional.empty());
    assertThat(Scenes.placement(script, "vm:1").owner()).isPresent();
  }

  @Test
  void pitfall03ALockOfAHostThatIsProvenDownIsVoid() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(Scenes.order(script, "vm:1", "host2").locked()).isFalse();

    Scenes.locks(script, "vm:1", Optional.empty());
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    assertThat(Scenes.order(script, "vm:1", "host2").locked())
        .as("a lock taken after that holds")
        .isTrue();
  }

  // Stop requests

  @Test
  void aStopThatWasAskedForHasItsOwnTimeOut() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 1, new Action.Stop(Duration.ofSeconds(7)));
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(stopTimeout(script)).isEqualTo(Duration.ofSeconds(7));
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").handled()).isEqualTo(1);

    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    Scenes.reports(script, "vm:1", "host1", Condition.RUNNING);
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(stopTimeout(script)).as("for that one stop").isEqualTo(Duration.ofSeconds(30));
  }

  private static Duration stopTimeout(ControllerScript script) {
    return Scenes.order(script, "vm:1", "host1").stopTimeout();
  }

  /** It runs nowhere, as wanted; it was on host1. */
  private static ControllerScript stoppedOnHost1() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(status(script)).isEqualTo(WorkloadStatus.STOPPED);
    return script;
  }

  /** Given up by host1 and then by host2. */
  private static ControllerScript failed() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    Scenes.reports(script, "vm:1", "host2", Condition.GIVEN_UP);
    assertThat(status(script)).isEqualTo(WorkloadStatus.FAILED);
    return script;
  }

  private static WorkloadStatus status(ControllerScript script) {
    return script.statusOf("vm:1").status();
  }
}
