package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.api.Waiting;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.Migration;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.Placement.Move;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.record.WorkloadRequest.Action;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What could stay where it is goes where it would rather be only when that is worth it. */
class FailbackTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  private static WorkloadPolicy.Builder usual() {
    return WorkloadPolicy.DEFAULT.toBuilder();
  }

  private static WorkloadPolicy.Builder cold() {
    return usual().migration(Migration.COLD);
  }

  /** It runs on host3. */
  private static ControllerScript running(WorkloadPolicy.Builder policy) {
    Workload workload = Scenes.newWorkload("vm:1").workload().withPolicy(policy.build());
    ControllerScript script =
        new ControllerScript("host1", "host2", "host3")
            .put(new StateRecord.WorkloadConfig(workload))
            .put(Placement.none(VM).atHome(new HostId("host3")))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    List.of("host1", "host2", "host3").forEach(script::reports);
    assertThat(Scenes.placement(script, "vm:1").isOn(new HostId("host3"))).isTrue();
    return script;
  }

  /** A rule prefers each of these hosts to those after it. */
  private static void prefers(ControllerScript script, boolean strict, String... hosts) {
    TreeMap<HostId, Integer> ranks = new TreeMap<>();
    Arrays.stream(hosts).forEach(host -> ranks.put(new HostId(host), -ranks.size()));
    StateRecord rule =
        new StateRecord.RuleConfig(
            new Rule.HostAffinity("prefers", new TreeSet<>(List.of(VM)), ranks, strict));
    script.put(rule).reread(rule.key());
  }

  private static void maintenance(ControllerScript script, String host, boolean wanted) {
    HostDirective directive = new HostDirective(new HostId(host), wanted, Optional.empty());
    script.put(directive).reread(directive.key());
  }

  private static Optional<Move> move(ControllerScript script) {
    return Scenes.placement(script, "vm:1").move();
  }

  private static Optional<String> target(ControllerScript script) {
    return move(script).map(move -> move.target().value());
  }

  private static List<Waiting> waits(ControllerScript script) {
    return script.explainWorkload("vm:1").waitsFor();
  }

  /** The cold move under way comes to its good end. */
  private static void movesCold(ControllerScript script) {
    Move move = move(script).orElseThrow();
    assertThat(move.phase()).isEqualTo(Move.Phase.COLD);
    String to = move.target().value();
    Scenes.reports(script, "vm:1", move.source().value(), Condition.GIVEN_UP);
    script.reports(to);
    assertThat(Scenes.placement(script, "vm:1").isOn(move.target())).isTrue();
  }

  // What would be interrupted

  @Test
  void whatWouldHaveToBeStoppedIsNotMovedForAPreferenceAndSaysSo() {
    ControllerScript script = running(cold());
    assertThat(waits(script)).isEmpty();
    prefers(script, false, "host1", "host3");
    assertThat(move(script)).isEmpty();
    assertThat(waits(script))
        .containsExactly(new Waiting(Kind.INTERRUPTION, "host1", Optional.empty()));
    Scenes.changes(script, "vm:1", w -> w.withPolicy(usual().build()));
    assertThat(target(script)).as("live, it costs nothing").contains("host1");
  }

  @Test
  void theRanksOfAStrictRuleAreAPreferenceToo() {
    ControllerScript script = running(cold());
    prefers(script, true, "host1", "host3");
    assertThat(move(script)).isEmpty();
    assertThat(waits(script)).extracting(Waiting::kind).containsExactly(Kind.INTERRUPTION);
  }

  @Test
  void itSaysSoOnlyWhileThatHostCouldTakeIt() {
    ControllerScript script = running(cold());
    prefers(script, false, "host1", "host3");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(waits(script)).isEmpty();
    script.isHeardAgain("host1");
    script.reports("host1");
    assertThat(move(script)).isEmpty();
    assertThat(waits(script)).extracting(Waiting::on).containsExactly("host1");
  }

  @Test
  void forAStrictRuleItIsStopped() {
    ControllerScript script = running(cold());
    prefers(script, true, "host2", "host1");
    assertThat(target(script)).contains("host2");
    movesCold(script);
  }

  @Test
  void whereSomebodyWantsItItGoes() {
    ControllerScript script = running(cold());
    prefers(script, false, "host1", "host3");
    Scenes.asks(script, "vm:1", 1, new Action.Move(new HostId("host1")));
    assertThat(target(script)).contains("host1");
    movesCold(script);
    assertThat(waits(script)).isEmpty();
  }

  @Test
  void maintenanceMovesItThereAndBack() {
    ControllerScript script = running(cold());
    maintenance(script, "host3", true);
    movesCold(script);
    maintenance(script, "host3", false);
    assertThat(target(script)).as("the return is part of the maintenance").contains("host3");
  }

  @Test
  void afterMaintenanceItIsNotDrawnElsewhere() {
    ControllerScript script = running(cold());
    prefers(script, false, "host1", "host2", "host3");
    maintenance(script, "host1", true);
    maintenance(script, "host3", true);
    assertThat(target(script)).contains("host2");
    movesCold(script);
    maintenance(script, "host1", false);
    maintenance(script, "host3", false);
    assertThat(move(script)).isEmpty();
    assertThat(waits(script)).extracting(Waiting::on).containsExactly("host1");
  }
}
