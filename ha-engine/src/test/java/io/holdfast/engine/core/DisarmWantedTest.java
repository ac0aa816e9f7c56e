package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.STATUS;
import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.ClusterStatus.DisarmInfo;
import io.holdfast.api.DesiredState;
import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.PowerState;
import io.holdfast.api.Waiting;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.HostDirective;
import io.holdfast.engine.record.HostReport.Condition;
import io.holdfast.engine.record.Placement.Goal;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import io.holdfast.engine.record.StateRecord.WorkloadConfig;
import io.holdfast.engine.record.WorkloadRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From the wish for a disarm until it is in force, and controllers that find it wanted. */
class DisarmWantedTest {
  private static final ClusterConfig DISARMED =
      new ClusterConfig(
          ClusterPolicy.DEFAULT.toBuilder().disarmed(Optional.of(DisarmMode.IGNORE)).build());

  private static void disarm(ControllerScript script) {
    script.put(DISARMED).reread(DISARMED.key());
  }

  private static void arm(ControllerScript script) {
    script.store.remove(DISARMED.key());
    script.reread(DISARMED.key());
  }

  private static DisarmInfo info(ControllerScript script) {
    return script.status().disarm().orElseThrow();
  }

  // What is under way

  @Test
  void itIsToldWhetherItIsWantedAndInForceAndWhoDoesNotFollowYet() {
    ControllerScript script = Scenes.vmOnHost1();
    assertThat(script.status().disarm()).isEmpty();
    disarm(script);
    assertThat(info(script).inForce()).isTrue();
    assertThat(info(script).mode()).isEqualTo(DisarmMode.IGNORE);
    assertThat(info(script).waitsFor()).extracting(Waiting::on).contains("host1", "host2", "host3");
    List.of("host1", "host2", "host3").forEach(script::reports);
    assertThat(info(script).waitsFor()).isEmpty();
    arm(script);
    assertThat(script.status().disarm()).isEmpty();
  }

