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
import java.time.Duration;
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

  // How long it stays

  private static final Duration STAY = Duration.ofMinutes(2);
  private static final Duration INSTANT = Duration.ofMillis(1);

  private static WorkloadPolicy.Builder staying() {
    return usual().failbackAfter(STAY);
  }

  /** It is where a move has brought it. */
  private static void arrives(ControllerScript script) {
    Move move = move(script).orElseThrow();
    Scenes.reports(script, "vm:1", move.source().value(), Condition.GONE);
    script.reports(move.source().value());
    script.reports(move.target().value());
    script.reports(move.target().value());
    assertThat(move(script)).isEmpty();
    assertThat(Scenes.placement(script, "vm:1").isOn(move.target())).isTrue();
  }

  private static Waiting stays(String host, Duration remaining) {
    return new Waiting(Kind.STAY, host, Optional.of(remaining));
  }

  @Test
  void usuallyItGoesBackAsSoonAsItCan() {
    ControllerScript script = running(usual());
    prefers(script, false, "host1", "host3");
    assertThat(target(script)).contains("host1");
  }

  @Test
  void itGoesBackWhenItHasStayedForAsLongAsItsPolicySaysAndTellsUntilWhen() {
    ControllerScript script = running(staying());
    Duration third = STAY.dividedBy(3);
    script.passes(third);
    prefers(script, false, "host1", "host3");
    assertThat(waits(script)).containsExactly(stays("host1", STAY.minus(third)));
    script.passes(STAY.minus(third).minus(INSTANT));
    assertThat(move(script)).isEmpty();
    script.passes(INSTANT);
    assertThat(target(script)).contains("host1");
  }

  @Test
  void aRestartWhereItIsBeginsItsStayAnew() {
    ControllerScript script = running(staying());
    script.passes(STAY.dividedBy(2));
    Scenes.reports(script, "vm:1", "host3", Condition.STOPPED);
    script.reports("host3");
    prefers(script, false, "host1", "host3");
    assertThat(waits(script)).containsExactly(stays("host1", STAY));
  }

  @Test
  void whatItsHostCannotTellForAMomentDoesNot() {
    ControllerScript script = running(staying());
    script.passes(STAY.dividedBy(2));
    Scenes.reports(script, "vm:1", "host3", Condition.UNKNOWN);
    script.reports("host3");
    prefers(script, false, "host1", "host3");
    assertThat(waits(script)).containsExactly(stays("host1", STAY.dividedBy(2)));
  }

  @Test
  void theHostHasToBeThereForAsLong() {
    ControllerScript script = running(staying());
    script.passes(STAY);
    script.fallsSilent("host1");
    script.silencePasses();
    prefers(script, false, "host1", "host3");
    assertThat(waits(script)).isEmpty();
    script.isHeardAgain("host1");
    script.reports("host1");
    assertThat(waits(script)).containsExactly(stays("host1", STAY));
    script.passes(STAY.minus(INSTANT));
    assertThat(move(script)).isEmpty();
    script.passes(INSTANT);
    assertThat(target(script)).contains("host1");
  }

  @Test
  void aHostThatIsGoneMeanwhileBeginsAnew() {
    ControllerScript script = running(staying());
    prefers(script, false, "host1", "host3");
    script.passes(STAY.dividedBy(2));
    script.fallsSilent("host1");
    script.silencePasses();
    script.isHeardAgain("host1");
    script.reports("host1");
    assertThat(waits(script)).containsExactly(stays("host1", STAY));
  }

  private static void comesAndGoes(ControllerScript script, String host) {
    for (int i = 0; i < Flapping.MANY; i++) {
      script.passes(Duration.ofSeconds(20));
      script.joinsAgain(host);
      script.reports(host);
    }
  }

  @Test
  void aHostThatComesAndGoesIsWaitedForAndThatIsTold() {
    ControllerScript script = running(usual());
    comesAndGoes(script, "host1");
    prefers(script, false, "host1", "host3");
    assertThat(move(script)).isEmpty();
    assertThat(waits(script))
        .containsExactly(new Waiting(Kind.QUARANTINE, "host1", Optional.of(Flapping.QUIET)));
    script.passes(Flapping.QUIET);
    assertThat(target(script)).contains("host1");
  }

  @Test
  void soIsOneToWhichItGoesBackAfterMaintenance() {
    ControllerScript script = running(usual());
    maintenance(script, "host3", true);
    arrives(script);
    comesAndGoes(script, "host3");
    maintenance(script, "host3", false);
    assertThat(waits(script))
        .containsExactly(new Waiting(Kind.QUARANTINE, "host3", Optional.of(Flapping.QUIET)));
  }

  @Test
  void withoutFailbackItWaitsForNothing() {
    ControllerScript script = running(staying().failback(false));
    comesAndGoes(script, "host1");
    prefers(script, false, "host1", "host2", "host3");
    assertThat(move(script)).isEmpty();
    assertThat(waits(script)).isEmpty();
  }

  @Test
  void theNextControllerCountsAnew() {
    ControllerScript former = running(staying());
    former.passes(STAY);
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    former.store.values().forEach(next::put);
    next.seesLeases().leads(2);
    List.of("host1", "host2", "host3").forEach(next::renews);
    List.of("host1", "host2", "host3").forEach(next::reports);
    prefers(next, false, "host1", "host3");
    assertThat(waits(next)).containsExactly(stays("host1", STAY));
  }

  @Test
  void theReturnFromMaintenanceWaitsAsLong() {
    ControllerScript script = running(staying());
    maintenance(script, "host3", true);
    arrives(script);
    script.passes(STAY);
    maintenance(script, "host3", false);
    assertThat(move(script)).isEmpty();
    assertThat(waits(script)).containsExactly(stays("host3", STAY));
    script.passes(STAY);
    assertThat(target(script)).contains("host3");
  }

  @Test
  void nobodyElseWaits() {
    ControllerScript script = running(staying());
    prefers(script, true, "host2", "host1");
    assertThat(target(script)).as("a strict rule").contains("host2");
    arrives(script);
    Scenes.asks(script, "vm:1", 1, new Action.Move(new HostId("host1")));
    assertThat(target(script)).as("a request").contains("host1");
    arrives(script);
    maintenance(script, "host1", true);
    assertThat(target(script)).as("maintenance").contains("host2");
  }
}
