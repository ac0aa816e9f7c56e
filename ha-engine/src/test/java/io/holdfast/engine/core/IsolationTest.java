package io.holdfast.engine.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.PowerState;
import io.holdfast.api.SignOfLife;
import io.holdfast.api.Timings;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadId;
import io.holdfast.api.WorkloadPolicy;
import io.holdfast.api.WorkloadPolicy.OnIsolation;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.engine.core.ControllerEffect.AskForLife;
import io.holdfast.engine.core.ControllerEffect.DeviceOperation;
import io.holdfast.engine.record.Placement;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hosts that are silent, and asked for a sign of life on other channels. */
class IsolationTest {
  private static final Timings TIMINGS = ControllerScript.TIMINGS;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static ControllerScript vmOnHost1(Duration limit, String... checks) {
    ControllerScript script =
        ControllerScript.withHostChecks(List.of(checks), "host1", "host2", "host3")
            .put(Scenes.newWorkload("vm:1"))
            .put(
                new StateRecord.ClusterConfig(
                    ClusterPolicy.DEFAULT.toBuilder().isolationLimit(limit).build()))
            .seesLeases()
            .leads(1)
            .allReport("host1", "host2", "host3");
    script.reports("host1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
    return script;
  }

  /** It is silent, and has been asked on every channel. */
  private static ControllerScript suspected(Duration limit, String... checks) {
    ControllerScript script = vmOnHost1(limit, checks);
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    return script;
  }

  /** As {@link #suspected}, and it answers for as long as this. */
  private static ControllerScript aliveFor(Duration time, Duration limit) {
    ControllerScript script = suspected(limit, "peers");
    script.signOfLife("host1", SignOfLife.ALIVE);
    for (Duration t = Duration.ZERO; t.compareTo(time) < 0; t = t.plus(TIMINGS.renewInterval())) {
      script.passes(TIMINGS.renewInterval());
      script.signOfLife("host1", SignOfLife.ALIVE);
    }
    return script;
  }

  @Test
  void suspicionAsksEveryChannelAtOnce() {
    ControllerScript script = suspected(LIMIT, "peers", "storage");
    assertThat(script.open(AskForLife.class))
        .extracting(AskForLife::check)
        .containsExactly("peers", "storage");
  }

  @Test
  void whereNoChannelIsConfiguredNothingChanges() {
    ControllerScript script = vmOnHost1(LIMIT);
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    assertThat(script.all(AskForLife.class)).isEmpty();
  }

  @Test
  void pitfall44AHostThatIsAliveElsewhereIsCutOffAndNotDead() {
    ControllerScript script = aliveFor(Duration.ofMinutes(1), LIMIT);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ISOLATED);
    assertThat(script.infoOf("host1").reason()).contains("alive by peers");
    assertThat(script.explainHost("host1").waitsFor())
        .extracting(Waiting::kind)
        .contains(Waiting.Kind.ISOLATION);
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void anAliveHostIsNoEvidenceOfAnythingAndComesBackAsItWas() {
    ControllerScript script = aliveFor(Duration.ofSeconds(20), LIMIT);
    script.isHeardAgain("host1");
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    assertThat(script.open(AskForLife.class)).as("asked anew").hasSize(1);
  }

  @Test
  void itsTimeIsBoundedAndCountsFromWhenItWasHeardLast() {
    ControllerScript script = aliveFor(LIMIT, LIMIT);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    script.deviceAnswers(new FenceOutcome.Confirmed(PowerState.OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
  }

  @Test
  void itIsLostWhenItsTimeIsUpAndNotWhenItIsAskedNext() {
    Duration limit = Duration.ofMillis(10_300);
    ControllerScript script = aliveFor(Duration.ofSeconds(6), limit);
    Duration rest =
        limit
            .minus(TIMINGS.suspectAfter())
            .minus(TIMINGS.renewInterval())
            .minus(Duration.ofSeconds(6));
    script.passes(rest.minusMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ISOLATED);
    script.passes(Duration.ofMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void aTimeThatIsUpBeforeTheSilenceEndsWithIt() {
    ControllerScript script = suspected(Duration.ofSeconds(4), "peers");
    script.signOfLife("host1", SignOfLife.ALIVE);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ISOLATED);
    Duration rest = TIMINGS.silence().minus(TIMINGS.suspectAfter()).minus(TIMINGS.renewInterval());
    script.passes(rest.minusMillis(1));
    assertThat(script.asked(DeviceOperation.OFF)).isEmpty();
    script.passes(Duration.ofMillis(1));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void onceItIsSilentEverywhereItIsLost() {
    ControllerScript script = aliveFor(Duration.ofSeconds(20), LIMIT);
    script.passes(TIMINGS.suspectAfter());
    script.signOfLife("host1", SignOfLife.DEAD_SILENT);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void aChannelThatBreaksDoesNotKeepItRunningForEver() {
    ControllerScript script = aliveFor(Duration.ofSeconds(20), LIMIT);
    for (int i = 0; i < 10; i++) {
      script.passes(TIMINGS.renewInterval());
      script.signOfLife("host1", SignOfLife.UNKNOWN);
    }
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void silenceOnEveryChannelEndsTheGracePeriodAndNothingElse() {
    ControllerScript script = suspected(LIMIT, "peers", "storage");
    List<AskForLife> asked = script.open(AskForLife.class);
    script.signOfLife(asked.get(0), SignOfLife.DEAD_SILENT);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.signOfLife(asked.get(1), SignOfLife.DEAD_SILENT);
    assertThat(script.stateOf("host1")).as("lost at once").isEqualTo(HostState.FENCING);
    assertThat(script.orderedOn("vm:1")).as("not without evidence").containsExactly("host1");
  }

  @Test
  void whoDoesNotDoWellItselfBelievesThatSilenceLaterToo() {
    ControllerScript script = vmOnHost1(LIMIT, "peers");
    script.isStoppedFor(Duration.ofSeconds(20));
    script.allReport("host1", "host2", "host3");
    int asked = script.all(AskForLife.class).size();
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    assertThat(script.all(AskForLife.class)).hasSize(asked);
    script.passes(TIMINGS.suspectAfter());
    assertThat(script.all(AskForLife.class)).hasSize(asked + 1);
    script.signOfLife("host1", SignOfLife.DEAD_SILENT);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void whatIsUnknownWaitsForTheWholeGracePeriod() {
    ControllerScript script = suspected(LIMIT, "peers", "storage");
    List<AskForLife> asked = script.open(AskForLife.class);
    script.signOfLife(asked.get(0), SignOfLife.DEAD_SILENT);
    script.signOfLife(asked.get(1), SignOfLife.UNKNOWN);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void pitfall37WherePolicyLeavesNobodyRunningItIsFencedLikeAnySilentHost() {
    ControllerScript script = suspected(Duration.ZERO, "peers");
    script.signOfLife("host1", SignOfLife.ALIVE);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    assertThat(script.infoOf("host1").reason()).contains("alive by peers");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void aWorkloadThatAsksForItHasItsHostFenced() {
    ControllerScript script = vmOnHost1(LIMIT, "peers");
    WorkloadPolicy policy =
        WorkloadPolicy.DEFAULT.toBuilder().onIsolation(OnIsolation.FENCE).build();
    Scenes.changes(script, "vm:1", workload -> workload.withPolicy(policy));
    script.fallsSilent("host1");
    script.passes(TIMINGS.suspectAfter().plus(TIMINGS.renewInterval()));
    script.signOfLife("host1", SignOfLife.ALIVE);
    assertThat(script.infoOf("host1").reason()).contains("policy of vm:1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void anAnswerAboutAnEarlierIncarnationSaysNothing() {
    ControllerScript script = suspected(LIMIT, "peers");
    AskForLife ask = script.open(AskForLife.class).get(0);
    script.joinsAgain("host1");
    script.signOfLife(ask, SignOfLife.ALIVE);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.JOINING);
  }

  @Test
  void onceItsPowerIsBeingCutNoAnswerStopsThat() {
    ControllerScript script = suspected(LIMIT, "peers");
    AskForLife ask = script.open(AskForLife.class).get(0);
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    script.signOfLife(ask, SignOfLife.ALIVE);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void aNewControllerGivesTheChannelsTheTimeToAnswerBeforeItFences() {
    for (boolean alive : List.of(true, false)) {
      ControllerScript script =
          ControllerScript.withHostChecks(List.of("peers"), "host1", "host2", "host3")
              .put(Scenes.newWorkload("vm:1"))
              .put(Placement.none(WorkloadId.parse("vm:1")).atHome(new HostId("host1")))
              .seesLeases()
              .leads(1)
              .allReport("host1", "host2", "host3");
      script.reports("host1");
      ControllerScript next =
          ControllerScript.withHostChecks(List.of("peers"), "host1", "host2", "host3");
      next.store.putAll(script.store);
      next.seesLeases().connection(Connection.CONNECTED);
      next.passes(Duration.ofSeconds(10));
      next.fallsSilent("host1");
      next.passes(Duration.ofMinutes(1));
      next.elected(2);
      next.allReport("host2", "host3");
      assertThat(next.asked(DeviceOperation.OFF)).as("they have not answered yet").isEmpty();
      next.signOfLife("host1", alive ? SignOfLife.ALIVE : SignOfLife.UNKNOWN);
      if (!alive) {
        next.silencePasses();
      }
      assertThat(next.stateOf("host1")).isEqualTo(alive ? HostState.ISOLATED : HostState.FENCING);
    }
  }
}
