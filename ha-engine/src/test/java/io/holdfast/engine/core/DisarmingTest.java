package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.PowerState;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Out of service and into it again. */
class DisarmingTest {
  private static void disarm(ControllerScript script, DisarmMode mode) {
    policy(script, Optional.of(mode));
  }

  private static void arm(ControllerScript script) {
    policy(script, Optional.empty());
  }

  private static void policy(ControllerScript script, Optional<DisarmMode> mode) {
    ClusterConfig config =
        new ClusterConfig(ClusterPolicy.DEFAULT.toBuilder().disarmed(mode).build());
    script.put(config);
    script.reread(config.key());
  }

  private static GuardOrder guardOf(ControllerScript script, String host) {
    return ((HostIntent) script.stored(new Key(Table.INTENT, host))).guard().order();
  }

  @Test
  void pitfall22DisarmedNothingIsFencedAndEveryWatchdogIsReleased() {
    ControllerScript script = Scenes.vmOnHost1();
    disarm(script, DisarmMode.FREEZE);
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.RELEASED);
    assertThat(guardOf(script, "host3")).isEqualTo(GuardOrder.RELEASED);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
    assertThat(script.told(HaEvent.Alarm.class))
        .anyMatch(alarm -> alarm.reason().contains("fully disarmed"));
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(2));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(script.asked(OFF)).isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void armedAgainItIsAsItWasAndWhatWasLostIsRecovered() {
    ControllerScript script = Scenes.vmOnHost1();
    disarm(script, DisarmMode.FREEZE);
    script.reports("host1");
    arm(script);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.KEEP);
    script.reports("host1");
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.RUN);
    script.reports("host1");
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);

    disarm(script, DisarmMode.IGNORE);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.STARTED);
    script.fallsSilent("host1");
    script.passes(Duration.ofMinutes(1));
    arm(script);
    script.passes(Duration.ofSeconds(1));
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    script.reports("host2");
    script.reports("host3");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void whatIsUnderWayIsFinishedFirst() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    disarm(script, DisarmMode.FREEZE);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(guardOf(script, "host2")).isEqualTo(GuardOrder.REQUIRED);
    script.reports("host2");
    assertThat(guardOf(script, "host2")).isEqualTo(GuardOrder.RELEASED);
    assertThat(script.statusOf("vm:1").status()).isEqualTo(WorkloadStatus.FROZEN);
  }

  @Test
  void anotherControllerKeepsItDisarmed() {
    ControllerScript script = Scenes.vmOnHost1();
    disarm(script, DisarmMode.FREEZE);
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().forEach(next::put);
    next.seesLeases().leads(2);
    next.fallsSilent("host1");
    next.passes(Duration.ofMinutes(1));
    assertThat(next.asked(OFF)).isEmpty();
    assertThat(next.orderedOn("vm:1")).doesNotContain("host2", "host3");
  }

  @Test
  void whatIsMovedByHandMeanwhileIsFollowedWhenArmed() {
    ControllerScript script = Scenes.vmOnHost1();
    disarm(script, DisarmMode.IGNORE);
    Scenes.reports(script, "vm:1", "host1", Condition.GONE);
    script.reports("host3", "vm:1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    arm(script);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host3");
  }

  /** Two hosts that say that their watchdogs are armed. */
  private static ControllerScript armedHosts() {
    ControllerScript script = new ControllerScript("host1", "host2", "host3").seesLeases().leads(1);
    for (String host : List.of("host1", "host2")) {
      script.guards(host, 0, Duration.ofSeconds(5), Duration.ofSeconds(1));
    }
    return script.allReport("host1", "host2", "host3");
  }

  private static long released(ControllerScript script) {
    return script.told(HaEvent.Alarm.class).stream()
        .filter(alarm -> alarm.reason().contains("fully disarmed"))
        .count();
  }

  @Test
  void itIsToldOfOnceThatTheLastWatchdogIsReleased() {
    ControllerScript script = armedHosts();
    disarm(script, DisarmMode.FREEZE);
    assertThat(released(script)).isZero();
    script.reports("host1");
    script.reports("host3");
    assertThat(released(script)).isZero();
    script.guardsNoMore("host1");
    script.reports("host1");
    assertThat(released(script)).isZero();
    script.guardsNoMore("host2");
    script.reports("host2");
    script.reports("host2");
    script.reports("host1");
    assertThat(released(script)).isEqualTo(1);
  }

  @Test
  void aHostThatFallsSilentIsNotWaitedFor() {
    ControllerScript script = armedHosts();
    script.guardsNoMore("host1");
    script.reports("host1");
    disarm(script, DisarmMode.FREEZE);
    assertThat(released(script)).isZero();
    script.fallsSilent("host2");
    script.silencePasses();
    assertThat(released(script)).isEqualTo(1);
  }

  @Test
  void aHostThatIsSilentWhenThatBeginsIsNotWaitedFor() {
    ControllerScript script = armedHosts();
    script.guardsNoMore("host1");
    script.reports("host1");
    script.fallsSilent("host2");
    script.silencePasses();
    disarm(script, DisarmMode.FREEZE);
    assertThat(released(script)).isEqualTo(1);
  }

  @Test
  void whoWasWaitedForBeforeItWasArmedAgainIsForgotten() {
    ControllerScript script = armedHosts();
    disarm(script, DisarmMode.FREEZE);
    arm(script);
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.REQUIRED);
    for (String host : List.of("host1", "host2")) {
      script.guardsNoMore(host);
      script.reports(host);
    }
    assertThat(released(script)).isZero();
    disarm(script, DisarmMode.FREEZE);
    assertThat(released(script)).isEqualTo(1);
  }

  @Test
  void aHostThatJoinsMeanwhileIsToldToReleaseItsWatchdogToo() {
    ControllerScript script = armedHosts();
    disarm(script, DisarmMode.FREEZE);
    script.joinsAgain("host1");
    script.reports("host1");
    assertThat(Scenes.intent(script, "host1").incarnation()).isEqualTo(new Incarnation(2));
    assertThat(guardOf(script, "host1")).isEqualTo(GuardOrder.RELEASED);
    int writes = script.changes().size();
    script.reports("host1");
    script.passes(Duration.ofSeconds(10));
    assertThat(script.changes()).as("once is enough").hasSize(writes);
  }

  @Test
  void whatIsIgnoredMeanwhileSaysSo() {
    ControllerScript script = Scenes.vmOnHost1();
    disarm(script, DisarmMode.IGNORE);
    assertThat(script.statusOf("vm:1").reason())
        .isEqualTo("the cluster is disarmed: left alone until it is armed");
  }
}
