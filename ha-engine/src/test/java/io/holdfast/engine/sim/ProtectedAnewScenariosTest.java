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
}
