package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.AdmissionPolicy;
import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Priority;
import io.holdfast.api.Rule;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Room that is kept for a less important workload is not kept from a more important one. */
class GivingWayTest {
  private final FullHosts hosts = new FullHosts("host1", "host2", "host3", "host4");

  /** On host2 6 are free, and 8 are meant for vm:1, which waits for vm:9 to be moved. */
  private void roomIsMadeByAMove(Priority vm2) {
    roomIsMadeByAMove(vm2, ClusterPolicy.DEFAULT.toBuilder());
  }

  private void roomIsMadeByAMove(Priority vm2, ClusterPolicy.Builder policy) {
    hosts.on("host1", "vm:1", 8, Priority.LOW);
    hosts.on("host2", "vm:9", 2, Priority.CRITICAL);
    hosts.on("host3", "vm:7", 6, Priority.CRITICAL);
    hosts.on("host4", "vm:2", 4, vm2);
    hosts.on("host4", "vm:5", 4, Priority.LOW);
    hosts.begin(policy.makeRoom(MakeRoom.MOVE));
    hosts.isLost("host1");
    assertThat(hosts.moves()).containsExactly("vm:9 host2 host3");
    assertThat(hosts.reasonOf("vm:1")).startsWith("room is made for it on host2");
  }

  @Test
  void aMoreImportantOneThatComesLaterIsStartedAndWhatWasBegunGoesOn() {
    roomIsMadeByAMove(Priority.CRITICAL);
    hosts.isLost("host4");
    assertThat(hosts.ownerOf("vm:2")).contains("host2");
    assertThat(Scenes.placement(hosts.script, "vm:9").move()).isPresent();
    hosts.script.reports("host2");
    assertThat(hosts.ownerOf("vm:1")).isEmpty();
    assertThat(hosts.reasonOf("vm:1")).startsWith("no host can take it");
  }

  @Test
  void oneThatIsAsImportantWaits() {
    roomIsMadeByAMove(Priority.LOW);
    hosts.isLost("host4");
    assertThat(hosts.ownerOf("vm:2")).isEmpty();
    assertThat(hosts.reasonOf("vm:1")).startsWith("room is made for it on host2");
  }

  @Test
  void whoCannotBeStartedAnyhowTakesNothingFromIt() {
    roomIsMadeByAMove(Priority.CRITICAL);
    Scenes.changes(hosts.script, "vm:2", spec -> spec.withDemand(Capacity.of(9, 16)));
    hosts.isLost("host4");
    assertThat(hosts.ownerOf("vm:2")).isEmpty();
    assertThat(hosts.reasonOf("vm:1")).startsWith("room is made for it on host2");
  }

  private void vm3IsStartedForTheFirstTime() {
    Workload spec = Scenes.newWorkload("vm:3").workload();
    WorkloadConfig config =
        new WorkloadConfig(
            new Workload(
                spec.id(),
                Priority.CRITICAL,
                Capacity.of(4, 16),
                spec.desired(),
                spec.origin(),
                spec.policy(),
                spec.lock()));
    hosts.script.put(config).reread(config.key());
  }

  @Test
  void oneThatIsStartedForTheFirstTimeIsNotKeptFromItEither() {
    roomIsMadeByAMove(Priority.LOW);
    vm3IsStartedForTheFirstTime();
    assertThat(hosts.ownerOf("vm:3")).contains("host2");
  }

  @Test
  void whatMayBeRefusedAnyhowTakesNothingFromIt() {
    AdmissionPolicy refusing =
        new AdmissionPolicy(AdmissionPolicy.Action.REFUSE, 1, Rule.Level.HOST);
    roomIsMadeByAMove(Priority.LOW, ClusterPolicy.DEFAULT.toBuilder().admission(refusing));
    vm3IsStartedForTheFirstTime();
    assertThat(hosts.script.statusOf("vm:3").host()).isEmpty();
    assertThat(hosts.reasonOf("vm:1")).startsWith("room is made for it on host2");
  }

  @Test
  void roomIsNotKeptEitherOnTheTargetOfAMoveThatHasNotBegun() {
    hosts.on("host1", "vm:1", 5, Priority.LOW);
    hosts.on("host2", "vm:4", 3, Priority.CRITICAL);
    hosts.on("host2", "vm:5", 2, Priority.CRITICAL);
    hosts.on("host2", "vm:6", 2, Priority.CRITICAL);
    hosts.on("host3", "vm:7", 4, Priority.CRITICAL);
    hosts.on("host4", "vm:2", 2, Priority.CRITICAL);
    hosts.on("host4", "vm:3", 6, Priority.LOW);
    for (String id : List.of("vm:3", "vm:4", "vm:7")) {
      hosts.with(id, policy -> policy.movable(false));
    }
    hosts.begin(ClusterPolicy.DEFAULT.toBuilder().makeRoom(MakeRoom.MOVE).movesInCluster(1));
    hosts.isLost("host1");
    assertThat(hosts.moves()).containsExactly("vm:5 host2 host3");
    hosts.isLost("host4");
    assertThat(hosts.ownerOf("vm:2")).as("2 are free there, and meant for vm:6").contains("host3");
    hosts.script.passes(Duration.ofSeconds(5));
    assertThat(hosts.moves()).containsExactly("vm:5 host2 host3");
  }