  @Test
  void nothingNewIsBegunWhileItIsWaitedFor() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    script.reports("host2");
    disarm(script);
    assertThat(info(script).inForce()).isFalse();
    script.put(Scenes.newWorkload("vm:2")).reread(new Key(Table.WORKLOAD, "vm:2"));
    assertThat(script.orderedOn("vm:2")).isEmpty();
    script.fallsSilent("host3");
    script.passes(TIMINGS.silence().plusSeconds(1));
    assertThat(script.asked(STATUS)).extracting(a -> a.host().value()).doesNotContain("host3");
  }

  @Test
  void whatWasLostBeforeIsStartedFirstAndWaitedForUntilItRuns() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    disarm(script);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.orderedOn("vm:1")).containsExactly("host1", "host2");
    assertThat(info(script).waitsFor()).extracting(Waiting::on).containsExactly("vm:1");
    assertThat(info(script).waitsFor().get(0).remaining()).isPresent();
    assertThat(Scenes.intent(script, "host2").disarmed()).isFalse();
    script.reports("host2");
    assertThat(info(script).inForce()).isTrue();
    assertThat(Scenes.intent(script, "host2").disarmed()).isTrue();
  }

  @Test
  void whatFindsNoRoomIsNotWaitedForForEver() {
    ControllerScript script = Scenes.vmOnHost1();
    for (String host : List.of("host2", "host3")) {
      HostDirective directive = new HostDirective(new HostId(host), true, Optional.empty());
      script.put(directive).reread(directive.key());
    }
    script.fallsSilent("host1");
    script.silencePasses();
    disarm(script);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(info(script).inForce()).isFalse();
    assertThat(info(script).waitsFor()).extracting(Waiting::on).containsExactly("vm:1");
    script.passes(Duration.ofMinutes(10));
    assertThat(info(script).inForce()).isTrue();
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aStartThatNeverEndsIsNotWaitedForForEver() {
    ControllerScript script = Scenes.threeHosts();
    script.put(Scenes.newWorkload("vm:1")).reread(new Key(Table.WORKLOAD, "vm:1"));
    Scenes.reports(script, "vm:1", "host1", Condition.STARTING);
    disarm(script);
    assertThat(info(script).inForce()).isFalse();
    script.passes(Duration.ofMinutes(10));
    assertThat(info(script).inForce()).isTrue();
  }

  @Test
  void aMoveThatHasNotBegunIsTakenBack() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Move(new HostId("host2")));
    assertThat(Scenes.order(script, "vm:1", "host1").migration()).isPresent();
    disarm(script);
    assertThat(Scenes.order(script, "vm:1", "host1").migration()).isEmpty();
    assertThat(info(script).inForce()).isFalse();
    script.reports("host1");
    assertThat(info(script).inForce()).isTrue();
  }

  @Test
  void aMoveThatHasBegunIsWaitedForButNotForEver() {
    ControllerScript script = Scenes.vmOnHost1();
    Scenes.asks(script, "vm:1", 1, new WorkloadRequest.Action.Move(new HostId("host2")));
    Scenes.reports(script, "vm:1", "host1", Condition.MIGRATING);
    disarm(script);
    assertThat(Scenes.order(script, "vm:1", "host1").migration()).isPresent();
    assertThat(info(script).waitsFor()).extracting(Waiting::on).containsExactly("vm:1");
    script.passes(Duration.ofHours(1));
    assertThat(info(script).inForce()).isTrue();
    arm(script);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.KEEP);
    Scenes.reports(script, "vm:1", "host1", Condition.RUNNING);
    assertThat(Scenes.order(script, "vm:1", "host1").goal()).isEqualTo(Goal.RUN);
  }

  @Test
  void whoIsArmedAgainBeforeItIsInForceGoesOnWithWhatWasLeft() {
    ControllerScript script = Scenes.host1IsBeingFenced();
    disarm(script);
    script.put(Scenes.newWorkload("vm:2")).reread(new Key(Table.WORKLOAD, "vm:2"));
    arm(script);
    assertThat(script.orderedOn("vm:2")).hasSize(1);
    assertThat(script.status().disarm()).isEmpty();
  }

  // Another controller

  /**
   * A controller that begins with what the former one has stored.
   *
   * @param inForce whether that one had come to disarm it
   */
  private static ControllerScript another(boolean inForce) {
    ControllerScript script = Scenes.vmOnHost1();
    if (inForce) {
      disarm(script);
    }
    ControllerScript next = new ControllerScript("host1", "host2", "host3");
    script.store.values().forEach(next::put);
    return next.put(DISARMED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatWasOnAHostThatIsFencedIsNotRecovered(boolean inForce) {
    ControllerScript next = another(inForce);
    next.put(
        new FenceRecord(
            new HostId("host1"),
            new Incarnation(1),
            new Epoch(1),
            Optional.of(new Evidence.PoweredOff("bmc")),
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0));
    next.fallsSilent("host1");
    next.seesLeases().leads(2).allReport("host2", "host3");
    next.passes(Duration.ofMinutes(2));
    assertThat(next.stateOf("host1")).isEqualTo(HostState.FENCED);
    assertThat(next.orderedOn("vm:1")).doesNotContain("host2", "host3");
    assertThat(info(next).inForce()).isTrue();
    arm(next);
    next.passes(Duration.ofSeconds(5));
    assertThat(next.orderedOn("vm:1")).as("it may have been started there").doesNotContain("host2");
    next.reports("host2");
    next.reports("host3");
    assertThat(next.orderedOn("vm:1")).containsAnyOf("host2", "host3");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aHostThatIsOffIsNotFoundToBe(boolean inForce) {
    ControllerScript next = another(inForce);
    next.fallsSilent("host1");
    next.seesLeases().leads(2).allReport("host2", "host3");
    next.passes(Duration.ofMinutes(2));
    assertThat(next.asked(OFF)).isEmpty();
    assertThat(next.asked(STATUS)).as("only to test the device").hasSize(1);
    next.probeAnswers(new Confirmed(PowerState.OFF));
    assertThat(next.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(next.orderedOn("vm:1")).doesNotContain("host2", "host3");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsWantedStoppedSinceIsNotStoppedBeforeItIsArmed(boolean inForce) {
    ControllerScript next = another(inForce);
    next.put(
        new WorkloadConfig(
            Scenes.newWorkload("vm:1").workload().withDesired(DesiredState.STOPPED)));
    next.seesLeases().leads(2).allReport("host1", "host2", "host3");
    assertThat(Scenes.order(next, "vm:1", "host1").goal()).isEqualTo(Goal.RUN);
    next.passes(Duration.ofMinutes(2));
    assertThat(Scenes.order(next, "vm:1", "host1").goal()).isEqualTo(Goal.RUN);
    arm(next);
    assertThat(Scenes.order(next, "vm:1", "host1").goal()).isEqualTo(Goal.STOP);
  }
}
