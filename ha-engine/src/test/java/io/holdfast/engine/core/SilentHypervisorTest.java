package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostState;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.StateRecord;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A host that is online while its hypervisor does not answer is given nothing new. */
class SilentHypervisorTest {
  private static final String SILENT = "its hypervisor does not answer";

  @Test
  void aHostWhoseHypervisorIsSilentIsNoCandidateUntilItAnswers() {
    ControllerScript script =
        new ControllerScript("host1").put(Scenes.newWorkload("vm:1")).seesLeases().leads(1);
    script.renews("host1");
    script.reportsBlind("host1");

    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("host1 " + SILENT);

    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void anotherHostIsPreferredToOneWhoseHypervisorIsSilent() {
    ControllerScript script =
        new ControllerScript("host1", "host2").put(Scenes.newWorkload("vm:1")).seesLeases();
    script.leads(1);
    script.renews("host1");
    script.reportsBlind("host1");
    script.allReport("host2");
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void aHostWhoseHypervisorFellSilentLaterIsNoCandidate() {
    ControllerScript script = Scenes.threeHosts();
    script.reportsBlind("host1");
    StateRecord workload = Scenes.newWorkload("vm:1");
    script.put(workload).reread(workload.key());
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  @Test
  void aHostInTroubleIsNoCandidateAndSaysWhy() {
    ControllerScript script =
        new ControllerScript("host1").put(Scenes.newWorkload("vm:1")).seesLeases().leads(1);
    script.renews("host1");
    script.reportsTrouble("host1", "epoch 1 is not on its disk: full");
    assertThat(script.orderedOn("vm:1")).isEmpty();
    assertThat(script.statusOf("vm:1").reason()).contains("host1 epoch 1 is not on its disk: full");

    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    script.reportsTrouble("host1", "epoch 1 is not on its disk: full");
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("waiting for host1: epoch 1 is not on its disk: full");
  }

  @Test
  void aWorkloadWhoseHostIsWaitingForItsHypervisorSaysSo() {
    ControllerScript script = Scenes.threeHosts();
    StateRecord workload = Scenes.newWorkload("vm:1");
    script.put(workload).reread(workload.key());
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    Supplier<String> reason = () -> script.statusOf("vm:1").reason();
    assertThat(reason.get()).startsWith("placed on host1");

    script.reportsBlind("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTING);
    assertThat(reason.get()).isEqualTo("waiting for host1: " + SILENT);

    Scenes.reports(script, "vm:1", "host1", Condition.PENDING);
    assertThat(reason.get()).isEqualTo("waiting for host1");
    Scenes.reports(script, "vm:1", "host1", Condition.RUNNING);
    assertThat(reason.get()).isEqualTo("runs on host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }
}
