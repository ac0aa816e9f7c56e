package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy.MakeRoom;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Priority;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Eviction.Stage;
import io.holdfast.engine.record.Placement.Goal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** How long those are waited for who are being stopped, and what they hold up meanwhile. */
class EvictionPatienceTest {
  private static final Duration SILENCE = ControllerScript.TIMINGS.silence();

  private final FullHosts hosts = new FullHosts("host1", "host2", "host3");

  /** vm:1 needs half of a host; host2 runs vm:8 and vm:9. */
  private void full(Priority vm8, Priority vm9, Priority vm7) {
    hosts.on("host1", "vm:1", 4, Priority.HIGH);
    hosts.on("host2", "vm:8", 4, vm8);
    hosts.on("host2", "vm:9", 4, vm9);
    hosts.on("host3", "vm:7", 8, vm7);
  }

  // A host that does not come up

  @Test
  void whatIsMadeFreeOnAHostThatDoesNotComeUpIsNotWaitedForForEver() {
    full(Priority.LOW, Priority.CRITICAL, Priority.MEDIUM);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
    FullHosts next = hosts.successorWithReports(List.of("host3"), "host2", "host3");
    assertThat(next.reasonOf("vm:1"))
        .isEqualTo("room is made for it on host2, where vm:8 is stopped");
    next.script.passes(SILENCE.plus(FullHosts.MOMENT));
    assertThat(next.reasonOf("vm:1")).startsWith("no host can take it");
    next.script.passes(SILENCE.plus(FullHosts.MOMENT));
    assertThat(next.evicted()).containsExactly("vm:7 host3 vm:1");
    next.reports("host3", Condition.STOPPED, "vm:7");
    assertThat(next.ownerOf("vm:1")).contains("host3");
    next.script.reports("host3");
    next.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(next.ownerOf("vm:8")).as("it waited for nobody, and is started").isPresent();
  }

  @Test
  void whatIsMadeFreeOnAHostThatComesUpInTimeIsWaitedFor() {
    full(Priority.LOW, Priority.CRITICAL, Priority.MEDIUM);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    FullHosts next = hosts.successorWithReports(List.of("host3"), "host2", "host3");
    next.script.passes(SILENCE.minus(FullHosts.MOMENT));
    next.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(next.ownerOf("vm:1")).contains("host2");
    assertThat(next.evicted()).isEmpty();
  }

  // Those who depend on each other

  /** Both are stopped for vm:1, vm:9 before vm:8. */
  private void oneAfterTheOther() {
    full(Priority.LOW, Priority.LOW, Priority.CRITICAL);
    hosts.changed("vm:1", spec -> spec.withDemand(Capacity.of(8, 16)));
    hosts.on("host2", "vm:6", 0, Priority.LOW);
    for (String id : List.of("vm:6", "vm:9")) {
      hosts.with(id, policy -> policy.dependsOn(new TreeSet<>(List.of(WorkloadId.parse("vm:8")))));
    }
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1", "vm:9 host2 vm:1");
    assertThat(hosts.goalOf("vm:9")).isEqualTo(Goal.STOP);
    assertThat(hosts.goalOf("vm:8")).isEqualTo(Goal.RUN);
    hosts.reports("host2", Condition.STOPPING, "vm:9");
  }

