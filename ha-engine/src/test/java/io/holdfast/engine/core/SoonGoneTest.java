package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What will soon be free is counted on, is kept until then, is told, and is not for ever. */
class SoonGoneTest {
  private final FullHosts hosts = new FullHosts("host1", "host2", "host3", "host4");

  /** vm:1 needs all of a host: vm:9 leaves host2, and vm:8 is stopped there. */
  private void vm1NeedsWhatBothLeave(long takenOnHost4) {
    hosts.on("host1", "vm:1", 8, Priority.CRITICAL);
    hosts.on("host2", "vm:8", 4, Priority.LOW);
    hosts.on("host2", "vm:9", 4, Priority.CRITICAL);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.on("host4", "vm:6", takenOnHost4, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
  }

  private void vm8HasStoppedFirst() {
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.CLEARED);
    isKeptUntilVm9HasLeft(hosts);
  }

  private static void isKeptUntilVm9HasLeft(FullHosts hosts) {
    hosts.script.passes(FullHosts.MOMENT);
    assertThat(hosts.ownerOf("vm:8")).isEmpty();
    assertThat(hosts.reasonOf("vm:1"))
        .isEqualTo("room is kept for it on host2, which vm:9 is leaving");
  }

  @Test
  void whatOneLeftIsKeptUntilWhoIsStoppedByItsOwnerHasGoneToo() {
    vm1NeedsWhatBothLeave(8);
    Scenes.wants(hosts.script, "vm:9", DesiredState.STOPPED);
    vm8HasStoppedFirst();
    hosts.reports("host2", Condition.STOPPED, "vm:9");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.WAITING);
  }

  @Test
  void whatOneLeftIsKeptUntilWhoIsMovedHasGoneToo() {
    vm1NeedsWhatBothLeave(4);
    Scenes.asks(hosts.script, "vm:9", 1, new WorkloadRequest.Action.Move(new HostId("host4")));
    vm8HasStoppedFirst();
    hosts.reports("host2", Condition.MIGRATING, "vm:9");
    hosts.reports("host2", Condition.GONE, "vm:9");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
  }

  @Test
  void anotherControllerKeepsItJustSo() {
    vm1NeedsWhatBothLeave(8);
    Scenes.wants(hosts.script, "vm:9", DesiredState.STOPPED);
    vm8HasStoppedFirst();
    FullHosts next = hosts.successorHearing("host2", "host3", "host4");
    isKeptUntilVm9HasLeft(next);
    next.reports("host2", Condition.STOPPED, "vm:9");
    assertThat(next.ownerOf("vm:1")).contains("host2");
  }

  @Test
  void twoThatAreAsImportantBothGetTheRoomThatIsMadeOnOneHost() {
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host1", "vm:2", 4, Priority.HIGH);
    hosts.on("host2", "vm:8", 4, Priority.LOW);
    hosts.on("host2", "vm:9", 4, Priority.LOW);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.on("host4", "vm:6", 8, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:2");
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(hosts.ownerOf("vm:8")).isEmpty();
    hosts.reports("host2", Condition.STOPPED, "vm:9");
    hosts.script.reports("host2");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
    assertThat(hosts.ownerOf("vm:2")).contains("host2");
    assertThat(hosts.evicted()).hasSize(2);
  }

  @Test
  void whereSomebodyStayedItIsNotWaitedForWhoHelpsNotEnough() {
    vm1NeedsWhatBothLeave(8);
    Scenes.wants(hosts.script, "vm:9", DesiredState.STOPPED);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    hosts.reports("host2", Condition.STOP_FAILED, "vm:8");
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.SPARED);
    assertThat(hosts.reasonOf("vm:1")).startsWith("no host can take it");
  }

  /** vm:8 and vm:9 leave host2, and vm:2 could take what the first of them leaves. */
  @Test
  void whereAllThatIsUnderWayIsEnoughThatIsKept() {
    hosts.on("host1", "vm:1", 8, Priority.CRITICAL);
    hosts.on("host1", "vm:2", 4, Priority.LOW);
    hosts.on("host2", "vm:8", 4, Priority.CRITICAL);
    hosts.on("host2", "vm:9", 4, Priority.CRITICAL);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.on("host4", "vm:6", 8, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    Scenes.wants(hosts.script, "vm:8", DesiredState.STOPPED);
    Scenes.wants(hosts.script, "vm:9", DesiredState.STOPPED);
    hosts.isLost("host1");
    assertThat(hosts.reasonOf("vm:1"))
        .isEqualTo("room is kept for it on host2, which [vm:8, vm:9] are leaving");
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(hosts.ownerOf("vm:2")).isEmpty();
    hosts.reports("host2", Condition.STOPPED, "vm:9");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
  }

  @Test
  void whoTakesADayToStopIsNotWaitedForSoLong() {
    hosts.on("host1", "vm:1", 8, Priority.CRITICAL);
    hosts.on("host2", "vm:9", 8, Priority.CRITICAL);
    hosts.with("vm:9", policy -> policy.stopTimeout(Duration.ofDays(1)));
    hosts.on("host3", "vm:4", 8, Priority.LOW);
    hosts.on("host4", "vm:6", 8, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    Scenes.wants(hosts.script, "vm:9", DesiredState.STOPPED);
    hosts.isLost("host1");
    assertThat(hosts.reasonOf("vm:1"))
        .isEqualTo("room is kept for it on host2, which vm:9 is leaving");
    hosts.script.passes(SoonGone.MOST.minusSeconds(30));
    assertThat(hosts.evicted()).isEmpty();
    hosts.script.passes(Duration.ofSeconds(31));
    assertThat(hosts.evicted()).containsExactly("vm:4 host3 vm:1");
  }

  /** vm:9 could go to host3 only when vm:7 has left that. */
  @Test
  void aMoveToWhereRoomIsFreeOnlySoonIsNoneAndALessImportantOneIsStopped() {
    hosts.on("host1", "vm:1", 6, Priority.CRITICAL);
    hosts.on("host2", "vm:8", 2, Priority.CRITICAL);
    hosts.on("host2", "vm:9", 4, Priority.CRITICAL);
    hosts.on("host3", "vm:6", 4, Priority.CRITICAL);
    hosts.on("host3", "vm:7", 4, Priority.CRITICAL);
    hosts.on("host4", "vm:4", 8, Priority.LOW);
    for (String id : new String[] {"vm:4", "vm:6", "vm:8"}) {
      hosts.with(id, policy -> policy.movable(false));
    }
    hosts.begin(MakeRoom.MOVE_OR_EVICT);
    Scenes.wants(hosts.script, "vm:7", DesiredState.STOPPED);
    hosts.isLost("host1");
    assertThat(hosts.moves()).isEmpty();
    assertThat(hosts.evicted()).containsExactly("vm:4 host4 vm:1");
  }
}
