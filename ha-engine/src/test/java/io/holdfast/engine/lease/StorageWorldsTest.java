package io.holdfast.engine.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.property.SeedsOfThisBuild;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** Never two guests, with leases, locks and watchdogs together; and one in the end. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class StorageWorldsTest {
  private static final int DRIFT = 50_000;

  private static StorageWorld world(long seed, boolean impatient) {
    return new StorageWorld(seed, LeaseWorld.timing(DRIFT), DRIFT, impatient);
  }

  @Property(tries = 120, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void neverTwoGuestsAndOneInTheEnd(@ForAll long seed) {
    StorageWorld world = world(seed, false).play(300, 100);
    assertThat(world.violations).as("seed %d", seed).isEmpty();
    assertThat(world.runs()).as("seed %d", seed).isTrue();
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void noMoreWithAnEvenNumberOfDevices(@ForAll long seed, @ForAll boolean two) {
    StorageWorld world =
        new StorageWorld(seed, LeaseWorld.timing(DRIFT), DRIFT, false, two ? 2 : 4);
    world.play(300, 100);
    assertThat(world.violations).as("seed %d", seed).isEmpty();
    assertThat(world.runs()).as("seed %d", seed).isTrue();
  }

  @Example
  void theWorldsAreWorthPlaying() {
    int takenOver = 0;
    for (long seed = 0; seed < 20; seed++) {
      takenOver += world(seed, false).play(300, 0).takenOver;
    }
    assertThat(takenOver).as("taken over from a host that was reset").isGreaterThan(20);
  }

  @Example
  void aLeaseThatOnlyFailsIsNoEvidence() {
    int broken = 0;
    for (long seed = 0; seed < 200 && broken == 0; seed++) {
      broken += world(seed, true).play(300, 0).violations.size();
    }
    assertThat(broken).as("guests of hosts that were not reset yet").isPositive();
  }
}
