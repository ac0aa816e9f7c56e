package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.HostReport.Notice.Stage;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The report of an agent is seen before its lease: until then the former agent's word stands. */
class EarlyReportsTest {
  private static final String LOCKSPACE = "lockspace:vms";

  /** vm:1 needs a lockspace and runs on host1; others have the lockspace, too. */
  private static ControllerScript vmThatNeedsALockspace() {
    ControllerScript script = Scenes.vmOnHost1();
    for (String host : List.of("host1", "host2", "host3")) {
      script.condition(host, LOCKSPACE, true);
      script.reports(host);
    }
    WorkloadPolicy policy =
        WorkloadPolicy.DEFAULT.toBuilder().conditions(new TreeSet<>(List.of(LOCKSPACE))).build();
    Scenes.changes(script, "vm:1", workload -> workload.withPolicy(policy));
    return script;
  }

  @Test
  void whatTheFormerAgentSaidStands() {
    ControllerScript script = vmThatNeedsALockspace();
    script.reportsBeforeItsLeaseIsSeen("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(Scenes.placement(script, "vm:1").move()).isEmpty();
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(script.explainWorkload("vm:1").waitsFor()).isEmpty();
    assertThat(script.explainHost("host1").waitsFor())
        .extracting(Waiting::kind)
        .doesNotContain(Waiting.Kind.HYPERVISOR, Waiting.Kind.CONDITION);
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
  }

  @Test
  void theReportCountsOnceTheLeaseIsSeen() {
    ControllerScript script = vmThatNeedsALockspace();
    long before = script.incarnationOf("host1").value();
    script.reportsBeforeItsLeaseIsSeen("host1");
    script.renews("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().incarnation().value())
        .as("ordered anew, without another report")
        .isEqualTo(before + 1);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void whatRunsThereWithoutAnOrderIsFoundThen() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reportsBeforeItsLeaseIsSeen("host2", "vm:1");
    assertThat(script.told(HaEvent.Alarm.class)).isEmpty();
    script.renews("host2");
    assertThat(script.told(HaEvent.Alarm.class))
        .anyMatch(alarm -> alarm.toString().contains("vm:1"));
  }

  @Test
  void aStopThatIsWantedMeanwhileIsOrderedOfTheNewAgent() {
    ControllerScript script = Scenes.vmOnHost1();
    script.reportsBeforeItsLeaseIsSeen("host1");
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    script.renews("host1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
    assertThat(Scenes.intent(script, "host1").incarnation())
        .isEqualTo(script.incarnationOf("host1"));
  }

  @Test
  void aHostThatRestartsItsAgentAsPlannedDoesNotFlap() {
    ControllerScript script = Scenes.vmOnHost1();
    for (int restarts = 0; restarts < 2 * Flapping.MANY; restarts++) {
      script.leaves("host1", Departure.AGENT_RESTART, Stage.READY);
      script.reports("host1");
      script.reportsBeforeItsLeaseIsSeen("host1");
      script.renews("host1");
    }
    assertThat(script.explainHost("host1").waitsFor())
        .extracting(Waiting::kind)
        .doesNotContain(Waiting.Kind.QUARANTINE);
  }

  @Test
  void aHostThatComesBackFromAPlannedRebootIsNotFencedForItsFirstReport() {
    ControllerScript script = Scenes.vmOnHost1();
    script.put(
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().shutdown(ShutdownPolicy.FREEZE).build()));
    script.reread(ClusterConfig.KEY);
    script.leaves("host1", Departure.REBOOT, Stage.ANNOUNCED);
    script.reports("host1");
    script.leaves("host1", Departure.REBOOT, Stage.READY);
    Scenes.reports(script, "vm:1", "host1", Condition.GIVEN_UP);
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(2));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    script.reportsBeforeItsLeaseIsSeen("host1", "vm:1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
    script.isHeardAgain("host1");
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(Scenes.placement(script, "vm:1").owner().orElseThrow().host())
        .isEqualTo(new HostId("host1"));
  }
}
