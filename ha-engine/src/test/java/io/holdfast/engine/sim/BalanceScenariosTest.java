package io.holdfast.engine.sim;

import static io.holdfast.engine.sim.Drill.outcome;
import static io.holdfast.engine.sim.Drill.place;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import org.junit.jupiter.api.Test;

/** What workloads are measured to use decides where they go, and moves them when it is uneven. */
class BalanceScenariosTest {
  private static final String BALANCED =
      "\"placement\": {\"mode\": \"dynamic\", \"rebalanceOnStart\": false, \"autoRebalance\": true}";

  private static Drill drill(String cluster) {
    return new Drill(cluster)
        .host("n1", ", \"capacity\": {\"cpu\": 10, \"memory\": 1000}")
        .host("n2", ", \"capacity\": {\"cpu\": 10, \"memory\": 1000}")
        .host("n3", ", \"capacity\": {\"cpu\": 10, \"memory\": 1000}");
  }

  /** All demand the same. */
  private static String using(double cpu) {
    return ", \"demand\": {\"cpu\": 1, \"memory\": 100}, \"load\": {\"cpu\": %s, \"memory\": 1}"
        .formatted(cpu);
  }

  private static String load(String id, double cpu) {
    return "\"op\": \"load\", \"workload\": \"%s\", \"cpu\": %s".formatted(id, cpu);
  }

  @Test
  void theMeasuredLoadAndNotTheDemandDecidesWhereARecoveredWorkloadGoes() {
    ScenarioResult result =
        drill("\"placement\": {\"mode\": \"dynamic\"}")
            .workload("vm:1", "n1", using(8))
            .workload("vm:2", "n2", using(0.1))
            .workload("vm:3", "n2", using(0.1))
            .workload("vm:9", "n3", using(1))
            .at(100, "\"op\": \"power\", \"host\": \"n3\", \"on\": false")
            .until(300);
    assertThat(outcome(result, "vm:9")).isEqualTo("Started [n2]");
  }

  @Test
  void unevenLoadsAreMendedByFewMovesThatStay() {
    ScenarioResult result =
        drill(BALANCED)
            .workload("vm:1", "n1", using(1))
            .workload("vm:2", "n1", using(1))
            .workload("vm:3", "n1", using(1))
            .at(100, load("vm:1", 4))
            .at(100, load("vm:2", 4))
            .until(1800);
    assertThat(place(result, "vm:1")).isNotEqualTo(place(result, "vm:2"));
    assertThat(result.moves()).hasSizeBetween(1, 2);
    assertThat(result.moves().get(0).live()).isTrue();
  }

  @Test
  void whatMustBeTogetherMovesTogetherOrNotAtAll() {
    ScenarioResult result =
        drill(BALANCED)
            .workload("vm:1", "n1", using(2))
            .workload("vm:2", "n1", using(2))
            .workload("vm:3", "n1", using(3))
            .together("vm:1", "vm:2")
            .until(900);
    assertThat(place(result, "vm:1")).isEqualTo(place(result, "vm:2"));
    assertThat(place(result, "vm:3")).isNotEqualTo(place(result, "vm:1"));
  }

  @Test
  void loadsThatSwingDoNotMoveTheSameWorkloadToAndFro() {
    Drill drill =
        drill(BALANCED)
            .workload("vm:1", "n1", using(4))
            .workload("vm:2", "n2", using(4))
            .workload("vm:3", "n3", using(4));
    for (int minute = 2; minute < 20; minute++) {
      drill.at(60 * minute, load("vm:1", minute % 2 == 0 ? 8 : 1));
    }
    assertThat(drill.until(1300).moves()).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void hostsThatAreFilledLeaveTheEmptyOneEmptyAndAreNotMadeEven() {
    ScenarioResult result =
        drill("\"placement\": {\"mode\": \"packed\", \"autoRebalance\": true}")
            .host("n4", ", \"capacity\": {\"cpu\": 10, \"memory\": 1000}")
            .workload("vm:1", "n1", using(1))
            .workload("vm:2", "n2", using(1))
            .workload("vm:3", "n2", using(1))
            .workload("vm:9", "n3", using(1))
            .at(100, "\"op\": \"power\", \"host\": \"n3\", \"on\": false")
            .until(900);
    assertThat(outcome(result, "vm:9")).isEqualTo("Started [n2]");
    assertThat(result.moves()).isEmpty();
  }

  @Test
  void withoutThePolicyNothingIsMoved() {
    ScenarioResult result =
        drill("\"placement\": {\"mode\": \"dynamic\"}")
            .workload("vm:1", "n1", using(4))
            .workload("vm:2", "n1", using(4))
            .until(900);
    assertThat(result.moves()).isEmpty();
  }
}
