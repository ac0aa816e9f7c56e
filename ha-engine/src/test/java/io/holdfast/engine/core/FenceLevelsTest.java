package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.StateRecord.ClusterConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whoever takes over while a host is fenced goes on with the level that it had come to. */
class FenceLevelsTest {
  private static final String[] HOSTS = {"host1", "host2", "host3"};
  private static final Duration DEADLINE = Duration.ofSeconds(8);
  private static final FenceOutcome READ_OFF = new Confirmed(PowerState.OFF);
  private static final FenceOutcome NO_ROUTE = new Unreachable("no route");

  private static FenceStep level(String... devices) {
    return new FenceStep(List.of(devices), DEADLINE);
  }

  private static final List<FenceStep> TOPOLOGY = List.of(level("bmc"), level("a", "b"));

  private static ControllerScript script(List<FenceStep> topology) {
    TreeMap<HostId, List<FenceStep>> steps = new TreeMap<>();
    for (String host : HOSTS) {
      steps.put(new HostId(host), topology);
    }
    FenceSettings fencing = new FenceSettings(steps, Duration.ofMinutes(10), Duration.ZERO);
    return new ControllerScript(Optional.empty(), fencing, HOSTS);
  }

  /** Has followed all leases, and has not led. */
  private static ControllerScript standby(List<FenceStep> topology) {
    ControllerScript standby = script(topology).seesLeases();
    standby.connection(Connection.CONNECTED);
    standby.campaignEnds(Outcome.done(new Election.LedBy("other", new Epoch(1))));
    return standby;
  }

  private static ControllerScript lost(ControllerScript script) {
    script.put(Scenes.newWorkload("vm:1")).seesLeases().leads(1).allReport(HOSTS).reports("host1");
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
    return script;
  }

  /** The first level has failed, and the second is being asked. */
  private static ControllerScript escalated() {
    ControllerScript script = lost(script(TOPOLOGY));
    script.deviceAnswers(NO_ROUTE);
    assertThat(asked(script)).containsExactly("a", "b");
    return script;
  }

  /** One that has seen what the former one saw takes the place. */
  private static ControllerScript successor(ControllerScript former, ControllerScript next) {
    next.renews("host1");
    next.fallsSilent("host1");
    next.silencePasses();
    return takesOver(former, next, 2);
  }

  private static ControllerScript takesOver(
      ControllerScript former, ControllerScript next, long epoch) {
    former.store.values().forEach(next::put);
    next.step(new ControllerEvent.PlaceChanged(0));
    next.elected(epoch);
    for (String host : List.of("host2", "host3")) {
      next.renews(host);
      next.reports(host);
    }
    return next;
  }

  private static List<String> asked(ControllerScript script) {
    return script.asked(OFF).stream().map(AskDevice::device).toList();
  }

  private static void answer(ControllerScript script, String device, FenceOutcome outcome) {
    AskDevice ask =
        script.asked(OFF).stream().filter(a -> a.device().equals(device)).findFirst().orElseThrow();
    script.answer(ask, outcome);
  }

  private static Optional<FenceRecord.Level> stored(ControllerScript script) {
    return ((FenceRecord) script.stored(new Key(Table.FENCE, "host1"))).level();
  }

  @Test
  void theNextControllerBeginsWithTheLevelThatWasBeingTried() {
    ControllerScript next = successor(escalated(), standby(TOPOLOGY));
    assertThat(asked(next)).containsExactly("a", "b");
    assertThat(next.asked(OFF)).allSatisfy(ask -> assertThat(ask.timeout()).isEqualTo(DEADLINE));
    answer(next, "a", READ_OFF);
    answer(next, "b", READ_OFF);
    assertThat(next.told(HaEvent.HostFenced.class))
        .singleElement()
        .extracting(HaEvent.HostFenced::evidence)
        .isEqualTo(new Evidence.PoweredOff("a, b"));
  }

