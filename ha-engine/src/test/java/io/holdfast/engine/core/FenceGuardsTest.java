package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.FenceOutcome.Unreachable;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostState;
import io.holdfast.api.Outcome;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.core.ControllerEffect.AskDevice;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Only a share of the hosts is fenced at once, with a pause after each, whoever leads. */
class FenceGuardsTest {
  private static final Duration PAUSE = TIMINGS.renewInterval().multipliedBy(2);
  private static final Duration LITTLE = Duration.ofMillis(1);
  private static final Confirmed OFF_NOW = new Confirmed(PowerState.OFF);

  private static String[] hosts(int first, int last) {
    return IntStream.rangeClosed(first, last).mapToObj(i -> "host" + i).toArray(String[]::new);
  }

  /** The last ones are lost, and vm:1 may be running on any of them. */
  private static ControllerScript lost(ControllerScript script, int hosts, int lost) {
    script
        .put(Scenes.workload("vm:1"))
        .seesLeases()
        .leads(1)
        .allReport(hosts(1, hosts - lost))
        .fallsSilent(hosts(hosts - lost + 1, hosts));
    script.silencePasses();
    return script;
  }

  /** host3 is being fenced, and host4 is to be. */
  private static ControllerScript twoOfFourAreLost() {
    ControllerScript script = lost(new ControllerScript(hosts(1, 4)), 4, 2);
    assertThat(asked(script)).containsExactly("host3");
    return script;
  }

  private static List<String> asked(ControllerScript script) {
    return script.asked(OFF).stream().map(ask -> ask.host().value()).toList();
  }

  private static List<String> everAsked(ControllerScript script) {
    return script.all(AskDevice.class).stream()
        .filter(ask -> ask.operation() == OFF)
        .map(ask -> ask.host().value())
        .toList();
  }

  private static FenceRecord record(ControllerScript script, String host) {
    return (FenceRecord) script.stored(new Key(Table.FENCE, host));
  }

  // The pause

  @Test
  void afterOneHostThereIsAPauseBeforeTheNext() {
    ControllerScript script = twoOfFourAreLost();
    script.deviceAnswers(OFF_NOW);
    script.passes(PAUSE.minus(LITTLE));
    assertThat(everAsked(script)).containsExactly("host3");
    assertThat(script.infoOf("host4").reason()).contains("another host has just been fenced");
    script.passes(LITTLE);
    assertThat(everAsked(script)).containsExactly("host3", "host4");
  }

  @Test
  void afterAnAttemptThatFailedToo() {
    ControllerScript script = twoOfFourAreLost();
    script.deviceAnswers(new Unreachable("dead"));
    script.deviceAnswers(new Unreachable("dead"));
    script.passes(PAUSE.minus(LITTLE));
    assertThat(everAsked(script)).containsExactly("host3", "host3");
    script.passes(LITTLE);
    assertThat(everAsked(script)).containsExactly("host3", "host3", "host4");
  }

  @Test
  void oneThatIsHeardInThePauseIsSpared() {
    ControllerScript script = twoOfFourAreLost();
    script.deviceAnswers(OFF_NOW);
    script.passes(LITTLE);
    script.isHeardAgain("host4");
    script.passes(Duration.ofMinutes(1));
    assertThat(everAsked(script)).containsExactly("host3");
  }

  // The share

  @Test
  void ofFourHostsOneIsFencedAtOnce() {
    ControllerScript script = twoOfFourAreLost();
    script.passes(TIMINGS.fenceTimeout());
    assertThat(asked(script)).containsExactly("host3");
    assertThat(script.infoOf("host4").reason()).contains("[host3] being fenced already");
  }

  @Test
  void ofEightHostsTwoAreAndTheThirdWhenOneHasEndedAndThePauseIsOver() {
    ControllerScript script = lost(new ControllerScript(hosts(1, 8)), 8, 3);
    assertThat(asked(script)).containsExactly("host6", "host7");
    script.passes(TIMINGS.renewInterval().multipliedBy(3));
    assertThat(asked(script)).containsExactly("host6", "host7");
    script.deviceAnswers(OFF_NOW);
    script.passes(PAUSE.minus(LITTLE));
    assertThat(asked(script)).containsExactly("host6");
    script.passes(LITTLE);
    assertThat(asked(script)).containsExactly("host6", "host8");
  }

  // Without devices

