package io.holdfast.engine.sim;

import static io.holdfast.engine.sim.Drill.outcome;
import static io.holdfast.engine.sim.NearlyFull.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** After a failure what fits when it is packed well runs again, and not only what fits by turns. */
class PackedFailoverTest {

  private static final String N1_LOSES_ITS_POWER =
      "\"op\": \"power\", \"host\": \"n1\", \"on\": false";

  @Test
  void allThatFitsTogetherRunsAgain() {
    ScenarioResult result =
        NearlyFull.cluster()
            .workload("vm:1", "n1", with(2))
            .workload("vm:2", "n1", with(2))
            .workload("vm:3", "n1", with(3))
            .at(100, N1_LOSES_ITS_POWER)
            .until(400);
    assertThat(List.of(outcome(result, "vm:1"), outcome(result, "vm:2")))
        .containsOnly("Started [n2]");
    assertThat(outcome(result, "vm:3")).isEqualTo("Started [n3]");
  }

  @Test
  void whoIsMoreImportantIsStartedFirstByAPlanToo() {
    ScenarioResult result =
        NearlyFull.cluster()
            .workload("vm:1", "n1", with(2, 300))
            .workload("vm:2", "n1", with(2, 100))
            .workload("vm:3", "n1", with(3, 200))
            .at(100, N1_LOSES_ITS_POWER)
            .until(400);
    assertThat(outcome(result, "vm:1")).startsWith("Started");
    assertThat(outcome(result, "vm:2")).startsWith("Started");
    assertThat(outcome(result, "vm:3")).isEqualTo("Started [n3]");
  }

  /** Rules, room, never two and all else is looked at by the checkers of the simulator. */
  @Test
  void inTightClustersPlansBreakNoPromise() {
    int planned = 0;
    for (int seed = 0; seed < 60; seed++) {
      SplittableRandom dice = new SplittableRandom(seed);
      ScenarioResult result =
          NearlyFull.random(dice, host -> 10 - dice.nextInt(3), N1_LOSES_ITS_POWER).until(300);
      planned += result.history().toString().contains("planned for") ? 1 : 0;
    }
    assertThat(planned).isGreaterThan(3);
  }
}
