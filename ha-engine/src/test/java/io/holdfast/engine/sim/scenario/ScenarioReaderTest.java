package io.holdfast.engine.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.Capacity;
import io.holdfast.api.ClusterPolicy;
import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.PlacementMode;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.json.InvalidInputException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a scenario says is what is read, and whatever else is refused in one line. */
class ScenarioReaderTest {
  private static final String GOOD =
      """
      {"name": "good", "seed": 7,
       "cluster": {"shutdownPolicy": "migrate", "capacity": "advisory",
                   "placement": {"mode": "static", "rebalanceOnStart": true, "autoRebalance": false},
                   "timers": {"watchdog": "PT30S", "silence": "PT10S"}},
       "hosts": [{"id": "n1", "power": false, "bmc": false, "domain": ["dc", "rack"], "capacity": {"cpu": 2.5, "memory": 100}},
                 {"id": "n2"}],
       "workloads": [{"id": "vm:1", "host": "n1", "desired": "stopped", "priority": 3,
                      "demand": {"cpu": 0.5, "memory": 10},
                      "faults": {"startFailures": 2, "onlyOn": "n2"}},
                     {"id": "ct:2", "host": "n2", "running": true, "migration": "cold"}],
       "rules": [{"id": "r1", "type": "host-affinity", "workloads": ["vm:1"], "hosts": {"n1": 2}},
                 {"id": "r2", "type": "workload-affinity", "workloads": ["vm:1", "ct:2"],
                  "affinity": "negative", "level": 1, "strict": false}],
       "timeline": [{"at": 1, "op": "power", "host": "n1", "on": true},
                    {"at": 1.5, "op": "add", "workload": {"id": "vm:3"}},
                    {"at": 2, "op": "load", "workload": "vm:3", "memory": 7}],
       "end": 60}
      """;

