package io.holdfast.engine.sim;

import static io.holdfast.engine.sim.Drill.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** After a failure what fits when it is packed well runs again, and not only what fits by turns. */
class PackedFailoverTest {

  private static String with(long cpu, int priority) {
    return ", \"demand\": {\"cpu\": %d, \"memory\": 10}, \"priority\": %d".formatted(cpu, priority);
  }

  private static String with(long cpu) {
    return with(cpu, 200);
  }

  private static Drill nearlyFull() {
    return new Drill("")
        .host("n1", ", \"capacity\": {\"cpu\": 8, \"memory\": 1000}")
        .host("n2", ", \"capacity\": {\"cpu\": 8, \"memory\": 1000}")
        .host("n3", ", \"capacity\": {\"cpu\": 8, \"memory\": 1000}")
        .workload("vm:8", "n2", with(4))
        .workload("vm:9", "n3", with(5));
  }

  @Test
  void allThatFitsTogetherRunsAgain() {
    ScenarioResult result =
        nearlyFull()
            .workload("vm:1", "n1", with(2))
            .workload("vm:2", "n1", with(2))
            .workload("vm:3", "n1", with(3))
            .at(100, "\"op\": \"power\", \"host\": \"n1\", \"on\": false")
            .until(400);
    assertThat(List.of(outcome(result, "vm:1"), outcome(result, "vm:2")))
        .containsOnly("Started [n2]");
    assertThat(outcome(result, "vm:3")).isEqualTo("Started [n3]");
  }

  @Test
  void whoIsMoreImportantIsStartedFirstByAPlanToo() {
    ScenarioResult result =
        nearlyFull()
            .workload("vm:1", "n1", with(2, 300))
            .workload("vm:2", "n1", with(2, 100))
            .workload("vm:3", "n1", with(3, 200))
            .at(100, "\"op\": \"power\", \"host\": \"n1\", \"on\": false")
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
      ScenarioResult result = tight(new SplittableRandom(seed)).until(300);
      planned += result.history().toString().contains("planned for") ? 1 : 0;
    }
    assertThat(planned).isGreaterThan(3);
  }

  private static Drill tight(SplittableRandom dice) {
    Drill drill = new Drill("");
    int hosts = 4;
    int number = 0;
    for (int h = 1; h <= hosts; h++) {
      drill.host("n" + h, ", \"capacity\": {\"cpu\": 12, \"memory\": 1000}");
      int left = 12 - 2 - dice.nextInt(3);
      while (left > 0) {
        int cpu = Math.min(left, 1 + dice.nextInt(4));
        drill.workload("vm:" + ++number, "n" + h, with(cpu, 100 * (1 + dice.nextInt(2))));
        left -= cpu;
      }
    }
    if (dice.nextBoolean()) {
      drill.apart("vm:1", "vm:" + number);
    }
    drill.at(100, "\"op\": \"power\", \"host\": \"n1\", \"on\": false");
    if (dice.nextInt(3) == 0) {
      drill.at(100.2, "\"op\": \"power\", \"host\": \"n2\", \"on\": false");
    }
    return drill;
  }
}
