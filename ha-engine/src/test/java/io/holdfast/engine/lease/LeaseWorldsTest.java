package io.holdfast.engine.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.property.SeedsOfThisBuild;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** Never two holders, and nobody is called dead who may run, whatever the devices do. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class LeaseWorldsTest {
  private static final int DRIFT = 50_000;

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void neverTwoHoldersAndNeverDeadBeforeItsTime(@ForAll long seed) {
    LeaseWorld world = new LeaseWorld(seed, LeaseWorld.timing(DRIFT), DRIFT).play(240, 60);
    assertThat(world.violations).as("seed %d", seed).isEmpty();
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void whenTheDevicesAreWellWhoeverComesHoldsItInTheEnd(@ForAll long seed) {
    LeaseWorld world = new LeaseWorld(seed, LeaseWorld.timing(DRIFT), DRIFT).play(120, 90);
    world.playOn(60);
    assertThat(world.violations).as("seed %d", seed).isEmpty();
    assertThat(world.isHeld()).as("seed %d", seed).isTrue();
  }

  /** A device that was set back, or is written late, costs itself and no lease. */
  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void oneOfThreeDevicesThatIsSetBackEndsNoLease(@ForAll long seed) {
    LeaseWorld world = LeaseWorld.restoring(seed, LeaseWorld.timing(DRIFT), DRIFT).play(240, 30);
    world.playOn(60);
    assertThat(world.violations).as("seed %d", seed).isEmpty();
    assertThat(world.lost).as("leases that have ended, seed %d", seed).isZero();
    assertThat(world.restored).as("seed %d", seed).isPositive();
    assertThat(world.isHeld()).as("seed %d", seed).isTrue();
  }

  @Example
  void theWorldsAreWorthPlaying() {
    int holders = 0;
    int deaths = 0;
    int contested = 0;
    for (long seed = 0; seed < 200; seed++) {
      LeaseWorld world = new LeaseWorld(seed, LeaseWorld.timing(DRIFT), DRIFT).play(240, 60);
      holders += world.holders;
      deaths += world.deaths;
      contested += world.contested;
    }
    assertThat(holders).as("holders").isGreaterThan(200);
    assertThat(deaths).as("verdicts of death").isGreaterThan(200);
    assertThat(contested).as("slots that another has written to").isPositive();
  }

  @Example
  void clocksThatAreWorseThanTheyAreTrustedToBeAreFound() {
    int broken = 0;
    for (long seed = 0; seed < 200 && broken == 0; seed++) {
      LeaseWorld world = new LeaseWorld(seed, LeaseWorld.timing(0), 90_000).play(240, 60);
      broken += world.violations.size();
    }
    assertThat(broken).as("an H that is too short for these clocks").isPositive();
  }
}