  @Test
  void aScenarioIsReadAsItIsWritten() {
    Scenario scenario = ScenarioReader.read(GOOD);
    assertThat(scenario.seed()).isEqualTo(7);
    ClusterPolicy policy = scenario.cluster().policy();
    assertThat(policy.shutdown()).isEqualTo(ShutdownPolicy.MIGRATE);
    assertThat(policy.placement()).isEqualTo(PlacementMode.STATIC);
    assertThat(policy.hardCapacity()).isFalse();
    assertThat(policy.rebalanceOnStart()).isTrue();
    assertThat(scenario.cluster().lease().watchdog()).isEqualTo(Duration.ofSeconds(30));
    assertThat(scenario.cluster().timings().silence()).isEqualTo(Duration.ofSeconds(10));
    assertThat(scenario.hosts().get(0).host().capacity().amount("cpu")).isEqualTo(2500);
    assertThat(scenario.hosts().get(0).power()).isFalse();
    assertThat(scenario.hosts().get(1).bmc()).isTrue();
    assertThat(scenario.workloads().get(0).workload().desired()).isEqualTo(DesiredState.STOPPED);
    assertThat(scenario.workloads().get(0).faults().onlyOn()).contains(new HostId("n2"));
    assertThat(scenario.workloads().get(1).running()).isTrue();
    assertThat(scenario.rules()).hasSize(2);
    assertThat(scenario.timeline().get(1).at()).isEqualTo(Duration.ofMillis(1500));
    assertThat(scenario.timeline().get(2).operation())
        .isEqualTo(new Operation.Load(WorkloadId.parse("vm:3"), Capacity.of(Map.of("memory", 7L))));
    assertThat(scenario.end()).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void everyModeHasItsName() {
    for (PlacementMode mode : PlacementMode.values()) {
      String name = mode.name().toLowerCase(Locale.ROOT);
      Scenario scenario = ScenarioReader.read(GOOD.replace("static", name));
      assertThat(scenario.cluster().policy().placement()).isEqualTo(mode);
    }
  }

  @ParameterizedTest(name = "{0} for {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        // what is written instead | of this | where | what is said of it
        "\"seed\": \"7\" | \"seed\": 7 | $.seed | a whole number",
        "\"sed\": 7 | \"seed\": 7 | $.sed | an unknown field",
        "\"power\": 0 | \"power\": false | $.hosts[0].power | true or false",
        "{\"id\": \"n1\"} | {\"id\": \"n2\"} | $.hosts[1].id | found \"n1\" a second time",
        "\"host\": \"n9\", \"desired\" | \"host\": \"n1\", \"desired\" | $.workloads[0].host | n9",
        "\"id\": \"vm:1\", \"host\": \"n2\" | \"id\": \"ct:2\", \"host\": \"n2\" |"
            + " $.workloads[1].id | a second time",
        "\"id\": \"vm1\" | \"id\": \"vm:1\" | $.workloads[0].id | kind:name",
        "\"desired\": \"off\" | \"desired\": \"stopped\" | $.workloads[0].desired | disabled,"
            + " ignored, started, stopped",
        "\"cpu\": -1 | \"cpu\": 0.5 | $.workloads[0].demand.cpu | a number",
        "\"cpu\": 1e999999 | \"cpu\": 0.5 | $.workloads[0].demand.cpu | a number",
        "\"priority\": 1.5 | \"priority\": 3 | $.workloads[0].priority | a whole number",
        "\"workloads\": [\"vm:7\"] | \"workloads\": [\"vm:1\"] | $.rules[0].workloads[0] | unknown",
        "\"workloads\": [] | \"workloads\": [\"vm:1\"] | $.rules[0].workloads | at least one"
            + " workload",
        "\"hosts\": {} | \"hosts\": {\"n1\": 2} | $.rules[0].hosts | at least one host",
        "\"id\": \"r1\", \"type\": \"workload | \"id\": \"r2\", \"type\": \"workload |"
            + " $.rules[1].id | a second time",
        "\"affinity\": \"near\" | \"affinity\": \"negative\" | $.rules[1].affinity | negative,"
            + " positive",
        "\"at\": 0.5, \"op\": \"add\" | \"at\": 1.5, \"op\": \"add\" | $.timeline[1].at | the time"
            + " of the step before",
        "\"op\": \"explode\" | \"op\": \"power\" | $.timeline[0].op | agent-restart",
        "\"on\": true, \"off\": 1 | \"on\": true | $.timeline[0].off | an unknown field",
        "\"end\": 1 | \"end\": 60 | $.end | the time of the last step",
        "\"watchdog\": \"soon\" | \"watchdog\": \"PT30S\" | $.cluster.timers.watchdog | a duration",
        "\"suspectAfter\": \"PT50S\" | \"watchdog\": \"PT30S\" | $.cluster.timers.suspectAfter:"
            + " found \"PT50S\" | timings.suspectAfter",
        "\"name\": \"a\", \"name\": \"b\" | \"name\": \"good\" | $.name: | the field a second time,"
            + " allowed: each field once",
        "\"id\": \"n2\", \"id\": \"n3\" | \"id\": \"n2\"} | $.hosts[1].id: | the field a second"
            + " time",
        "\"name\": tru | \"name\": \"good\" | $.name: | what is not JSON at line 1 column 1",
        "\"end\": 60 | \"end\": 60} | $: | its end too early",
        "\"end\": 60}, {} | \"end\": 60} | $: | more after its end at line 17 column",
        "\"end\": 60} {} | \"end\": 60} | $: | more after its end at line 17 column",
        "\uFEFF{\"name\" | {\"name\" | $: | a byte order mark",
        "\"host\": \"n1\", \"running\": true | \"host\": \"n1\" | $.workloads[0].host | \"n1\""
            + " (which has no power)",
        "{\"id\": \"n2\", \"kinds\": [\"vm\"]} | {\"id\": \"n2\"} | $.workloads[1].host | (which"
            + " runs only kinds vm), allowed: a host for kind ct",
        "\"level\": 2 | \"level\": 1 | $.rules[1].level | 0 to 1",
        "\"domain\": [\"dc\", \"a b\"] | \"domain\": [\"dc\", \"rack\"] | $.hosts[0].domain[1]:"
            + " found \"a b\" | 1 to 64 letters",
        "{\"id\": \"n2\", \"kinds\": [\"vm\", \"c t\"]} | {\"id\": \"n2\"} | $.hosts[1].kinds[1]:"
            + " found \"c t\" | 1 to 64 letters",
        "\"domain\": [] | \"domain\": [\"dc\", \"rack\"] | $.rules[1].level | found 1, allowed:"
            + " host, because no host has a domain",
      })
  void whateverElseIsWrittenIsRefusedInOneLine(
      String instead, String of, String where, String said) {
    assertThat(GOOD).contains(of);
    String bad = GOOD.replace(of, instead);
    assertThatThrownBy(() -> ScenarioReader.read(bad))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(where)
        .hasMessageContaining(said)
        .hasMessageContaining("allowed: ")
        .extracting(e -> String.valueOf(e.getMessage()).lines().count())
        .isEqualTo(1L);
  }

  @Test
  void whatIsNestedTooDeepIsRefusedInWordsOfOurOwn() {
    assertThatThrownBy(() -> ScenarioReader.read("[".repeat(2000)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageMatching("\\$: found lists and objects nested too deep, allowed: 1000 levels");
  }

  @Test
  void whereALongPathEndsItIsCut() {
    String deep = "{\"aaaaaaaaaa\": ".repeat(100);
    assertThatThrownBy(() -> ScenarioReader.read(deep + "tru"))
        .isInstanceOf(InvalidInputException.class)
        .extracting(e -> String.valueOf(e.getMessage()).length())
        .asInstanceOf(InstanceOfAssertFactories.INTEGER)
        .isLessThan(400);
  }

  @ParameterizedTest
  @MethodSource("badReasons")
  void aReasonToLockIsOneLine(String reason) {
    String lock = "\"op\": \"lock\", \"workload\": \"vm:1\", \"reason\": \"" + reason + '"';
    String bad = GOOD.replace("\"op\": \"power\", \"host\": \"n1\", \"on\": true", lock);
    assertThatThrownBy(() -> ScenarioReader.read(bad))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("$.timeline[0].reason: found ")
        .hasMessageEndingWith("allowed: one line of 1 to 200 characters");
  }

  static Stream<String> badReasons() {
    return Stream.of("", "  ", "a\\nb", "y".repeat(201));
  }
}
