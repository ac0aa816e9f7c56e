package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.MaintenancePlan;
import io.holdfast.api.MaintenancePlan.Step;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.engine.core.ControllerEffect.Commit;
import io.holdfast.engine.record.HostDirective;
import java.util.Optional;
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
}
