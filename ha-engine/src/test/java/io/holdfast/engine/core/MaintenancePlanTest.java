package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.MaintenancePlan;
import io.holdfast.api.MaintenancePlan.Step;
import io.holdfast.api.Rule;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.RuleConfig;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a host's maintenance would do, shown before it begins. */
class MaintenancePlanTest {
  private static final HostId HOST1 = new HostId("host1");

  private static Step only(ControllerScript script) {
    MaintenancePlan plan = script.maintenancePlan("host1");
    assertThat(plan.host()).isEqualTo(HOST1);
    assertThat(plan.steps()).hasSize(1);
    return plan.steps().get(0);
  }

  @Test
  void itSaysWhereEachWouldGoAndBack() {
    ControllerScript script = Scenes.vmOnHost1();
    Step step = only(script);
    assertThat(step.target()).contains(new HostId("host2"));
    assertThat(step.live()).isTrue();
    assertThat(step.wayBack()).contains(HOST1);
    assertThat(step.why()).isNotBlank();
    assertThat(script.maintenancePlan("host1").isComplete()).isTrue();
  }

  @Test
  void itIsWhatMaintenanceThenDoes() {
    ControllerScript script = Scenes.vmOnHost1();
    Step step = only(script);
    HostDirective wanted = new HostDirective(HOST1, true, Optional.empty());
    script.put(wanted).reread(wanted.key());
    assertThat(Scenes.placement(script, "vm:1").move().orElseThrow().target())
        .isEqualTo(step.target().orElseThrow());
    assertThat(Scenes.placement(script, "vm:1").wayBack()).isEqualTo(step.wayBack());
  }

  @Test
  void theQuestionChangesNothing() {
    ControllerScript script = Scenes.vmOnHost1();
    int commits = script.all(Commit.class).size();
    assertThat(script.maintenancePlan("host1")).isEqualTo(script.maintenancePlan("host1"));
    script.passes(ControllerScript.TIMINGS.silence());
    assertThat(script.all(Commit.class)).hasSize(commits);
  }

  @Test
  void whatWouldStayIsNamedWithTheReason() {
    ControllerScript script = Scenes.vmOnHost1();
    WorkloadPolicy pinned = WorkloadPolicy.DEFAULT.toBuilder().movable(false).build();
    Scenes.changes(script, "vm:1", w -> w.withPolicy(pinned));
    Step step = only(script);
    assertThat(step.target()).isEmpty();
    assertThat(step.why()).contains("not moved");
    assertThat(script.maintenancePlan("host1").isComplete()).isFalse();
  }

  @Test
  void oneWhoseLockIsHeldStays() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.locks(script, "vm:1", Optional.of("backup"));
    assertThat(only(script).why()).contains("backup");
  }

  /** These run on host1. */
  private static ControllerScript running(String... ids) {
    ControllerScript script = new ControllerScript("host1", "host2", "host3");
    for (String id : ids) {
      script.put(Scenes.newWorkload(id));
      script.put(Placement.none(WorkloadId.parse(id)).atHome(HOST1));
    }
    script.seesLeases().leads(1).allReport("host1", "host2", "host3");
    script.reports("host1");
    return script;
  }

  private static void demands(ControllerScript script, String id, long processors) {
    Scenes.changes(script, id, w -> w.withDemand(Capacity.of(processors, 1024)));
  }

  @Test
  void partnersGoTogetherAndEachOnce() {
    ControllerScript script = running("vm:1", "vm:2", "vm:3");
    TreeSet<WorkloadId> both =
        new TreeSet<>(List.of(WorkloadId.parse("vm:1"), WorkloadId.parse("vm:3")));
    RuleConfig rule =
        new RuleConfig(
            new Rule.WorkloadAffinity("both", both, Rule.Kind.POSITIVE, Rule.Level.HOST, true));
    script.put(rule).reread(rule.key());
    Scenes.changes(
        script,
        "vm:3",
        w ->
            w.withPolicy(
                WorkloadPolicy.DEFAULT.toBuilder()
                    .migration(WorkloadPolicy.Migration.COLD)
                    .build()));
    demands(script, "vm:3", 6);
    demands(script, "vm:2", 4);
    List<Step> steps = script.maintenancePlan("host1").steps();
    assertThat(steps)
        .extracting(step -> step.workload().toString())
        .containsExactly("vm:1", "vm:2", "vm:3");
    assertThat(steps.get(2).why()).isEqualTo("with vm:1, its partner");
    assertThat(steps.get(2).target()).isEqualTo(steps.get(0).target());
    assertThat(steps.get(2).wayBack()).contains(HOST1);
    assertThat(steps.get(2).live()).as("stopped here, started there").isFalse();
    assertThat(steps.get(0).live()).isTrue();
    assertThat(steps.get(1).target())
        .as("there is no room beside both")
        .isPresent()
        .isNotEqualTo(steps.get(0).target());
  }

  @Test
  void whatGoesSomewhereTakesRoomThere() {
    ControllerScript script = running("vm:1", "vm:2", "vm:3");
    for (String id : List.of("vm:1", "vm:2", "vm:3")) {
      demands(script, id, 5);
    }
    List<Step> steps = script.maintenancePlan("host1").steps();
    assertThat(steps.get(0).target()).contains(new HostId("host2"));
    assertThat(steps.get(1).target()).contains(new HostId("host3"));
    assertThat(steps.get(2).target()).as("both are full").isEmpty();
    assertThat(steps.get(2).why()).isNotBlank();
  }

  @Test
  void whatIsNotWantedRunningOrMovesAlreadyStays() {
    ControllerScript stopped = Scenes.vmOnHost1();
    Scenes.wants(stopped, "vm:1", DesiredState.STOPPED);
    assertThat(only(stopped).why()).startsWith("it is not wanted running");

    ControllerScript moving = Scenes.vmOnHost1();
    Scenes.asks(moving, "vm:1", 1, new Action.Move(new HostId("host3")));
    assertThat(only(moving).why()).isEqualTo("a move of it is under way");
  }

  @Test
  void aDisarmedClusterMovesNothing() {
    ControllerScript script = Scenes.vmOnHost1();
    ClusterConfig disarmed =
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder()
                .disarmed(Optional.of(ClusterPolicy.DisarmMode.FREEZE))
                .build());
    script.put(disarmed).reread(disarmed.key());
    assertThat(only(script).why()).isEqualTo("the cluster is disarmed, or about to be");
  }

  @Test
  void whatIsToGoBackGoesWhereItIsLikedMostAndWhatIsNotStaysWhereRulesAllow() {
    for (boolean failback : List.of(true, false)) {
      ControllerScript script = Scenes.vmOnHost1();
      TreeMap<HostId, Integer> hosts = new TreeMap<>(Map.of(new HostId("host3"), 5));
      TreeSet<WorkloadId> workloads = new TreeSet<>(List.of(WorkloadId.parse("vm:1")));
      Scenes.changes(
          script,
          "vm:1",
          w -> w.withPolicy(WorkloadPolicy.DEFAULT.toBuilder().failback(failback).build()));
      RuleConfig rather = new RuleConfig(new Rule.HostAffinity("rather", workloads, hosts, false));
      script.put(rather).reread(rather.key());
      if (failback) {
        assertThat(only(script).why()).isEqualTo("a move of it is under way");
      } else {
        assertThat(only(script).target()).contains(new HostId("host3"));
      }
    }
  }
}
