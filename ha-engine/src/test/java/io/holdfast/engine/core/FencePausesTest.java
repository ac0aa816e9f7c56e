package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static io.holdfast.engine.core.ControllerScript.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.Epoch;
import io.holdfast.api.Evidence;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Outcome;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Election;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import io.holdfast.engine.record.FenceRecord;
import io.holdfast.engine.record.StateRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** While a lost host's devices are left alone, a change of controller neither adds nor saves. */
class FencePausesTest {
  private static final Refused NO = new Refused("no");
  private static final Duration LITTLE = Duration.ofMillis(1);
  private static final Duration RACE = Duration.ofSeconds(17);
  private static final Key HOST1 = new Key(Table.FENCE, "host1");

  /** One that leads, and one that has followed the same leases all the time. */
  private static final class Pair {
    final ControllerScript leader;
    final ControllerScript standby;
    private final String[] hosts;

    Pair(Duration race, String... hosts) {
      this.hosts = hosts;
      leader = script(race, hosts).put(Scenes.newWorkload("vm:1")).seesLeases().leads(1);
      leader.allReport(hosts).reports("host1");
      assertThat(leader.orderedOn("vm:1")).containsExactly("host1");
      standby = script(race, hosts).seesLeases();
      standby.connection(Connection.CONNECTED);
      standby.campaignEnds(Outcome.done(new Election.LedBy("other", new Epoch(1))));
      List.of(hosts).forEach(standby::renews);
      passes(Duration.ofSeconds(10));
      leader.fallsSilent("host1");
      standby.fallsSilent("host1");
      silencePasses();
    }

    void passes(Duration time) {
      leader.passes(time);
      standby.passes(time);
    }

    final void silencePasses() {
      passes(TIMINGS.silence().plus(TIMINGS.renewInterval()));
    }

    /** From here on only the one that stood by goes on. */
    ControllerScript changes() {
      leader.store.values().forEach(standby::put);
      standby.step(new ControllerEvent.PlaceChanged(0));
      standby.elected(2);
      return reported(standby);
    }

    /** One that has just been started takes the place: it has seen nothing. */
    ControllerScript newcomer(Duration race) {
      ControllerScript newcomer = script(race, hosts);
      leader.store.values().forEach(newcomer::put);
      for (int i = 0; i <= 10; i++) {
        newcomer.renewsUnseen("host1"); // as often as it did before it fell silent
      }
      newcomer.fallsSilent("host1");
      newcomer.seesLeases().leads(2);
      return reported(newcomer);
    }

    private ControllerScript reported(ControllerScript next) {
      for (String host : hosts) {
        if (!host.equals("host1")) {
          next.renews(host);
          next.reports(host);
        }
      }
      return next;
    }
  }

  private static ControllerScript script(Duration race, String... hosts) {
    TreeMap<HostId, List<FenceStep>> steps = new TreeMap<>();
    for (String host : hosts) {
      steps.put(new HostId(host), List.of(new FenceStep(List.of("bmc"), TIMINGS.fenceTimeout())));
    }
    return new ControllerScript(
        Optional.empty(), new FenceSettings(steps, Duration.ofMinutes(10), race), hosts);
  }

  private static FenceRecord record(ControllerScript script) {
    return (FenceRecord) script.stored(HOST1);
  }

  private static long sequence(ControllerScript script) {
    return record(script).pause().orElseThrow().renewal();
  }

  // Attempts that came to nothing

  /** After so many attempts the pause has just begun. */
  private static Pair failed(int attempts) {
    Pair pair = new Pair(Duration.ZERO, "host1", "host2", "host3");
    Duration pause = TIMINGS.fenceRetryMin();
    for (int i = 1; i <= attempts; i++) {
      pair.leader.deviceAnswers(NO);
      if (i < attempts) {
        pair.passes(pause);
        pause = pause.multipliedBy(2);
      }
    }
    assertThat(record(pair.leader).pause().orElseThrow().failed()).isEqualTo(attempts);
    return pair;
  }

