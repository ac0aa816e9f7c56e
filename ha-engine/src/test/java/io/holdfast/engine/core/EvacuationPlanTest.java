package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Host;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.MaintenancePlan.Step;
import io.holdfast.api.OpId;
import io.holdfast.api.Priority;
import io.holdfast.api.Workload;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.Placement.Move;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.HostConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A host of 8 processors is to be empty; host2 has 4 left, host3 has 3. One after the other, two of
 * the four that it runs would find no room.
 */
class EvacuationPlanTest {
  private int placed;
  private final ControllerScript script = new ControllerScript("host1", "host2", "host3");

  @BeforeEach
  void theyRun() {
    on("host2", "vm:8", 4, Priority.MEDIUM);
    on("host3", "vm:9", 5, Priority.MEDIUM);
    on("host1", "vm:1", 4, Priority.MEDIUM);
    on("host1", "vm:2", 3, Priority.HIGH);
    on("host1", "vm:3", 2, Priority.MEDIUM);
    on("host1", "vm:4", 2, Priority.MEDIUM);
    script.put(policy(1));
    script.seesLeases().leads(2).allReport("host1", "host2", "host3");
    List.of("host1", "host2", "host3").forEach(script::reports);
  }

  private void on(String host, String id, long processors, Priority priority) {
    Workload vm = Scenes.newWorkload(id).workload();
    Capacity demand = Capacity.of(processors, 16);
    Workload spec =
        new Workload(vm.id(), priority, demand, vm.desired(), vm.origin(), vm.policy(), vm.lock());
    script.put(new WorkloadConfig(spec));
    script.put(
        Placement.none(vm.id())
            .withOwner(
                new Placement.Owner(
                    new HostId(host), new Incarnation(1), new OpId(1, ++placed), Goal.RUN)));
  }

  private static ClusterConfig policy(int movesInCluster) {
    return new ClusterConfig(
        ClusterPolicy.DEFAULT.toBuilder()
            .movesInCluster(movesInCluster)
            .movesPerHost(movesInCluster)
            .build());
  }

  private void movesAtATime(int most) {
    ClusterConfig policy = policy(most);
    script.put(policy).reread(policy.key());
  }

  private void host1IsToBeEmpty(boolean wanted) {
    HostDirective directive = new HostDirective(new HostId("host1"), wanted, Optional.empty());
    script.put(directive).reread(directive.key());
  }

  private Optional<String> target(String id) {
    return Scenes.placement(script, id).move().map(Move::target).map(HostId::value);
  }

  @Test
  void whatIsShownBeforeIsWhatIsDone() {
    List<Step> steps = script.maintenancePlan("host1").steps();
    assertThat(steps)
        .extracting(
            step -> step.workload() + " " + step.target().map(HostId::value).orElse("stays"))
        .containsExactly("vm:2 host3", "vm:1 stays", "vm:3 host2", "vm:4 host2");
    assertThat(steps.get(0).why()).startsWith("planned for 3 workloads together");
    movesAtATime(10);
    host1IsToBeEmpty(true);
    assertThat(target("vm:1")).isEmpty();
    assertThat(target("vm:2")).contains("host3");
    assertThat(target("vm:3")).contains("host2");
    assertThat(target("vm:4")).contains("host2");
  }

  @Test
  void whatIsLeftOutTakesTheRoomOfNobodyThatIsStillToGo() {
    host1IsToBeEmpty(true);
    assertThat(target("vm:2")).contains("host3");
    movesAtATime(2);
    assertThat(target("vm:1")).isEmpty();
    assertThat(target("vm:3")).contains("host2");
    assertThat(script.statusOf("vm:1").reason()).contains("it cannot leave host1");
  }

  @Test
  void whatDoesNotGoAfterAllLeavesItsRoomToTheOthers() {
    host1IsToBeEmpty(true);
    Scenes.locks(script, "vm:3", Optional.of("backup"));
    Scenes.locks(script, "vm:4", Optional.of("backup"));
    movesAtATime(2);
    assertThat(target("vm:2")).contains("host3");
    assertThat(target("vm:1")).contains("host2");
  }

  @Test
  void aHostThatWasKeptMeanwhileIsPlannedForAnew() {
    host1IsToBeEmpty(true);
    assertThat(target("vm:2")).contains("host3");
    host1IsToBeEmpty(false);
    Scenes.locks(script, "vm:2", Optional.of("backup"));
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    movesAtATime(10);
    host1IsToBeEmpty(true);
    assertThat(target("vm:1")).isEmpty();
    assertThat(List.of(target("vm:3"), target("vm:4")))
        .as("each finds room by itself")
        .containsExactlyInAnyOrder(Optional.of("host2"), Optional.of("host2"));
    assertThat(Scenes.placement(script, "vm:3").move().orElseThrow().why())
        .doesNotContain("planned");
  }

  /** Most of what host1 has is free, but not for those that are to leave it. */
  @Test
  void whatIsShownBeforeIsWhatIsDoneAlsoWhereTheHostItselfHasRoom() {
    host("host1", 64);
    whatIsShownBeforeIsWhatIsDone();
  }

  @Test
  void aHostThatIsTakenOutOfTheClusterIsPlannedWithNoMore() {
    host1IsToBeEmpty(true);
    assertThat(target("vm:2")).contains("host3");
    Key key = new Key(Table.HOST, "host2");
    script.store.remove(key);
    script.reread(key);
    movesAtATime(10);
    assertThat(target("vm:1")).isEmpty();
    assertThat(target("vm:3")).isEmpty();
    assertThat(script.statusOf("vm:3").reason()).contains("it cannot leave host1");
  }

  /** vm:1 would go there, and would leave too little for what is left. */
  @Test
  void whatBecomesFreeIsPlannedWithAnew() {
    Scenes.locks(script, "vm:2", Optional.of("backup"));
    host("host2", 4);
    host("host3", 5);
    host1IsToBeEmpty(true);
    movesAtATime(10);
    for (String id : List.of("vm:1", "vm:3", "vm:4")) {
      assertThat(target(id)).as("nothing is free").isEmpty();
    }
    host("host2", 8);
    host("host3", 9);
    script.passes(Duration.ofSeconds(2));
    assertThat(target("vm:1")).isPresent();
    assertThat(target("vm:3")).isPresent().isEqualTo(target("vm:4")).isNotEqualTo(target("vm:1"));
  }

  /** Replaying a log that does not have the question leads to the same. */
  @Test
  void whoAsksWhatMaintenanceWouldDoChangesNothing() {
    host1IsToBeEmpty(true);
    script.maintenancePlan("host3");
    movesAtATime(2);
    assertThat(script.statusOf("vm:1").reason())
        .contains("what is free is kept for others that are still to go");
    assertThat(target("vm:3")).contains("host2");
  }

  private void host(String id, long processors) {
    HostConfig config = new HostConfig(Host.of(id, Capacity.of(processors, 8192)));
    script.put(config).reread(config.key());
  }
}
