package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.DesiredState;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What was done by hand while the cluster was disarmed is found when it is armed, not undone. */
class RearmingTest {
  private static void policy(ControllerScript script, Optional<DisarmMode> mode) {
    ClusterConfig config =
        new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().disarmed(mode).build());
    script.put(config).reread(config.key());
  }

  private static void arm(ControllerScript script) {
    policy(script, Optional.empty());
  }

  private static ControllerScript disarmed() {
    ControllerScript script = Scenes.vmOnHost1();
    policy(script, Optional.of(DisarmMode.IGNORE));
    assertThat(Scenes.intent(script, "host1").disarmed()).isTrue();
    assertThat(Scenes.intent(script, "host3").disarmed()).isTrue();
    return script;
  }

  private static Goal goal(ControllerScript script, String host) {
    return Scenes.order(script, "vm:1", host).goal();
  }

  @Test
  void theOwnerIsAskedToKeepItAndToldToRunItOnceItSaysThatItDoes() {
    ControllerScript script = disarmed();
    script.reports("host1");
    arm(script);
    assertThat(Scenes.intent(script, "host1").disarmed()).isFalse();
    assertThat(goal(script, "host1")).as("what it said before counts no more").isEqualTo(Goal.KEEP);
    script.reports("host1");
    assertThat(goal(script, "host1")).isEqualTo(Goal.RUN);
    assertThat(Scenes.placement(script, "vm:1").letGo()).isFalse();
  }

  @Test
  void whatWasShutDownHereAndStartedElsewhereIsFollowedThere() {
    ControllerScript script = disarmed();
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    script.reports("host3", "vm:1");
    arm(script);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    assertThat(script.orderedOn("vm:1")).endsWith("host3").doesNotContain("host2");
    assertThat(goal(script, "host3")).isEqualTo(Goal.KEEP);
  }

  @Test
  void whatIsFoundNowhereIsStarted() {
    ControllerScript script = disarmed();
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    arm(script);
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    script.reports("host1", new TreeMap<>());
    script.reports("host2");
    script.reports("host3");
    script.passes(Duration.ofSeconds(5));
    String host = Scenes.placement(script, "vm:1").owner().orElseThrow().host().value();
    assertThat(goal(script, host)).isEqualTo(Goal.RUN);
  }

  @Test
  void itIsNotStartedWhileAHostIsLostOnWhichItMayHaveBeenStarted() {
    ControllerScript script = disarmed();
    script.fallsSilent("host3");
    script.silencePasses();
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    arm(script);
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    script.reports("host2");
    script.passes(Duration.ofSeconds(5));
    assertThat(script.orderedOn("vm:1")).containsOnly("host1");
    assertThat(goal(script, "host1")).isEqualTo(Goal.KEEP);
    assertThat(script.asked(OFF)).as("the lost host is awaited").isNotEmpty();
  }

  @Test
  void aHostThatBootedMeanwhileIsNotToldToStartWhatItRanBefore() {
    ControllerScript script = disarmed();
    script.joinsAgain("host1");
    script.reports("host1");
    arm(script);
    assertThat(goal(script, "host1")).isEqualTo(Goal.KEEP);
  }

  @Test
  void whatAHostRanThatIsLostMeanwhileIsStartedOnceAllOthersHaveLooked() {
    ControllerScript script = disarmed();
    script.fallsSilent("host1", "host3");
    script.passes(Duration.ofMinutes(2));
    arm(script);
    script.passes(Duration.ofSeconds(1));
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.orderedOn("vm:1")).as("it may be on host3").containsOnly("host1");
    script.isHeardAgain("host3");
    script.reports("host3", "vm:1");
    assertThat(script.orderedOn("vm:1")).endsWith("host3").doesNotContain("host2");
  }

  @Test
  void whatWasDownMayHaveBeenStartedByHand() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    policy(script, Optional.of(DisarmMode.IGNORE));
    script.fallsSilent("host3");
    script.silencePasses();
    Scenes.wants(script, "vm:1", DesiredState.STARTED);
    int before = script.orderedOn("vm:1").size();
    arm(script);
    script.passes(Duration.ofSeconds(1));
    assertThat(script.orderedOn("vm:1")).as("it may be on host3").hasSize(before);
  }

  @Test
  void aStopThatWasOrderedBeforeDoesNotProveThatItRunsNowhere() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.wants(script, "vm:1", DesiredState.STOPPED);
    policy(script, Optional.of(DisarmMode.FREEZE));
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    arm(script);
    assertThat(goal(script, "host1")).isEqualTo(Goal.STOP);
    Scenes.reports(script, "vm:1", "host1", Condition.STOPPED);
    assertThat(Scenes.placement(script, "vm:1").owner()).isEmpty();
    assertThat(Scenes.placement(script, "vm:1").letGo()).isTrue();
  }

  @Test
  void whoeverTakesOverBeforeAllIntentsAreWrittenAsksAgain() {
    ControllerScript script = disarmed();
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().forEach(next::put);
    next.store.remove(ClusterConfig.KEY);
    next.seesLeases().leads(2);
    assertThat(goal(next, "host1")).isEqualTo(Goal.KEEP);
    assertThat(Scenes.intent(next, "host1").disarmed()).isFalse();
    assertThat(Scenes.placement(next, "vm:1").letGo()).isTrue();
  }

  @Test
  void whoeverTakesOverAfterThatDoesNot() {
    ControllerScript script = disarmed();
    arm(script);
    script.reports("host1");
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().forEach(next::put);
    next.seesLeases().leads(2);
    assertThat(goal(next, "host1")).isEqualTo(Goal.RUN);
  }
}
