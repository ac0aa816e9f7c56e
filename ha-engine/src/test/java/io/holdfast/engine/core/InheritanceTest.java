package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.RestartPolicy;
import io.holdfast.api.Waiting;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whoever takes over does not begin pauses anew at their shortest: that would be hammering. */
class InheritanceTest {
  private static final List<String> HOSTS = List.of("host1", "host2", "host3");
  private static final Duration FIRST_MOVE_PAUSE =
      ControllerScript.TIMINGS.silence().multipliedBy(2);

  private static ControllerScript successor(ControllerScript former, long epoch) {
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    former.store.values().forEach(next::put);
    next.seesLeases().leads(epoch);
    HOSTS.forEach(next::renews);
    HOSTS.forEach(next::reports);
    return next;
  }

  // Starts

  private static ControllerScript givenUpByAll() {
    RestartPolicy restart = RestartPolicy.of(0, Duration.ofSeconds(40), Duration.ofMinutes(10), 99);
    Workload workload = Scenes.newWorkload("vm:1").workload();
    WorkloadPolicy policy = WorkloadPolicy.DEFAULT.toBuilder().restart(restart).build();
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(new WorkloadConfig(workload.withPolicy(policy)))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    for (int i = 0; i < 3; i++) {
      String host = Scenes.placement(script, "vm:1").owner().orElseThrow().host().value();
      Scenes.reports(script, "vm:1", host, Condition.GIVEN_UP);
    }
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    return script;
  }

  @Test
  void whatEveryHostGaveUpIsNotTriedAgainAtOnceByTheNextController() {
    ControllerScript script = givenUpByAll();
    Duration pause = pauseOf(script);
    ControllerScript next = successor(script, 2);
    assertThat(Scenes.placement(next, "vm:1").owner()).isEmpty();
    assertThat(pauseOf(next)).isEqualTo(pause);
    next.passes(pause.minusSeconds(1));
    assertThat(Scenes.placement(next, "vm:1").owner()).isEmpty();
    next.passes(Duration.ofSeconds(2));
    assertThat(Scenes.placement(next, "vm:1").owner()).isPresent();
  }

  private static Duration pauseOf(ControllerScript script) {
    return script.explainWorkload("vm:1").waitsFor().stream()
        .filter(waiting -> waiting.kind() == Waiting.Kind.BACKOFF)
        .flatMap(waiting -> waiting.remaining().stream())
        .findFirst()
        .orElseThrow();
  }

  // Moves

  private static void host1IsToBeEmptied(ControllerScript script) {
    HostDirective directive = new HostDirective(new HostId("host1"), true, Optional.empty());
    script.put(directive).reread(directive.key());
  }

  /** The move under way is not begun, and taken back. */
  private static void isNotBegun(ControllerScript script) {
    script.passes(ControllerConfig.MOVE_HOLD.plusSeconds(1));
    script.reports("host1");
    assertThat(Scenes.placement(script, "vm:1").move()).isEmpty();
  }

  @Test
  void aMoveThatFailedIsNotTriedAgainAtOnceByTheNextController() {
    ControllerScript script = Scenes.vmOnHost1();
    host1IsToBeEmptied(script);
    isNotBegun(script);
    ControllerScript next = successor(script, 2);
    assertThat(Scenes.placement(next, "vm:1").move()).isEmpty();
    next.passes(FIRST_MOVE_PAUSE.minusSeconds(1));
    assertThat(next.told(HaEvent.MoveBegun.class)).isEmpty();
    next.passes(Duration.ofSeconds(2));
    assertThat(next.told(HaEvent.MoveBegun.class)).hasSize(1);
  }

  @Test
  void thePauseGoesOnGrowing() {
    ControllerScript script = Scenes.vmOnHost1();
    host1IsToBeEmptied(script);
    isNotBegun(script);
    ControllerScript next = successor(script, 2);
    next.passes(FIRST_MOVE_PAUSE.plusSeconds(1));
    isNotBegun(next);
    assertThat(Scenes.placement(next, "vm:1").trials().movesFailed()).isEqualTo(2);
    assertThat(pauseOf(successor(next, 3))).isEqualTo(FIRST_MOVE_PAUSE.multipliedBy(2));
  }

  @Test
  void aMoveThatArrivesEndsThat() {
    ControllerScript script = Scenes.vmOnHost1();
    host1IsToBeEmptied(script);
    isNotBegun(script);
    script.passes(FIRST_MOVE_PAUSE.plusSeconds(1));
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    script.reports("host2");
    assertThat(Scenes.placement(script, "vm:1").trials().movesFailed()).isZero();
  }
}
