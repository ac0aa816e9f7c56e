package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Fact;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.OnStorageLoss;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Hosts that find out that something does not work. */
class HostFactsScriptsTest {

  private static void change(Scripts s, UnaryOperator<WorkloadPolicy.Builder> change) {
    for (Workload workload : s.world.platform().workloads()) {
      WorkloadPolicy policy = change.apply(workload.policy().toBuilder()).build();
      s.world.platform().update(workload.id(), w -> w.withPolicy(policy));
    }
  }

  @Test
  void whereTheStorageFailsWorkloadsAreLeftUnlessTheirPolicySaysOtherwise() {
    Scripts s = Scripts.running(3, 6);
    HostId host = s.follower();
    List<WorkloadId> before = s.workloadsOn(host);
    s.world.faults().storage(host, false);
    s.await("told", () -> s.has(host, HostState.STORAGE_LOST));
    s.pass(Duration.ofMinutes(5));
    assertThat(s.workloadsOn(host)).isEqualTo(before).isNotEmpty();
    assertThat(s.toldSince(Duration.ZERO, HaEvent.HostFenced.class)).isEmpty();
    s.world.faults().storage(host, true);
    s.await("online", () -> s.has(host, HostState.ONLINE));
  }

  @Test
  void thoseThatAreToGoAreStoppedThereAndStartedElsewhere() {
    Scripts s = Scripts.running(3, 6);
    change(s, policy -> policy.onStorageLoss(OnStorageLoss.RELOCATE));
    HostId host = s.follower();
    s.world.faults().storage(host, false);
    s.await("moved", () -> s.workloadsOn(host).isEmpty() && s.everythingRuns());
    assertThat(s.toldSince(Duration.ZERO, HaEvent.HostFenced.class)).isEmpty();
    assertThat(s.has(host, HostState.STORAGE_LOST)).isTrue();
  }

  @Test
  void aWorkloadGoesOnlyWhereItsConditionHolds() {
    Scripts s = Scripts.running(3, 3);
    change(s, policy -> policy.conditions(new TreeSet<>(List.of(SimHost.LOCKSPACE))));
    List<HostId> hosts = List.copyOf(s.world.physical().hosts());
    WorkloadId workload = s.workload(0);
    HostId owner = s.hostOf(workload);
    HostId without =
        hosts.stream()
            .filter(h -> !h.equals(owner) && !h.equals(s.leader()))
            .findFirst()
            .orElseThrow();
    s.world.faults().condition(without, SimHost.LOCKSPACE, Fact.FAILS);
    s.pass(Duration.ofSeconds(10));
    s.world.faults().cutPower(owner);
    s.await("recovered", () -> s.copies(workload) == 1);
    assertThat(s.hostOf(workload)).isNotEqualTo(without);
  }
}
