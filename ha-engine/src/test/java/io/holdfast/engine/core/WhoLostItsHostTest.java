package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Move;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Room is made for what has lost its host, whatever has become of that host since. */
class WhoLostItsHostTest {
  private final FullHosts hosts = new FullHosts("host1", "host2", "host3");

  /** vm:1 needs half of a host; host2 runs vm:8 and vm:9, host3 nothing that may be stopped. */
  private void full(MakeRoom makeRoom) {
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host2", "vm:8", 4, Priority.LOW);
    hosts.on("host2", "vm:9", 4, Priority.MEDIUM);
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.begin(makeRoom);
  }

  /** vm:2 has filled host1 while vm:1 was locked. */
  private void itsHostIsBackAndFull() {
    full(MakeRoom.NOTHING);
    hosts.isLost("host1");
    Scenes.locks(hosts.script, "vm:1", Optional.of("backup"));
    hosts.script.put(Scenes.newWorkload("vm:2"));
    Scenes.changes(hosts.script, "vm:2", spec -> spec.withDemand(Capacity.of(8, 16)));
    hosts.joinsAgain("host1");
    hosts.script.reports("host1");
    assertThat(hosts.ownerOf("vm:2")).contains("host1");
    Scenes.locks(hosts.script, "vm:1", Optional.empty());
    assertThat(hosts.reasonOf("vm:1")).startsWith("no host can take it");
  }

  @Test
  void whoseHostIsBackAndFullHasLostIt() {
    itsHostIsBackAndFull();
    hosts.asksFor(MakeRoom.EVICT);
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
  }

  @Test
  void aControllerThatKnowsOnlyWhatThatHostIsNowSaysWhyNoRoomIsMade() {
    itsHostIsBackAndFull();
    FullHosts next = hosts.successorHearing("host1", "host2", "host3");
    next.asksFor(MakeRoom.EVICT);
    assertThat(next.script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    next.script.passes(FullHosts.MOMENT);
    assertThat(next.evicted()).isEmpty();
    assertThat(next.reasonOf("vm:1"))
        .startsWith("no host can take it")
        .endsWith("; no room is made for it, as host1, where it was last, is not lost");
  }

  @Test
  void whoseHostIsBackAndToBeEmptyHasLostIt() {
    full(MakeRoom.NOTHING);
    hosts.isLost("host1");
    HostDirective directive = new HostDirective(new HostId("host1"), true, Optional.empty());
    hosts.script.put(directive).reread(directive.key());
    hosts.joinsAgain("host1");
    assertThat(hosts.script.stateOf("host1")).isEqualTo(HostState.MAINTENANCE);
    hosts.asksFor(MakeRoom.EVICT);
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
  }

  /** vm:1 was started on host2 after it had lost host1, and was given up there. */
  private void itIsGivenUp() {
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host2", "vm:9", 4, Priority.MEDIUM);
    hosts.on("host3", "vm:7", 8, Priority.LOW);
    hosts.begin(MakeRoom.NOTHING);
    hosts.isLost("host1");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
    hosts.reports("host2", Condition.GIVEN_UP, "vm:1");
    assertThat(hosts.ownerOf("vm:1")).isEmpty();
  }

  @Test
  void whoWasGivenUpHasNoHost() {
    itIsGivenUp();
    hosts.asksFor(MakeRoom.EVICT);
    assertThat(hosts.evicted()).containsExactly("vm:7 host3 vm:1");
    assertThat(hosts.script.told(HaEvent.EvictionBegun.class).get(0).why())
        .startsWith("vm:1 (High) was given up by its host and finds no room;");
  }

  @Test
  void anotherControllerKnowsThatItWasGivenUp() {
    itIsGivenUp();
    FullHosts next = hosts.successorHearing("host2", "host3");
    next.asksFor(MakeRoom.EVICT);
    next.script.passes(ControllerScript.TIMINGS.silence().plus(FullHosts.MOMENT));
    assertThat(next.evicted()).containsExactly("vm:7 host3 vm:1");
  }

  @Test
  void whatWasStoppedToBeMovedHasItsRoomKeptWhereRoomIsMade() {
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host2", "vm:8", 4, Priority.LOW);
    hosts.on("host2", "vm:9", 4, Priority.CRITICAL);
    Move move =
        new Move(new OpId(1, 99), new HostId("host1"), new HostId("host3"), Move.Phase.COLD, "so");
    hosts.script.put(Scenes.placement(hosts.script, "vm:1").moving(Optional.of(move)).released());
    hosts.script.put(new HostDirective(new HostId("host3"), true, Optional.empty()));
    hosts.beginHearing(MakeRoom.EVICT, "host2", "host3");
    hosts.script.silencePasses();
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    Scenes.locks(hosts.script, "vm:1", Optional.of("backup"));
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    hosts.script.passes(FullHosts.MOMENT);
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.CLEARED);
    assertThat(hosts.ownerOf("vm:8")).as("what it left is kept").isEmpty();
    Scenes.locks(hosts.script, "vm:1", Optional.empty());
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
  }
}
