package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A failing run is shown with the few strikes that it needs. */
class SimShrinkTest {

  /** A cluster that is given no time to mend itself fails by anything that leaves it hurt. */
  private static SimConfig impatient(long seed) {
    SimConfig usual = SimConfig.random(seed);
    return new SimConfig(
        seed,
        usual.hosts(),
        usual.workloads(),
        SimConfig.Faults.HARSH,
        Duration.ofSeconds(60),
        Duration.ZERO,
        usual.timings(),
        usual.lease(),
        usual.afterWatchdog(),
        usual.fences(),
        usual.sessionTimeout(),
        SimConfig.More.NONE);
  }

  @Test
  void whatIsLeftStillFailsAndIsFewerThanAll() {
    SimConfig config =
        LongStream.rangeClosed(1, 50)
            .mapToObj(SimShrinkTest::impatient)
            .filter(c -> new SimWorld(c).strikes().size() > 3)
            .filter(c -> !new SimWorld(c).run().isClean())
            .findFirst()
            .orElseThrow();
    List<SimStrike> all = new SimWorld(config).strikes();
    List<SimStrike> few = SimShrink.fewest(config, 200);
    assertThat(few).hasSizeLessThan(all.size()).isSubsetOf(all);
    assertThat(new SimWorld(config).run(few).isClean()).isFalse();
  }
}