  @Test
  void whoIsStoppedAfterAnotherThatIsStoppedTooIsGivenTheTimeOfBoth() {
    oneAfterTheOther();
    hosts.script.passes(ControllerConfig.MOVE_HOLD.plusSeconds(20));
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.STOPPING);
    hosts.reports("host2", Condition.STOPPED, "vm:9");
    assertThat(hosts.goalOf("vm:8")).isEqualTo(Goal.STOP);
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
  }

  @Test
  void whoIsHeldUpByYetOthersIsGivenItsTimeFromThenOn() {
    oneAfterTheOther();
    hosts.script.passes(ControllerConfig.MOVE_HOLD.minusSeconds(5));
    Scenes.wants(hosts.script, "vm:6", DesiredState.STOPPED);
    hosts.script.passes(Duration.ofSeconds(30));
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.STOPPING);
    hosts.script.passes(ControllerConfig.MOVE_HOLD);
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.SPARED);
  }

  @Test
  void whoIsHeldUpByOneThatCannotBeStoppedIsHeldUpNoMore() {
    oneAfterTheOther();
    hosts.reports("host2", Condition.STOP_FAILED, "vm:9");
    assertThat(hosts.phaseOf("vm:9")).contains(Stage.SPARED);
    assertThat(hosts.goalOf("vm:8")).isEqualTo(Goal.STOP);
  }

  // Those who go down anyway

  @Test
  void nobodyIsStoppedWhereAnotherGoesDownAnyway() {
    full(Priority.LOW, Priority.CRITICAL, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    Scenes.wants(hosts.script, "vm:9", DesiredState.STOPPED);
    assertThat(hosts.goalOf("vm:9")).isEqualTo(Goal.STOP);
    hosts.isLost("host1");
    hosts.script.passes(Duration.ofSeconds(30));
    assertThat(hosts.evicted()).isEmpty();
    hosts.reports("host2", Condition.STOPPED, "vm:9");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
  }

  @Test
  void whoCannotBeStoppedDoesNotCountAsGoingDown() {
    full(Priority.LOW, Priority.CRITICAL, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    Scenes.wants(hosts.script, "vm:9", DesiredState.STOPPED);
    hosts.isLost("host1");
    hosts.reports("host2", Condition.STOP_FAILED, "vm:9");
    hosts.script.passes(MakingRoom.LOOK_EVERY);
    assertThat(hosts.evicted()).containsExactly("vm:8 host2 vm:1");
  }

  // As many as may be

  /** vm:1 is given room by vm:7; for vm:2 all of the 20 on host2 would have to be stopped. */
  private void twoNeedRoom() {
    hosts.on("host1", "vm:1", 8, Priority.HIGH);
    hosts.on("host1", "vm:2", 8, Priority.HIGH);
    for (int i = 0; i < MakingRoom.MOST_STOPPED_AT_ONCE; i++) {
      hosts.on("host2", "vm:on-2-" + i, 1, Priority.LOW);
    }
    hosts.on("host3", "vm:7", 8, Priority.LOW);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).containsExactly("vm:7 host3 vm:1");
  }

  @Test
  void whereMoreWouldBeStoppedAtOnceThanMayBeItSaysSo() {
    twoNeedRoom();
    assertThat(hosts.reasonOf("vm:2"))
        .isEqualTo(
            "room is made for it when fewer are being stopped for others: there are 20 at most");
    assertThat(hosts.script.explainWorkload("vm:2").waitsFor())
        .containsExactly(
            new Waiting(
                Waiting.Kind.LIMIT, "those that are being stopped for others", Optional.empty()));
    hosts.reports("host3", Condition.STOPPED, "vm:7");
    hosts.script.passes(MakingRoom.LOOK_EVERY);
    assertThat(hosts.evicted()).hasSize(1 + MakingRoom.MOST_STOPPED_AT_ONCE);
    assertThat(hosts.reasonOf("vm:2")).startsWith("room is made for it on host2");
  }

  @Test
  void whereNothingIsAskedForAnyMoreItDoesNotSaySo() {
    twoNeedRoom();
    hosts.asksFor(MakeRoom.NOTHING);
    assertThat(hosts.reasonOf("vm:2")).startsWith("no host can take it");
    assertThat(hosts.script.explainWorkload("vm:2").waitsFor())
        .extracting(Waiting::kind)
        .containsExactly(Waiting.Kind.ROOM);
  }

  @Test
  void forWhomMoreWouldBeStoppedThanMayEverBeAtOnceIsToldSo() {
    hosts.on("host1", "vm:1", 8, Priority.HIGH);
    for (int i = 0; i <= MakingRoom.MOST_STOPPED_AT_ONCE; i++) {
      hosts.on("host2", "vm:on-2-" + i, 1, Priority.LOW);
    }
    hosts.on("host3", "vm:7", 8, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    assertThat(hosts.evicted()).isEmpty();
    assertThat(hosts.reasonOf("vm:1"))
        .startsWith("no host can take it")
        .endsWith("; no room is made for it, as more than 20 would have to be stopped");
    Scenes.wants(hosts.script, "vm:on-2-0", DesiredState.STOPPED);
    hosts.reports("host2", Condition.STOPPED, "vm:on-2-0");
    hosts.script.passes(MakingRoom.LOOK_EVERY);
    assertThat(hosts.evicted()).hasSize(MakingRoom.MOST_STOPPED_AT_ONCE);
    assertThat(hosts.reasonOf("vm:1")).startsWith("room is made for it on host2");
  }

  @Test
  void whoIsNotHeardHoldsNobodyUp() {
    twoNeedRoom();
    FullHosts next = hosts.successorWithReports(List.of("host2"), "host2", "host3");
    next.script.passes(SILENCE.multipliedBy(2).plus(MakingRoom.LOOK_EVERY));
    assertThat(next.evicted()).hasSize(MakingRoom.MOST_STOPPED_AT_ONCE);
  }

  // What is over is forgotten

  @Test
  void whatItsOwnerWantsStoppedIsNotSaidToBeStoppedForAnother() {
    full(Priority.LOW, Priority.CRITICAL, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    assertThat(hosts.ownerOf("vm:1")).contains("host2");
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.WAITING);
    Scenes.wants(hosts.script, "vm:8", DesiredState.STOPPED);
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.SPARED);
    assertThat(hosts.reasonOf("vm:8")).isEqualTo("kept stopped");
    Scenes.wants(hosts.script, "vm:8", DesiredState.STARTED);
    hosts.script.reports("host2");
    assertThat(hosts.reasonOf("vm:8")).startsWith("no host can take it");
  }

  @Test
  void whoWasForgottenMeanwhileIsSparedForTheWholeTimeAnew() {
    full(Priority.LOW, Priority.CRITICAL, Priority.CRITICAL);
    hosts.begin(MakeRoom.EVICT);
    hosts.isLost("host1");
    vm8IsStoppedInVain();
    Scenes.wants(hosts.script, "vm:8", DesiredState.IGNORED);
    assertThat(hosts.phaseOf("vm:8")).isEmpty();
    hosts.script.reports("host2", "vm:8");
    hosts.script.passes(Duration.ofMinutes(20));
    Scenes.wants(hosts.script, "vm:8", DesiredState.STARTED);
    hosts.script.reports("host2");
    hosts.script.reports("host2");
    assertThat(hosts.ownerOf("vm:8")).contains("host2");
    vm8IsStoppedInVain();
    hosts.script.passes(Evictions.SPARED.minus(Duration.ofMinutes(1)));
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.SPARED);
    hosts.script.passes(Duration.ofMinutes(2));
    assertThat(hosts.evicted()).hasSize(2);
  }

  /** It is stopped for vm:1, which is locked for too long to be started. */
  private void vm8IsStoppedInVain() {
    Scenes.locks(hosts.script, "vm:1", Optional.empty());
    hosts.script.passes(MakingRoom.LOOK_EVERY);
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.STOPPING);
    Scenes.locks(hosts.script, "vm:1", Optional.of("backup"));
    hosts.reports("host2", Condition.STOPPED, "vm:8");
    hosts.script.passes(KeptRoom.KEPT.plus(FullHosts.MOMENT));
    hosts.script.reports("host2");
    assertThat(hosts.phaseOf("vm:8")).contains(Stage.SPARED);
  }
}
