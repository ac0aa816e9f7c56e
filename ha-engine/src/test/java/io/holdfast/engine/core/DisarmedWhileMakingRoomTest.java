package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Priority;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The cluster is to be disarmed while some are stopped for others. */
class DisarmedWhileMakingRoomTest {
  private final FullHosts hosts = new FullHosts("host1", "host2", "host3");

  private void disarm() {
    ClusterConfig now =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .makeRoom(MakeRoom.EVICT)
                .disarmed(Optional.of(DisarmMode.FREEZE))
                .build());
    hosts.script.put(now).reread(now.key());
  }

  /** vm:1 needs what vm:8 and vm:9 leave, and vm:9 goes after vm:6, which takes its time. */
  @Test
  void whoWasToldToStopIsWaitedForAndStartedAgainWhereThereIsRoom() {
    hosts.on("host1", "vm:1", 8, Priority.HIGH);
    hosts.on("host2", "vm:8", 4, Priority.LOW);
    hosts.on("host2", "vm:9", 4, Priority.LOW);
    hosts.on("host2", "vm:6", 0, Priority.LOW);
    hosts.with(
        "vm:6", policy -> policy.dependsOn(new TreeSet<>(List.of(WorkloadId.parse("vm:9")))));
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    Scenes.wants(hosts.script, "vm:6", DesiredState.STOPPED);
    hosts.isLost("host1");
    assertThat(hosts.goalOf("vm:8")).isEqualTo(Goal.STOP);
    assertThat(hosts.goalOf("vm:9")).isEqualTo(Goal.RUN);
    disarm();
    assertThat(hosts.phaseOf("vm:9")).contains(Stage.SPARED);
    assertThat(hosts.script.status().disarm().orElseThrow().waitsFor())
        .extracting(Waiting::on)
        .contains("vm:8");
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(hosts.ownerOf("vm:8")).contains("host2");
    assertThat(hosts.goalOf("vm:8")).isEqualTo(Goal.RUN);
  }
}
