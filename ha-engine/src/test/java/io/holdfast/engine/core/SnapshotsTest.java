package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Capacity;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.engine.planning.Admission;
import io.holdfast.engine.planning.ClusterSnapshot;
import io.holdfast.engine.planning.HostSnapshot;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.Placement;
import io.holdfast.engine.planning.Plan;
import io.holdfast.engine.planning.PlanOptions;
import io.holdfast.engine.planning.WorkloadSnapshot;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the pure functions are given of a running cluster. */
class SnapshotsTest {
  private static final HostId HOST1 = new HostId("host1");

  private static HostSnapshot host(ClusterSnapshot cluster, String id) {
    return cluster.hosts().stream()
        .filter(host -> host.id().value().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static WorkloadSnapshot only(ClusterSnapshot cluster) {
    assertThat(cluster.workloads()).hasSize(1);
    return cluster.workloads().get(0);
  }

  @Test
  void eachWorkloadIsWhereItRunsAndMayBeMovedAsItsPolicySays() {
    ControllerScript script = Scenes.vmOnHost1();
    ClusterSnapshot cluster = script.snapshot().orElseThrow();
    assertThat(cluster.hosts()).hasSize(3).allMatch(host -> host.state() == State.UP);
    assertThat(only(cluster).host()).contains(HOST1);
    assertThat(only(cluster).movable()).isTrue();
    assertThat(only(cluster).load()).as("not measured").isEmpty();
    WorkloadPolicy pinned = WorkloadPolicy.DEFAULT.toBuilder().movable(false).build();
    Scenes.changes(script, "vm:1", w -> w.withPolicy(pinned));
    assertThat(only(script.snapshot().orElseThrow()).movable()).isFalse();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    assertThat(only(script.snapshot().orElseThrow()).desired()).isEqualTo(DesiredState.STOPPED);
  }

  @Test
  void aLostHostHasFailedAndAPlanSaysWhereItsWorkloadsWouldGo() {
    ControllerScript script = Scenes.vmOnHost1();
    assertThat(Admission.survives(script.snapshot().orElseThrow(), 1, Rule.Level.HOST).survives())
        .isTrue();
    script.fallsSilent("host1");
    script.silencePasses();
    ClusterSnapshot cluster = script.snapshot().orElseThrow();
    assertThat(host(cluster, "host1").state()).isEqualTo(State.FAILED);
    Plan plan = Placement.plan(cluster, PlanOptions.DEFAULT, () -> 0);
    assertThat(plan.placed()).extracting(Plan.Placed::host).containsExactly(new HostId("host2"));
  }

  @Test
  void toAHostInMaintenanceNothingIsGiven() {
    ControllerScript script = Scenes.vmOnHost1();
    HostDirective wanted = new HostDirective(new HostId("host2"), true, Optional.empty());
    script.put(wanted).reread(wanted.key());
    assertThat(host(script.snapshot().orElseThrow(), "host2").state()).isEqualTo(State.MAINTENANCE);
  }

  @Test
  void whatAddsUpToTooMuchIsToldToWhoeverAsksForIt() {
    ControllerScript script = new ControllerScript("host1", "host2");
    long most = 1_000_000_000_000_000L;
    for (int i = 0; i < 2400; i++) {
      Workload large = Workload.of("vm:" + i, Priority.MEDIUM, Capacity.of(most, most));
      script.put(new WorkloadConfig(large));
    }
    script.seesLeases().leads(1);
    assertThatThrownBy(script::snapshot)
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("workloads: found demands in cpu that come to");
  }

  @Test
  void whoDoesNotLeadHasNone() {
    assertThat(new ControllerScript("host1").snapshot()).isEmpty();
  }
}