  @Test
  void theNextControllerTriesWhenTheFormerOneWouldHave() {
    Pair pair = failed(3); // 20 s
    pair.passes(Duration.ofSeconds(15));
    ControllerScript next = pair.changes();
    assertThat(next.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(next.infoOf("host1").reason()).contains("tried 3 times, next in PT5S");
    assertThat(next.explainHost("host1").waitsFor())
        .filteredOn(wait -> wait.kind() == Kind.RETRY)
        .singleElement()
        .satisfies(wait -> assertThat(wait.remaining()).contains(Duration.ofSeconds(5)));
    next.passes(Duration.ofSeconds(5).minus(LITTLE));
    assertThat(next.asked(OFF)).isEmpty();
    next.passes(LITTLE);
    assertThat(next.asked(OFF)).hasSize(1);
  }

  @Test
  void itsPausesGoOnGrowing() {
    Pair pair = failed(3);
    pair.passes(Duration.ofSeconds(19));
    ControllerScript next = pair.changes();
    next.passes(Duration.ofSeconds(1));
    next.deviceAnswers(NO);
    assertThat(next.told(HaEvent.FenceFailed.class))
        .singleElement()
        .extracting(HaEvent.FenceFailed::nextTryIn)
        .isEqualTo(Duration.ofSeconds(40));
    assertThat(record(next).pause().orElseThrow().failed()).isEqualTo(4);
  }

  @Test
  void itTriesAtOnceWhenThePauseIsOver() {
    Pair pair = failed(2);
    pair.leader.storeFallsSilent();
    pair.passes(Duration.ofSeconds(11));
    assertThat(pair.changes().asked(OFF)).hasSize(1);
  }

  @Test
  void oneThatHasSeenNothingWaitsNoLongerThanOnePause() {
    Pair pair = failed(4); // 40 s, begun 35 s after the first attempt
    pair.passes(Duration.ofSeconds(30));
    ControllerScript next = pair.newcomer(Duration.ZERO);
    assertThat(sequence(pair.leader)).isEqualTo(11);
    next.silencePasses();
    assertThat(next.stateOf("host1")).isEqualTo(HostState.LOST);
    assertThat(next.infoOf("host1").reason()).contains("tried 4 times");
    next.passes(Duration.ofSeconds(40));
    assertThat(next.asked(OFF)).hasSize(1);
  }

  @Test
  void aHostThatWasHeardSinceOwesNothing() {
    Pair pair = failed(3);
    pair.standby.isHeardAgain("host1");
    pair.standby.fallsSilent("host1");
    pair.standby.silencePasses();
    ControllerScript next = pair.changes();
    assertThat(next.asked(OFF)).hasSize(1);
    next.deviceAnswers(NO);
    assertThat(next.infoOf("host1").reason()).contains("tried 1 times, next in PT5S");
  }

  @Test
  void whenTheHostIsHeardTheRecordSaysNothingOfItAnyMore() {
    Pair pair = failed(1);
    pair.leader.isHeardAgain("host1");
    assertThat(record(pair.leader).pause()).isEmpty();
  }

  @Test
  void whatNoDeviceCouldDoForTheFormerOneIsAssumedInItsTime() {
    Pair pair = failed(1);
    Duration after = TIMINGS.silence().plus(Duration.ofSeconds(4));
    pair.leader.put(
        new StateRecord.ClusterConfig(
            ClusterPolicy.DEFAULT.toBuilder().assumeDownAfter(Optional.of(after)).build()));
    pair.passes(TIMINGS.renewInterval());
    ControllerScript next = pair.changes();
    assertThat(next.infoOf("host1").reason()).contains("it is taken for down");
    next.passes(Duration.ofSeconds(4).minus(TIMINGS.renewInterval()));
    assertThat(next.told(HaEvent.HostFenced.class))
        .singleElement()
        .extracting(HaEvent.HostFenced::evidence)
        .isEqualTo(new Evidence.AssumedByPolicy("cluster.assumeDownAfter " + after));
  }

  @Test
  void evidenceEndsIt() {
    Pair pair = failed(2);
    Scenes.saysDown(pair.leader, "host1", 1, "anna");
    assertThat(record(pair.leader).evidence()).isPresent();
    assertThat(record(pair.leader).pause()).isEmpty();
  }

  // The race of two hosts

  private static Pair racing() {
    Pair pair = new Pair(RACE, "host1", "host2");
    assertThat(pair.leader.infoOf("host1").reason()).contains("more important");
    return pair;
  }

  @Test
  void theRaceIsNotBegunAnew() {
    Pair pair = racing();
    Duration begun = TIMINGS.renewInterval(); // the host was lost so long ago
    pair.passes(Duration.ofSeconds(10));
    ControllerScript next = pair.changes();
    assertThat(next.infoOf("host1").reason()).contains("more important");
    next.passes(RACE.minus(Duration.ofSeconds(10)).minus(begun).minus(LITTLE));
    assertThat(next.asked(OFF)).isEmpty();
    next.passes(LITTLE);
    assertThat(next.asked(OFF)).hasSize(1);
  }

  @Test
  void oneThatHasSeenNothingCountsTheRaceFromItsOwnLoss() {
    Pair pair = racing();
    pair.passes(Duration.ofSeconds(10));
    ControllerScript next = pair.newcomer(RACE);
    next.silencePasses();
    assertThat(next.infoOf("host1").reason()).contains("more important");
    next.passes(RACE);
    assertThat(next.asked(OFF)).hasSize(1);
  }

  @Test
  void aHostThatWasHeardSinceIsSparedAnew() {
    Pair pair = racing();
    pair.passes(Duration.ofSeconds(10));
    pair.standby.isHeardAgain("host1");
    pair.standby.fallsSilent("host1");
    pair.standby.silencePasses();
    ControllerScript next = pair.changes();
    next.passes(RACE.minus(TIMINGS.renewInterval()));
    assertThat(next.asked(OFF)).isEmpty();
    next.passes(TIMINGS.renewInterval());
    assertThat(next.asked(OFF)).hasSize(1);
  }

  @Test
  void oneThatWasTriedInVainIsNotSparedAgain() {
    Pair pair = racing();
    pair.passes(RACE);
    pair.leader.deviceAnswers(NO);
    pair.passes(TIMINGS.fenceRetryMin());
    ControllerScript next = pair.changes();
    assertThat(next.asked(OFF)).hasSize(1);
  }
}
