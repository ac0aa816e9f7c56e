package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Definition;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.decision.DecisionJson;
import io.holdfast.engine.record.StateRecord;
import io.holdfast.engine.sim.SimConfig;
import io.holdfast.engine.sim.SimWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a controller was told leads to the same decisions again, and to others when it is changed.
 */
class DecisionReplayTest {

  /** The logs of all controllers that this random world saw, of each process one. */
  private static List<List<String>> logsOf(long seed) {
    List<List<String>> logs = new ArrayList<>();
    SimWorld world = new SimWorld(SimConfig.random(seed), false);
    world.logDecisions(
        host -> {
          List<String> log = new ArrayList<>();
          logs.add(log);
          return log::add;
        });
    world.run();
    return logs;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 33})
  void everyControllerOfARandomWorldDecidesTheSameAgain(long seed) {
    List<List<String>> logs = logsOf(seed);
    assertThat(logs.size()).isGreaterThan(1);
    for (List<String> log : logs) {
      DecisionReplay.Result result = DecisionReplay.of(log.iterator());
      assertThat(result.difference()).isEmpty();
      assertThat(result.steps()).isEqualTo(steps(log));
    }
  }

  @Test
  void aDecisionThatWasAnotherOneIsNamed() {
    List<String> log = longest(logsOf(5));
    SplittableRandom dice = new SplittableRandom(5);
    for (int i = 0; i < 20; i++) {
      int changed = anyStep(log, dice);
      List<String> mutated = new ArrayList<>(log);
      mutated.set(changed, log.get(changed).replaceFirst("\"decided\":\"", "\"decided\":\"9"));
      DecisionReplay.Difference difference =
          DecisionReplay.of(mutated.iterator()).difference().orElseThrow();
      assertThat(difference.line()).isEqualTo(changed + 1);
      assertThat(log.get(changed)).contains("\"step\":" + difference.step() + ",");
      assertThat(log.get(changed)).contains(difference.event());
    }
  }

  @Test
  void anEventThatIsLeftOutOrSaysSomethingElseIsFound() {
    List<String> log = longest(logsOf(5));
    int elected =
        IntStream.range(0, log.size())
            .filter(i -> log.get(i).contains("\"Elected\""))
            .findFirst()
            .orElseThrow();
    List<String> deposed = new ArrayList<>(log);
    deposed.set(
        elected,
        log.get(elected)
            .replace("\"type\":\"Elected\"", "\"type\":\"LedBy\",\"leader\":\"somebody else\""));
    assertThat(DecisionReplay.of(deposed.iterator()).difference()).isPresent();

    List<String> shorter = new ArrayList<>(log);
    shorter.remove(elected);
    assertThatThrownBy(() -> DecisionReplay.of(shorter.iterator()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("line [0-9]+: step [0-9]+ where [0-9]+ is due");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "[]",
        "null",
        "{}",
        "{\"decisions\":2,\"config\":{}}",
        "{\"decisions\":1}",
        "{\"decisions\":1,\"config\":{\"candidate\":7}}",
        "{\"step\":1,\"event\":{},\"decided\":\"\"}"
      })
  void whatIsNoDecisionLogIsRefusedWithTheLine(String first) {
    assertThatThrownBy(() -> DecisionReplay.of(List.of(first).iterator()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("line 1: ");
  }

  @Test
  void anEmptyLogIsRefused() {
    assertThatThrownBy(() -> DecisionReplay.of(List.<String>of().iterator()))
        .hasMessageStartingWith("line 1: ");
  }

  @Test
  void definitionsAreNeitherReadNorWritten() {
    assertThat(logsOf(1))
        .allSatisfy(log -> assertThat(log).noneMatch(l -> l.contains("definition")));
    StateRecord definition =
        new StateRecord.WorkloadDefinition(
            new WorkloadId("vm", "1"), new Definition("<password/>"));
    assertThatThrownBy(() -> new DecisionJson().record(definition))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("password");
  }

  private static long steps(List<String> log) {
    return log.stream().filter(line -> line.startsWith("{\"step\":")).count();
  }

  private static List<String> longest(List<List<String>> logs) {
    return logs.stream().max((a, b) -> Long.compare(steps(a), steps(b))).orElseThrow();
  }

  private static int anyStep(List<String> log, SplittableRandom dice) {
    int line = dice.nextInt(log.size());
    while (!log.get(line).startsWith("{\"step\":")) {
      line = dice.nextInt(log.size());
    }
    return line;
  }
}
