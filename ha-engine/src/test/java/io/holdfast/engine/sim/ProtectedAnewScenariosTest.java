package io.holdfast.engine.sim;

import static io.holdfast.engine.sim.Drill.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import org.junit.jupiter.api.Test;

/** What is protected a second time may be running where it was left. */
class ProtectedAnewScenariosTest {
  private static final String NO_BMC = ", \"bmc\": false";

  @Test
  void whatIsAddedAgainWhileItsHostIsCutOffWaitsForEvidence() {
    ScenarioResult result =
        new Drill()
            .host("a", NO_BMC)
            .host("b", NO_BMC)
            .host("c", NO_BMC)
            .workload("vm:1", "a")
            .at(60, "\"op\": \"partition\", \"groups\": [[\"a\"], [\"b\", \"c\"]]")
            .at(62, "\"op\": \"remove\", \"workload\": \"vm:1\"")
            .at(63, "\"op\": \"add\", \"workload\": {\"id\": \"vm:1\"}")
            .until(300);
    assertThat(result.violations()).isEmpty();
    assertThat(outcome(result, "vm:1")).isEqualTo("Started [b]");
    assertThat(result.selfFenced()).hasSize(1);
  }

  @Test
  void whatRunsElsewhereAlreadyIsNotStartedASecondTimeByTheStory() {
    ScenarioResult result =
        new Drill()
            .hosts("a", "b")
            .workload("vm:1", "a")
            .at(60, "\"op\": \"remove\", \"workload\": \"vm:1\"")
            .at(
                61,
                "\"op\": \"add\", \"workload\": {\"id\": \"vm:1\", \"host\": \"b\", \"running\": true}")
            .until(200);
    assertThat(result.errors()).containsExactly("at PT1M1S: vm:1 runs on [a] then, and not on b");
    assertThat(result.violations()).isEmpty();
  }
}
