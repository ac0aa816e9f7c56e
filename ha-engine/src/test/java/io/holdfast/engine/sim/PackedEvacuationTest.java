package io.holdfast.engine.sim;

import static io.holdfast.engine.sim.Drill.outcome;
import static io.holdfast.engine.sim.NearlyFull.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A host becomes empty when what it runs fits elsewhere when it is packed well. */
class PackedEvacuationTest {

  private static final String N1_IS_LEFT =
      "\"op\": \"maintenance\", \"host\": \"n1\", \"on\": true";

  @Test
  void allThatFitsTogetherGoes() {
    ScenarioResult result =
        NearlyFull.cluster()
            .workload("vm:1", "n1", with(2))
            .workload("vm:2", "n1", with(2))
            .workload("vm:3", "n1", with(3))
            .at(100, N1_IS_LEFT)
            .until(400);
    assertThat(List.of(outcome(result, "vm:1"), outcome(result, "vm:2")))
        .containsOnly("Started [n2]");
    assertThat(outcome(result, "vm:3")).isEqualTo("Started [n3]");
    assertThat(result.history().toString())
        .contains(
            "n1 is in maintenance, planned for 3 workloads together, as one after the"
                + " other not all would find room");
  }

  @Test
  void whatThePlanHasNoPlaceForDoesNotTakeThatOfOthers() {
    ScenarioResult result =
        NearlyFull.cluster()
            .workload("vm:1", "n1", with(4))
            .workload("vm:2", "n1", with(2))
            .workload("vm:3", "n1", with(2))
            .workload("vm:4", "n1", with(0))
            .workload("vm:5", "n1", with(3))
            .at(100, N1_IS_LEFT)
            .until(400);
    assertThat(outcome(result, "vm:1")).isEqualTo("Started [n1]");
    assertThat(outcome(result, "vm:2")).isEqualTo("Started [n2]");
    assertThat(outcome(result, "vm:3")).isEqualTo("Started [n2]");
    assertThat(outcome(result, "vm:5")).isEqualTo("Started [n3]");
  }

  /** Rules, room, never two and all else is looked at by the checkers of the simulator. */
  @Test
  void inTightClustersPlansBreakNoPromise() {
    int planned = 0;
    for (int seed = 0; seed < 60; seed++) {
      SplittableRandom dice = new SplittableRandom(seed);
      ScenarioResult result =
          NearlyFull.random(dice, host -> host == 1 ? 9 : 9 - dice.nextInt(3), N1_IS_LEFT)
              .until(300);
      planned += result.history().toString().contains("planned for") ? 1 : 0;
    }
    assertThat(planned).isGreaterThan(3);
  }
}