  @Test
  void whatTheFormerOneWasToldProvesNothingToIt() {
    ControllerScript former = escalated();
    answer(former, "a", READ_OFF);
    ControllerScript next = successor(former, standby(TOPOLOGY));
    answer(next, "b", READ_OFF);
    assertThat(next.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void theLevelsThatFailedForTheFormerOneComeLast() {
    ControllerScript next = successor(escalated(), standby(TOPOLOGY));
    assertThat(next.infoOf("host1").reason()).contains("a and b, for PT12S at most, then bmc");
    answer(next, "a", new Refused("no"));
    assertThat(next.theAsked(OFF).device()).isEqualTo("bmc");
    next.deviceAnswers(NO_ROUTE);
    assertThat(next.infoOf("host1").reason()).contains("a refused", "bmc", "tried 1 times");
    next.passes(TIMINGS.fenceRetryMin());
    assertThat(next.theAsked(OFF).device()).as("in another attempt").isEqualTo("bmc");
  }

  /** never two: that a device failed for another controller is no reason to assume anything. */
  @Test
  void noHostIsTakenForDownBeforeItHasAskedAllDevicesItself() {
    ControllerScript former = script(TOPOLOGY);
    Duration after = Duration.ofSeconds(20);
    former.put(
        new ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().assumeDownAfter(Optional.of(after)).build()));
    lost(former).deviceAnswers(NO_ROUTE);
    ControllerScript next = successor(former, standby(TOPOLOGY));
    next.passes(Duration.ofSeconds(1));
    answer(next, "a", new Refused("no"));
    assertThat(next.infoOf("host1").reason()).doesNotContain("taken for down");
    answer(next, "bmc", NO_ROUTE);
    assertThat(next.infoOf("host1").reason()).contains("taken for down");
  }

  @Test
  void oneThatHasSeenNothingGoesOnWithItToo() {
    ControllerScript former = escalated();
    ControllerScript next = script(TOPOLOGY);
    next.renewsUnseen("host1");
    next.fallsSilent("host1");
    former.store.values().forEach(next::put);
    next.seesLeases().leads(2);
    for (String host : List.of("host2", "host3")) {
      next.renews(host);
      next.reports(host);
    }
    next.passes(TIMINGS.silence().multipliedBy(20)); // whatever others wait for is over
    assertThat(next.all(AskDevice.class).stream().filter(ask -> ask.operation() == OFF))
        .first()
        .extracting(AskDevice::device)
        .isEqualTo("a");
  }

  @Test
  void theOneAfterItGoesOnWithWhatThatOneHadComeTo() {
    ControllerScript next = successor(escalated(), standby(TOPOLOGY));
    ControllerScript third = successor(next, standby(TOPOLOGY));
    assertThat(asked(third)).containsExactly("a", "b");
    answer(next, "a", new Refused("no"));
    assertThat(asked(successor(next, standby(TOPOLOGY)))).containsExactly("bmc");
  }

  @Test
  void nobodyWaitsForTheWrite() {
    ControllerScript script = lost(script(TOPOLOGY));
    script.storeFallsSilent();
    script.deviceAnswers(NO_ROUTE);
    assertThat(asked(script)).containsExactly("a", "b");
    assertThat(stored(script)).isEmpty();
    script.storeAnswers();
    assertThat(stored(script))
        .contains(new FenceRecord.Level(new Incarnation(1), 1, List.of("a", "b")));
  }

  @Test
  void aLevelThatDidNotFailIsNotWritten() {
    ControllerScript script = lost(script(TOPOLOGY));
    assertThat(stored(script)).isEmpty();
    script.deviceAnswers(READ_OFF);
    assertThat(stored(script)).isEmpty();
  }

  // What counts no more

  /** never two, as in FenceTopologyTest: that one does not know that the device has failed. */
  @Test
  void whatTheFormerOneStoodStillOverIsAskedAgain() {
    ControllerScript former = lost(script(TOPOLOGY));
    former.goesOnAfter(Duration.ofMinutes(1));
    former.deviceAnswers(new TimedOut("no answer"));
    assertThat(former.infoOf("host1").reason()).contains("this controller stood still");
    former.elected(1);
    assertThat(stored(former)).isEmpty();
    assertThat(asked(successor(former, standby(TOPOLOGY)))).containsExactly("bmc");
  }

  @Test
  void aHostThatWasHeardSinceIsFencedFromTheFirstLevelOn() {
    ControllerScript former = escalated();
    ControllerScript next = standby(TOPOLOGY);
    next.renews("host1");
    assertThat(asked(successor(former, next))).containsExactly("bmc");
    assertThat(stored(next)).isEmpty();
  }

  @Test
  void whenItIsHeardTheRecordSaysNothingOfItAnyMore() {
    ControllerScript former = escalated();
    ControllerScript next = standby(TOPOLOGY);
    next.renews("host1");
    takesOver(former, next, 2);
    assertThat(next.stateOf("host1").isHeard()).isTrue();
    assertThat(stored(next)).isEmpty();
  }

  @Test
  void anAttemptThatHasEndedLeavesNothing() {
    ControllerScript failed = escalated();
    answer(failed, "a", new Refused("no"));
    assertThat(failed.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(stored(failed)).isEmpty();
    ControllerScript proven = escalated();
    answer(proven, "a", READ_OFF);
    answer(proven, "b", READ_OFF);
    assertThat(stored(proven)).isEmpty();
  }

  @Test
  void aLevelThatIsConfiguredNoMoreMeansTheFirst() {
    List<FenceStep> other = List.of(level("bmc"), level("c"));
    assertThat(asked(successor(escalated(), standby(other)))).containsExactly("bmc");
  }

  @Test
  void anAttemptThatEndedBeforeItBeganHasTriedNothing() {
    ControllerScript former = escalated();
    ControllerScript next = standby(TOPOLOGY);
    next.renews("host1");
    next.fallsSilent("host1");
    next.silencePasses();
    former.store.values().forEach(next::put);
    next.step(new ControllerEvent.PlaceChanged(0));
    next.storeFallsSilent();
    next.elected(2);
    next.stateReadEnds(Outcome.done(List.copyOf(next.store.values())));
    next.leaseChecksEnd();
    next.connection(Connection.SUSPENDED);
    next.commitEnds(Outcome.done(Outcome.Ack.OK));
    assertThat(asked(next)).isEmpty();
    next.connection(Connection.CONNECTED);
    next.storeAnswers();
    next.passes(TIMINGS.silence());
    assertThat(asked(next)).containsExactly("a", "b");
  }
}
