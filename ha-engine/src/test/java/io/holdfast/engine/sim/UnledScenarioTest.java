package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.WorkloadId;
import io.holdfast.engine.sim.scenario.ScenarioReader;
import io.holdfast.engine.sim.scenario.ScenarioResult;
import io.holdfast.engine.sim.scenario.ScenarioResult.WorkloadOutcome;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of a cluster that nobody leads at the end. */
class UnledScenarioTest {
  private static final String SCENARIO =
      """
      {"name": "unled", "hosts": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
       "workloads": [{"id": "vm:1", "host": "a"}], "timeline": [%s], "end": 200}
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        """
        {"at": 60, "op": "partition", "groups": [["a"], ["b"], ["c"]]}""",
        """
        {"at": 60, "op": "power", "host": "b", "on": false},
        {"at": 60, "op": "power", "host": "c", "on": false}"""
      })
  void whatWasKnownLastIsNotToldAsWhatIs(String cut) {
    assertThat(outcome(cut).status()).as("what a judge compares").isEqualTo("Started");
    assertThat(outcome(cut).reason())
        .isEqualTo("no controller leads (the store has no majority); last known: runs on a");
  }

  @Test
  void whereSomebodyLeadsNothingIsAdded() {
    String timeline =
        """
        {"at": 60, "op": "power", "host": "c", "on": false}""";
    assertThat(outcome(timeline).reason()).isEqualTo("runs on a");
  }

  private static WorkloadOutcome outcome(String timeline) {
    ScenarioResult result =
        new ScenarioRunner(ScenarioReader.read(SCENARIO.formatted(timeline))).run();
    return Objects.requireNonNull(result.workloads().get(WorkloadId.parse("vm:1")));
  }
}
