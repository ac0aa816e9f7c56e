package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.WorkloadRequest;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * never two: what an agent that began anew in the same boot is told to stop may have been moved by
 * hand before, and that agent does not know. So all others look before it is started anywhere.
 */
class StopsGivenAnewTest {
  private static Optional<String> ownerOf(ControllerScript script, String id) {
    return Scenes.placement(script, id).owner().map(owner -> owner.host().value());
  }

  private static void isNotHeard(ControllerScript script, String host) {
    script.fallsSilent(host);
    script.passes(ControllerScript.TIMINGS.suspectAfter());
  }

  /** host3 is not heard, and vm:1 is told to stop by the next agent of host1. */
  private static void isToldToStopAnew(ControllerScript script) {
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
    isNotHeard(script, "host3");
    script.joinsAgainInTheSameBoot("host1");
    script.reports("host1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
  }

  private static void isLookedForOnHost3(ControllerScript script, String id) {
    assertThat(ownerOf(script, id)).isEmpty();
    assertThat(script.statusOf(id).reason()).contains("it may be running on [host3]");
    script.reports("host3", id);
    script.isHeardAgain("host3");
    assertThat(ownerOf(script, id)).contains("host3");
    assertThat(Scenes.order(script, id, "host3").goal()).isNotEqualTo(Goal.STOP);
  }

  // Three reasons to stop it

  @Test
  void whatIsStoppedForAnotherIsLookedForBeforeItIsStartedElsewhere() {
    FullHosts hosts = new FullHosts("host1", "host2", "host3", "host4");
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host2", "vm:8", 2, Priority.LOW);
    hosts.on("host2", "vm:9", 4, Priority.CRITICAL);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.on("host4", "vm:6", 6, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    isNotHeard(hosts.script, "host3");
    hosts.script.joinsAgainInTheSameBoot("host2");
    hosts.script.reports("host2");
    assertThat(hosts.goalOf("vm:8")).isEqualTo(Goal.STOP);
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    hosts.script.reports("host2");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
    hosts.script.reports("host2");
    isLookedForOnHost3(hosts.script, "vm:8");
  }

  @Test
  void whatIsStoppedToBeMovedIsLookedForBeforeItIsStartedOnTheTarget() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Relocate(new HostId("host2")));
    isToldToStopAnew(script);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    script.reports("host1");
    assertThat(ownerOf(script, "vm:1")).isEmpty();
    script.isHeardAgain("host3");
    script.reports("host3");
    assertThat(ownerOf(script, "vm:1")).as("nobody else has it").contains("host2");
    assertThat(Scenes.placement(script, "vm:1").letGo()).isFalse();
  }

  @Test
  void whatItsOwnerHasStoppedIsLookedForBeforeItIsStartedAgain() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    isToldToStopAnew(script);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    script.reports("host1");
    assertThat(ownerOf(script, "vm:1")).isEmpty();
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    isLookedForOnHost3(script, "vm:1");
  }

  // What follows from it

  @Test
  void whatIsToRunAgainBeforeItsHostHasSaidWhetherItIsThereIsOnlyToBeKept() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    isToldToStopAnew(script);
    Scenes.reports(script, "vm:1", "host1", Condition.PENDING);
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.KEEP);
    Scenes.reports(script, "vm:1", "host1", Condition.RUNNING);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.RUN);
    assertThat(Scenes.placement(script, "vm:1").letGo()).isFalse();
  }

  @Test
  void afterABootNobodyIsAsked() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    isNotHeard(script, "host3");
    script.joinsAgain("host1");
    script.reports("host1");
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    Placement stopped = Scenes.placement(script, "vm:1");
    assertThat(stopped.owner()).isEmpty();
    assertThat(stopped.letGo()).isFalse();
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    assertThat(ownerOf(script, "vm:1")).isPresent();
  }
}
