package io.holdfast.engine.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** Never two owners, and every owner has a greater token, whatever the devices do. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class LockWorldsTest {

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void neverTwoOwnersAndTokensOnlyGrow(@ForAll long seed) {
    LockWorld world = new LockWorld(seed, false).play(300, 30);
    assertThat(world.violations).as("seed %d", seed).isEmpty();
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void whenTheDevicesAreWellItChangesHandsAgain(@ForAll long seed) {
    LockWorld world = new LockWorld(seed, false).play(120, 120);
    long before = world.highest;
    assertThat(world.tokensUntil(120)).as("seed %d", seed).isGreaterThan(before);
    assertThat(world.violations).as("seed %d", seed).isEmpty();
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void noMoreWithAnEvenNumberOfDevicesOrWithFive(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 2) int which) {
    int devices = List.of(2, 4, 5).get(which);
    LockWorld world = new LockWorld(seed, false, devices).play(300, 30);
    assertThat(world.violations).as("seed %d, %d devices", seed, devices).isEmpty();
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void noMoreWhenProcessesEndAndBeginAnewOnceNothingIsUnderWay(@ForAll long seed) {
    LockWorld world = new LockWorld(seed, false, 3).withRestarts(seed, false).play(300, 30);
    assertThat(world.violations).as("seed %d", seed).isEmpty();
  }

  @Example
  void theWorldsAreWorthPlaying() {
    int acquired = 0;
    int unknown = 0;
    for (long seed = 0; seed < 60; seed++) {
      LockWorld world = new LockWorld(seed, false).play(300, 30);
      acquired += world.acquired;
      unknown += world.unknown;
    }
    assertThat(acquired).as("owners").isGreaterThan(300);
    assertThat(unknown).as("requests without an answer").isGreaterThan(60);
  }

  @Example
  void aProcessThatBeginsWhileAWriteOfTheFormerIsUnderWayIsFound() {
    int broken = 0;
    for (long seed = 0; seed < 50 && broken == 0; seed++) {
      LockWorld world = new LockWorld(seed, false, 3).withRestarts(seed, true);
      broken += world.play(300, 0).violations.size();
    }
    assertThat(broken).as("a write over one of the next process").isPositive();
  }

  @Example
  void evidenceThatIsNotTrueIsFound() {
    int broken = 0;
    for (long seed = 0; seed < 50 && broken == 0; seed++) {
      broken += new LockWorld(seed, true).play(120, 0).violations.size();
    }
    assertThat(broken).as("an owner that lives was replaced").isPositive();
  }
}