  @Test
  void hostsThatAreAssumedDownAreSoOneAfterTheOtherToo() {
    ClusterPolicy assuming =
        ClusterPolicy.DEFAULT.toBuilder()
            .assumeDownAfter(Optional.of(Duration.ofSeconds(20)))
            .build();
    ControllerScript script =
        new ControllerScript(Optional.empty(), List.of(), hosts(1, 4))
            .put(new StateRecord.ClusterConfig(assuming));
    lost(script, 4, 2);
    script.passes(Duration.ofSeconds(20).minus(TIMINGS.silence()));
    assertThat(script.told(HaEvent.HostFenced.class)).hasSize(1);
    assertThat(script.infoOf("host4").reason()).contains("to be taken for down in", "just been");
    script.passes(PAUSE);
    assertThat(script.told(HaEvent.HostFenced.class)).hasSize(2);
  }

  // The next controller

  /** One that has watched the hosts for as long as the former one, and is elected now. */
  private static ControllerScript successor(ControllerScript former, String... silent) {
    ControllerScript next = new ControllerScript(hosts(1, 4));
    next.seesLeases().connection(Connection.CONNECTED);
    next.fallsSilent(silent);
    next.silencePasses();
    former.store.values().forEach(next::put);
    next.elected(2);
    for (String host : hosts(1, 4)) {
      if (!List.of(silent).contains(host)) {
        next.renews(host);
        next.reports(host);
      }
    }
    return next;
  }

  @Test
  void theNextControllerGoesOnAtOnceWithTheHostThatTheFormerOneWasFencing() {
    ControllerScript next = successor(twoOfFourAreLost(), "host3", "host4");
    assertThat(asked(next)).containsExactly("host3");
    assertThat(next.infoOf("host4").reason()).contains("[host3] being fenced already");
    next.deviceAnswers(OFF_NOW);
    next.passes(PAUSE.minus(LITTLE));
    assertThat(everAsked(next)).containsExactly("host3");
    next.passes(LITTLE);
    assertThat(everAsked(next)).containsExactly("host3", "host4");
  }

  @Test
  void itFencesNoOtherHostWhileTheFormerOnesDeviceMayAct() {
    ControllerScript next = successor(twoOfFourAreLost(), "host4");
    Duration mayAct = TIMINGS.fenceTimeout().multipliedBy(3).dividedBy(2);
    next.passes(mayAct);
    assertThat(everAsked(next)).isEmpty();
    assertThat(next.infoOf("host4").reason()).contains("[host3] being fenced already");
    next.passes(PAUSE.plus(TIMINGS.renewInterval()));
    assertThat(everAsked(next)).containsExactly("host4");
    assertThat(record(next, "host3").aim()).as("for the one after it").isEmpty();
  }

  @Test
  void itKeepsThePauseThatTheFormerOneHasBegun() {
    ControllerScript former = twoOfFourAreLost();
    former.deviceAnswers(OFF_NOW);
    ControllerScript next = successor(former, "host3", "host4");
    next.passes(PAUSE.minus(LITTLE));
    assertThat(everAsked(next)).isEmpty();
    assertThat(next.infoOf("host4").reason()).contains("another host has just been fenced");
    next.passes(LITTLE);
    assertThat(everAsked(next)).containsExactly("host4");
  }

  @Test
  void itDoesNotFenceAgainWhatIsProvenDownAlthoughItSeesItsLeaseLate() {
    ControllerScript former = twoOfFourAreLost();
    former.deviceAnswers(OFF_NOW);
    ControllerScript next = new ControllerScript(hosts(1, 4));
    former.store.values().forEach(next::put);
    next.fallsSilent("host3");
    next.storeFallsSilent();
    next.connection(Connection.CONNECTED);
    next.leasesReadEnds(Outcome.unknown("time-out"));
    next.elected(2);
    next.storeAnswers();
    next.passes(Duration.ofMinutes(1));
    assertThat(next.stateOf("host3")).isEqualTo(HostState.FENCED);
    assertThat(everAsked(next)).isEmpty();
  }

  @Test
  void itLosesNoTimeWhenNothingWasFencedJustBefore() {
    ControllerScript former = lost(new ControllerScript(hosts(1, 4)), 4, 1);
    former.deviceAnswers(OFF_NOW);
    former.passes(PAUSE);
    assertThat(record(former, "host4").aim()).isEmpty();
    // vm:1 may be on host3, too, which has not told the next one anything.
    former.store.remove(new Key(Table.REPORT, "host3"));
    former.store.remove(new Key(Table.PLACEMENT, "vm:1"));
    ControllerScript next = successor(former, "host3", "host4");
    assertThat(everAsked(next)).containsExactly("host3");
  }
}
