package io.holdfast.engine.core;

import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.OFF;
import static io.holdfast.engine.core.ControllerEffect.DeviceOperation.STATUS;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.FenceOutcome.Confirmed;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostState;
import io.holdfast.api.Outcome;
import io.holdfast.api.PowerState;
import io.holdfast.api.spi.StateStore.Key;
import io.holdfast.api.spi.StateStore.Table;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Who accuses others looks at itself first, and hosts that come and go are not relied upon. */
class HostGuardsTest {
  private static final Duration SILENCE = ControllerScript.TIMINGS.silence();
  private static final Duration RENEWAL = ControllerScript.TIMINGS.renewInterval();

  // Hosts that come and go

  private static ControllerScript host1ComesAndGoes(ControllerScript script, int times) {
    for (int i = 0; i < times; i++) {
      script.passes(Duration.ofSeconds(20));
      script.joinsAgain("host1");
      script.reports("host1");
    }
    return script;
  }

  private static void protect(ControllerScript script, String workload) {
    script.put(Scenes.newWorkload(workload));
    script.reread(new Key(Table.WORKLOAD, workload));
  }

  @Test
  void aHostThatComesAndGoesGetsNothingNewUntilItHasBeenQuiet() {
    ControllerScript script = host1ComesAndGoes(Scenes.threeHosts(), Flapping.MANY);
    assertThat(script.told(HaEvent.Alarm.class))
        .singleElement()
        .satisfies(alarm -> assertThat(alarm.reason()).contains("came back 4 times"));
    protect(script, "vm:1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
    script.passes(Flapping.QUIET);
    protect(script, "vm:2");
    assertThat(script.orderedOn("vm:2")).containsExactly("host1");
  }

  @Test
  void onceOrTwiceIsNothing() {
    ControllerScript script = host1ComesAndGoes(Scenes.threeHosts(), Flapping.MANY - 1);
    protect(script, "vm:1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void whereThereIsNoSteadierOneItIsUsedNevertheless() {
    ControllerScript script = host1ComesAndGoes(Scenes.threeHosts(), Flapping.MANY);
    script.fallsSilent("host2", "host3");
    script.passes(SILENCE.multipliedBy(4));
    protect(script, "vm:1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host1");
  }

  @Test
  void aStandbyRemembersWhatItSaw() {
    ControllerScript script = host1ComesAndGoes(Scenes.threeHosts(), Flapping.MANY);
    script.connection(io.holdfast.api.spi.Membership.Connection.LOST);
    script.leads(2);
    protect(script, "vm:1");
    assertThat(script.orderedOn("vm:1")).containsExactly("host2");
  }

  // Many at once

  @Test
  void pitfall23WhenMostAreSilentTheSilenceIsFirstSuspectedOfBeingOurOwn() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1", "host2");
    script.passes(SILENCE.plus(RENEWAL));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.passes(SILENCE);
    assertThat(script.asked(OFF)).hasSize(1);
  }

  // A controller that is slow itself

  @Test
  void aControllerThatWasStoppedAccusesLater() {
    ControllerScript script = Scenes.vmOnHost1();
    script.isStoppedFor(Duration.ofSeconds(20));
    script.allReport("host1", "host2", "host3");
    script.fallsSilent("host1");
    script.passes(SILENCE.plus(RENEWAL));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.passes(SILENCE);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void andItSuspectsLater() {
    Duration suspectAfter = ControllerScript.TIMINGS.suspectAfter();
    ControllerScript healthy = Scenes.vmOnHost1();
    healthy.fallsSilent("host1");
    healthy.passes(suspectAfter.plus(RENEWAL));
    assertThat(healthy.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    ControllerScript stopped = Scenes.vmOnHost1();
    stopped.isStoppedFor(Duration.ofSeconds(20));
    stopped.allReport("host1", "host2", "host3");
    int asked = stopped.asked(STATUS).size();
    stopped.fallsSilent("host1");
    stopped.passes(suspectAfter.plus(RENEWAL));
    assertThat(stopped.stateOf("host1")).isEqualTo(HostState.ONLINE);
    assertThat(stopped.asked(STATUS)).hasSize(asked);
    stopped.passes(suspectAfter);
    assertThat(stopped.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    assertThat(stopped.asked(STATUS)).as("only then is its device asked").hasSize(asked + 1);
  }

  @Test
  void oneThatStoodStillWhileNothingWasDueSuspectsLaterToo() {
    Duration stop = RENEWAL.multipliedBy(8).dividedBy(5);
    ControllerScript script = Scenes.vmOnHost1();
    script.passes(RENEWAL);
    for (int i = 0; i < 10 && script.wakeup() <= script.now() + stop.toNanos(); i++) {
      script.passes(RENEWAL);
    }
    assertThat(script.wakeup()).as("no timer is late").isGreaterThan(script.now() + stop.toNanos());
    script.hearsNobodyFor(stop);
    script.fallsSilent("host1");
    Duration suspectAfter = ControllerScript.TIMINGS.suspectAfter();
    script.passes(suspectAfter.multipliedBy(6).dividedBy(5));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.ONLINE);
    script.passes(suspectAfter.dividedBy(10));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
  }

  @Test
  void oneThatWasDeafForLongAsksWhetherItStillLeadsThoughNothingWasDue() {
    Duration stop = ControllerScript.TIMINGS.suspectAfter().plusMillis(1);
    ControllerScript script = Scenes.vmOnHost1();
    script.isStoppedFor(Duration.ofSeconds(20)); // so its deadlines are far away
    script.allReport("host1", "host2", "host3");
    script.passes(RENEWAL);
    for (int i = 0; i < 10 && script.wakeup() <= script.now() + stop.toNanos(); i++) {
      script.passes(RENEWAL);
    }
    assertThat(script.wakeup()).as("no timer is late").isGreaterThan(script.now() + stop.toNanos());
    int asked = script.all(ControllerEffect.Campaign.class).size();
    script.goesOnAfter(stop);
    script.renews("host2");
    assertThat(script.all(ControllerEffect.Campaign.class)).hasSize(asked + 1);
  }

  @Test
  void thatPasses() {
    ControllerScript script = Scenes.vmOnHost1();
    script.isStoppedFor(Duration.ofSeconds(20));
    script.passes(SILENCE.multipliedBy(10));
    script.fallsSilent("host1");
    script.silencePasses();
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCING);
  }

  @Test
  void aStoreThatDoesNotAnswerMakesItSlowerToo() {
    ControllerScript script = Scenes.vmOnHost1();
    script.fallsSilent("host1");
    script.storeFallsSilent();
    script.passes(SILENCE);
    script.leaseCheckEnds(Outcome.unknown("time-out"));
    script.storeAnswers();
    script.passes(RENEWAL);
    assertThat(script.stateOf("host1")).isEqualTo(HostState.SUSPECT);
    script.passes(RENEWAL);
    script.deviceAnswers(new Confirmed(PowerState.OFF));
    assertThat(script.stateOf("host1")).isEqualTo(HostState.FENCED);
  }
}
