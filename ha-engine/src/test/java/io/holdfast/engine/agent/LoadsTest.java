package io.holdfast.engine.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Capacity;
import io.holdfast.api.Epoch;
import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.agent.AgentEffect.MeasureLoads;
import io.holdfast.engine.agent.AgentEffect.WriteReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the workloads of a host use, as it is measured and reported. */
class LoadsTest {
  private static final WorkloadId VM = WorkloadId.parse("vm:1");

  private static AgentScript running() {
    AgentConfig config =
        new AgentConfig(
            AgentScript.HOST,
            AgentScript.TIMINGS,
            Optional.empty(),
            Epoch.NONE,
            List.of(),
            new TreeSet<>(),
            true,
            false);
    return new AgentScript(config).joined().running("vm:1");
  }

  private static void uses(AgentScript agent, long cpu) {
    List<MeasureLoads> asked = agent.all(MeasureLoads.class);
    agent.step(
        new AgentEvent.LoadsMeasured(
            0,
            asked.get(asked.size() - 1).op(),
            Outcome.done(new TreeMap<>(Map.of(VM, Capacity.of(cpu, 1))))));
  }

  private static long reported(AgentScript agent) {
    Capacity load = agent.lastReport().loads().orElseThrow().get(VM);
    return load == null ? 0 : load.amount("cpu");
  }

  @Test
  void whatIsMeasuredIsReportedAtOnce() {
    AgentScript agent = running();
    assertThat(agent.lastReport().loads()).isEmpty();
    uses(agent, 1000);
    assertThat(reported(agent)).isEqualTo(1000);
  }

  @Test
  void itIsMeasuredEverySoOften() {
    AgentScript agent = running();
    uses(agent, 1000);
    agent.passes(Loads.LOOK_EVERY.minusNanos(1));
    assertThat(agent.all(MeasureLoads.class)).hasSize(1);
    agent.passes(Loads.LOOK_EVERY);
    assertThat(agent.all(MeasureLoads.class)).as("one at a time").hasSize(2);
  }

  @Test
  void aLoadThatSwingsALittleCostsTheStoreNothing() {
    AgentScript agent = running();
    uses(agent, 1000);
    int reports = agent.all(WriteReport.class).size();
    agent.passes(Loads.LOOK_EVERY);
    uses(agent, 1100);
    assertThat(agent.all(WriteReport.class)).hasSize(reports);
    agent.passes(Loads.LOOK_EVERY);
    uses(agent, 1200);
    assertThat(reported(agent)).isEqualTo(1200);
  }

  @Test
  void anAnswerToAFormerQuestionCountsForNothing() {
    AgentScript agent = running();
    uses(agent, 1000);
    uses(agent, 2000);
    assertThat(reported(agent)).isEqualTo(1000);
  }
}
