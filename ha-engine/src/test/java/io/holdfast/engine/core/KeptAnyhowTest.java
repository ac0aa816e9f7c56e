package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Priority;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostReport.Condition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Room that was sought and found for one is for that one, whatever becomes free, and however. */
class KeptAnyhowTest {

  /** vm:9 goes from host2 anyhow, and vm:1 cannot be started when it has gone. */
  private static FullHosts vm9HasGone() {
    FullHosts hosts = new FullHosts("host1", "host2", "host3");
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host1", "vm:2", 4, Priority.LOW);
    hosts.on("host2", "vm:8", 4, Priority.CRITICAL);
    hosts.on("host2", "vm:9", 4, Priority.LOW);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    Scenes.wants(hosts.script, "vm:9", DesiredState.STOPPED);
    hosts.isLost("host1");
    assertThat(hosts.reasonOf("vm:1"))
        .isEqualTo("room is kept for it on host2, which vm:9 is leaving");
    Scenes.locks(hosts.script, "vm:1", Optional.of("backup"));
    hosts.reports("host2", Condition.STOPPED, "vm:9");
    assertThat(hosts.ownerOf("vm:9")).isEmpty();
    return hosts;
  }

  @Test
  void whatOthersLeaveAnyhowStaysKeptWhenTheyHaveGone() {
    FullHosts hosts = vm9HasGone();
    hosts.script.passes(Duration.ofMinutes(1));
    assertThat(hosts.ownerOf("vm:2")).as("4 are free, and meant for vm:1").isEmpty();
    Scenes.locks(hosts.script, "vm:1", Optional.empty());
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
  }

  @Test
  void butNotForEver() {
    FullHosts hosts = vm9HasGone();
    hosts.script.passes(KeptRoom.KEPT.plus(FullHosts.MOMENT));
    assertThat(hosts.ownerOf("vm:2")).contains("host2");
  }

  @Test
  void whatIsPlannedForOthersKeepsNobodyFromTheRoomThatWasMadeForIt() {
    FullHosts hosts = new FullHosts("host1", "host2", "host3", "host4", "host5");
    hosts.on("host1", "vm:1", 5, Priority.HIGH);
    hosts.on("host2", "vm:8", 5, Priority.LOW);
    hosts.on("host2", "vm:9", 3, Priority.CRITICAL);
    hosts.on("host3", "vm:10", 4, Priority.CRITICAL);
    hosts.on("host4", "vm:11", 5, Priority.CRITICAL);
    hosts.on("host5", "vm:4", 2, Priority.HIGH);
    hosts.on("host5", "vm:5", 2, Priority.HIGH);
    hosts.on("host5", "vm:6", 3, Priority.HIGH);
    hosts.with("vm:6", spec -> spec.dependsOn(new TreeSet<>(List.of(WorkloadId.parse("vm:99")))));
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    hosts.isLost("host5");
    for (int i = 0; i < 3; i++) {
      hosts.script.reports("host3");
      hosts.script.reports("host4");
    }
    assertThat(hosts.ownerOf("vm:4")).contains("host3");
    assertThat(hosts.ownerOf("vm:5")).as("where vm:4 is: that was planned").contains("host3");
    assertThat(hosts.reasonOf("vm:6")).startsWith("waiting for [vm:99] to run");
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
  }
}