  @Test
  void whoeverIsBeingStoppedForTheOtherIsCarriedOut() {
    hosts.on("host1", "vm:1", 8, Priority.MEDIUM);
    hosts.on("host2", "vm:8", 2, Priority.LOW);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.on("host4", "vm:2", 4, Priority.CRITICAL);
    hosts.on("host4", "vm:3", 4, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    hosts.isLost("host4");
    assertThat(hosts.ownerOf("vm:2")).contains("host2");
    assertThat(hosts.goalOf("vm:8")).isEqualTo(Goal.STOP);
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    hosts.script.reports("host2");
    assertThat(hosts.ownerOf("vm:3")).as("stopped for nobody else").contains("host2");
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.WAITING);
  }

  @Test
  void whoeverIsToBeStoppedForTheOtherAndWasNotToldYetRunsOn() {
    hosts.on("host1", "vm:1", 8, Priority.MEDIUM);
    hosts.on("host2", "vm:8", 2, Priority.LOW);
    hosts.on("host2", "vm:6", 0, Priority.LOW);
    hosts.with(
        "vm:6", policy -> policy.dependsOn(new TreeSet<>(List.of(WorkloadId.parse("vm:8")))));
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.on("host4", "vm:2", 4, Priority.CRITICAL);
    hosts.on("host4", "vm:3", 4, Priority.LOW);
    hosts.begin(MakeRoom.EVICT);
    Scenes.wants(hosts.script, "vm:6", DesiredState.STOPPED);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    assertThat(hosts.goalOf("vm:8")).isEqualTo(Goal.RUN);
    hosts.isLost("host4");
    assertThat(hosts.ownerOf("vm:2")).contains("host2");
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.SPARED);
  }

  @Test
  void roomIsSoughtForItAsIfNothingWereKeptForTheOther() {
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host2", "vm:8", 4, Priority.LOW);
    hosts.on("host2", "vm:9", 4, Priority.MEDIUM);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.on("host4", "vm:2", 8, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    hosts.isLost("host4");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:2");
    hosts.reports("host2", Condition.STOPPED, "vm:8", "vm:9");
    assertThat(hosts.ownerOf("vm:2")).contains("host2");
    assertThat(hosts.ownerOf("vm:1")).isEmpty();
  }

  @Test
  void theOtherDoesNotTakeWhatWasClearedForItWhileSomebodyIsStillToGo() {
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host2", "vm:8", 4, Priority.LOW);
    hosts.on("host2", "vm:9", 4, Priority.MEDIUM);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.on("host4", "vm:2", 8, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    hosts.isLost("host4");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:2");
    hosts.reports("host2", Condition.STOPPED, "vm:9");
    hosts.script.passes(FullHosts.MOMENT);
    assertThat(hosts.ownerOf("vm:1")).as("vm:9 went for vm:2, which needs vm:8's, too").isEmpty();
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(hosts.ownerOf("vm:2")).contains("host2");
    assertThat(hosts.evicted()).hasSize(2);
  }

  @Test
  void nothingIsKeptFromOneThatMayRunThereOnly() {
    hosts.on("host1", "vm:1", 8, Priority.LOW);
    hosts.on("host2", "vm:9", 2, Priority.CRITICAL);
    hosts.on("host3", "vm:7", 6, Priority.CRITICAL);
    hosts.on("host4", "vm:6", 8, Priority.CRITICAL);
    hosts.on("host2", "vm:2", 4, Priority.MEDIUM);
    hosts.with("vm:2", policy -> policy.failover(false));
    hosts.changed("vm:2", spec -> spec.withDesired(DesiredState.STOPPED));
    hosts.script.put(Scenes.placement(hosts.script, "vm:2").released());
    hosts.begin(MakeRoom.MOVE);
    hosts.isLost("host1");
    assertThat(hosts.reasonOf("vm:1")).startsWith("room is made for it on host2");
    Scenes.wants(hosts.script, "vm:2", DesiredState.STARTED);
    assertThat(hosts.ownerOf("vm:2")).contains("host2");
  }
}
