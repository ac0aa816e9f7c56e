package io.holdfast.engine.sim;

import static io.holdfast.engine.sim.Drill.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A host becomes empty when what it runs fits elsewhere when it is packed well. */
class PackedEvacuationTest {

  private static String with(long cpu) {
    return ", \"demand\": {\"cpu\": %d, \"memory\": 10}".formatted(cpu);
  }

  private static String hasRoomFor(long cpu) {
    return ", \"capacity\": {\"cpu\": %d, \"memory\": 1000}".formatted(cpu);
  }

  private static Drill nearlyFull() {
    return new Drill("")
        .host("n1", hasRoomFor(8))
        .host("n2", hasRoomFor(8))
        .host("n3", hasRoomFor(8))
        .workload("vm:8", "n2", with(4))
        .workload("vm:9", "n3", with(5));
  }

  private static final String N1_IS_LEFT =
      "\"op\": \"maintenance\", \"host\": \"n1\", \"on\": true";

  @Test
  void allThatFitsTogetherGoes() {
    ScenarioResult result =
        nearlyFull()
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
        nearlyFull()
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
      ScenarioResult result = tight(new SplittableRandom(seed)).until(300);
      planned += result.history().toString().contains("planned for") ? 1 : 0;
    }
    assertThat(planned).isGreaterThan(3);
  }

  private static Drill tight(SplittableRandom dice) {
    Drill drill = new Drill("");
    int number = 0;
    for (int h = 1; h <= 4; h++) {
      drill.host("n" + h, hasRoomFor(12));
      int left = h == 1 ? 9 : 9 - dice.nextInt(3);
      while (left > 0) {
        int cpu = Math.min(left, 1 + dice.nextInt(4));
        drill.workload("vm:" + ++number, "n" + h, with(cpu));
        left -= cpu;
      }
    }
    if (dice.nextBoolean()) {
      drill.apart("vm:1", "vm:" + number);
    }
    drill.at(100, N1_IS_LEFT);
    if (dice.nextInt(3) == 0) {
      drill.at(100.2, "\"op\": \"power\", \"host\": \"n2\", \"on\": false");
    }
    return drill;
  }
}
