package io.holdfast.engine.sim;

import static io.holdfast.engine.sim.Drill.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.sim.scenario.ScenarioResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests that somebody migrates behind the engine's back while nobody watches their host. */
class MovedByHandTest {
  private static final String AGENT = "\"op\": \"agent\", \"host\": \"n1\", \"on\": ";
  private static final String BY_HAND =
      "\"op\": \"moved-by-hand\", \"workload\": \"vm:1\", \"to\": \"n2\"";

  /** Before, while, and after the new agent joins, looks, and gets its orders. */
  @ParameterizedTest
  @ValueSource(
      doubles = {60.5, 61.8, 61.875, 61.9, 61.95, 61.999, 62.1, 62.2, 62.225, 62.25, 62.3, 62.4})
  void whatLeavesWhileTheAgentIsRestartedIsFoundAndNotStartedBesideIt(double when) {
    Drill drill = new Drill().hosts("n1", "n2", "n3").workload("vm:1", "n1").at(60, AGENT + false);
    if (when < 62) {
      drill.at(when, BY_HAND).at(62, AGENT + true);
    } else {
      drill.at(62, AGENT + true).at(when, BY_HAND);
    }
    ScenarioResult result = drill.until(120);
    assertThat(outcome(result, "vm:1")).isEqualTo("Started [n2]");
    assertThat(result.fenced()).isEmpty();
  }

  @Test
  void whileAHostCannotSayWhetherItIsThereItIsNotStarted() {
    ScenarioResult result =
        new Drill()
            .hosts("n1", "n2", "n3")
            .workload("vm:1", "n1")
            .at(60, AGENT + false)
            .at(61, "\"op\": \"bmc\", \"host\": \"n2\", \"on\": false")
            .at(61, "\"op\": \"store\", \"host\": \"n2\", \"reads\": true, \"writes\": false")
            .at(62, BY_HAND)
            .at(63, AGENT + true)
            .until(300);
    assertThat(outcome(result, "vm:1")).isEqualTo("Recovering [n2]");
  }

  /** What hosts said when it was found running says nothing of where it has gone since. */
  @Test
  void whatWasFoundRunningAndLeavesIsLookedForAnew() {
    String desired = "\"op\": \"desired\", \"workload\": \"vm:1\", \"state\": ";
    ScenarioResult result =
        new Drill()
            .hosts("n1", "n2", "n3")
            .workload("vm:1", "n1")
            .at(60, desired + "\"ignored\"")
            .at(70, desired + "\"started\"")
            .at(80, "\"op\": \"bmc\", \"host\": \"n2\", \"on\": false")
            .at(80, "\"op\": \"store\", \"host\": \"n2\", \"reads\": true, \"writes\": false")
            .at(80.5, BY_HAND)
            .until(300);
    assertThat(outcome(result, "vm:1")).isEqualTo("Recovering [n2]");
  }
}
