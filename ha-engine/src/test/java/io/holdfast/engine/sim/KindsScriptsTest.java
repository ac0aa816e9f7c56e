package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.Migration;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers and iSCSI targets go the same ways as machines. */
class KindsScriptsTest {

  private static Scripts runningWith(WorkloadId id, Migration migration) {
    Scripts s = Scripts.running(3, 3);
    WorkloadPolicy policy = WorkloadPolicy.DEFAULT.toBuilder().migration(migration).build();
    s.world
        .platform()
        .protect(
            Workload.of(id.toString(), Priority.HIGH, Capacity.of(1, 1))
                .withOrigin(Workload.Origin.NEW)
                .withPolicy(policy));
    s.await("it runs", () -> s.copies(id) == 1 && s.everythingRuns());
    return s;
  }

  private static HostId other(Scripts s, WorkloadId id) {
    return s.world.physical().hosts().stream()
        .filter(host -> !host.equals(s.hostOf(id)))
        .findFirst()
        .orElseThrow();
  }

  private static boolean wasSent(Scripts s, WorkloadId id) {
    return s.world.trace().stream().anyMatch(line -> line.contains("## is sending " + id));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ct:7", "iscsi:store-1"})
  void itFailsOver(String name) {
    WorkloadId id = WorkloadId.parse(name);
    Scripts s = runningWith(id, Migration.COLD);
    HostId victim = s.hostOf(id);
    s.world.faults().crash(victim);
    s.await("fenced", () -> s.has(victim, HostState.FENCED));
    s.await("elsewhere", () -> s.copies(id) == 1 && s.everythingRuns());
    assertThat(s.hostOf(id)).isNotEqualTo(victim);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ct:7", "iscsi:store-1"})
  void itMovesCold(String name) {
    WorkloadId id = WorkloadId.parse(name);
    Scripts s = runningWith(id, Migration.COLD);
    HostId target = other(s, id);
    s.world.platform().move(id, target, true);
    s.await("moved", () -> s.copies(id) == 1 && s.hostOf(id).equals(target) && s.everythingRuns());
    assertThat(wasSent(s, id)).isFalse();
    s.world.platform().maintenance(target, true);
    s.await("driven away", () -> s.copies(id) == 1 && !s.hostOf(id).equals(target));
    assertThat(wasSent(s, id)).isFalse();
  }

  @Test
  void aContainerMovesLiveWhereItsHypervisorCan() {
    WorkloadId id = WorkloadId.parse("ct:7");
    Scripts s = runningWith(id, Migration.LIVE);
    HostId target = other(s, id);
    s.world.platform().move(id, target, true);
    s.await("moved", () -> s.copies(id) == 1 && s.hostOf(id).equals(target) && s.everythingRuns());
    assertThat(wasSent(s, id)).isTrue();
  }

  @Test
  void oneThatCannotBeMigratedLiveAlthoughItsPolicySaysSoRunsOnWhereItIs() {
    WorkloadId id = WorkloadId.parse("iscsi:store-1");
    Scripts s = runningWith(id, Migration.LIVE);
    HostId home = s.hostOf(id);
    s.world.platform().move(id, other(s, id), true);
    s.pass(Duration.ofMinutes(1));
    assertThat(s.copies(id)).isEqualTo(1);
    assertThat(s.hostOf(id)).isEqualTo(home);
    assertThat(wasSent(s, id)).isFalse();
    assertThat(s.everythingRuns()).isTrue();
    assertThat(s.info(id).reason()).contains("no live migration here");
  }
}
