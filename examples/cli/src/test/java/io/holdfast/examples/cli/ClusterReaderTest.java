package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.holdfast.api.DesiredState;
import io.holdfast.api.HostId;
import io.holdfast.api.Rule;
import io.holdfast.engine.json.InvalidInputException;
import io.holdfast.engine.planning.Amounts;
import io.holdfast.engine.planning.HostSnapshot.State;
import io.holdfast.engine.planning.PlanOptions;
import io.holdfast.engine.planning.PlanOptions.Moves;
import io.holdfast.engine.planning.PlanOptions.Objective;
import io.holdfast.engine.planning.PlanOptions.Strategy;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterReaderTest {
  private static final String GOOD =
      """
      {"dimensions": ["cpu", "memory"],
       "hosts": [{"id": "h1", "capacity": [64, 256], "domain": ["dc1", "rack3"], "state": "failed",
                  "labels": {"cpu-model": "zen4"}, "kinds": ["vm"], "conditions": ["lockspace", "net:blue"],
                  "overcommit": [4, 1.25], "promised": [2, 3]},
                 {"id": "h2", "capacity": [8, 16]}],
       "overcommit": [2, 1],
       "workloads": [{"id": "vm:1", "demand": [4, 8], "weight": 16, "priority": 3, "host": "h1",
                      "desired": "started", "requires": {"cpu-model": "zen4"}, "conditions": ["lockspace"], "movable": false, "load": [0.5, 7]},
                     {"id": "vm:2", "demand": [1, 1]}],
       "rules": [{"id": "r1", "type": "host-affinity", "workloads": ["vm:1"], "hosts": {"h1": 2, "h2": 1}},
                 {"id": "r2", "type": "workload-affinity", "workloads": ["vm:1", "vm:2"], "affinity": "negative",
                  "level": 1, "strict": false}],
       "options": {"moves": "allowed", "eviction": true, "objective": "priority", "strategy": "round-robin",
                   "timeBudget": "PT0.5S", "seed": 7}}
      """;

  @Test
  void everythingThatIsWrittenIsRead() {
    ClusterInput read = ClusterReader.read(GOOD);
    assertThat(read.options())
        .isEqualTo(
            new PlanOptions(
                Moves.ALLOWED,
                true,
                Objective.PRIORITY,
                Strategy.ROUND_ROBIN,
                Duration.ofMillis(500),
                7));
    assertThat(read.cluster().dimensions()).containsExactly("cpu", "memory");
    assertThat(read.cluster().hosts().get(0))
        .satisfies(
            host -> {
              assertThat(host.id()).isEqualTo(new HostId("h1"));
              assertThat(host.capacity()).isEqualTo(Amounts.of(64, 256));
              assertThat(host.domain()).containsExactly("dc1", "rack3");
              assertThat(host.state()).isEqualTo(State.FAILED);
              assertThat(host.labels()).containsEntry("cpu-model", "zen4");
              assertThat(host.kinds()).containsExactly("vm");
              assertThat(host.conditions()).containsExactly("lockspace", "net:blue");
              assertThat(host.overcommit()).isEqualTo(Amounts.of(400, 125));
              assertThat(host.promised()).isEqualTo(Amounts.of(2, 3));
              assertThat(host.room(0)).isEqualTo(254);
              assertThat(host.room(1)).isEqualTo(317);
            });
    assertThat(read.cluster().hosts().get(1).overcommit()).isEqualTo(Amounts.of(200, 100));
    assertThat(read.cluster().workloads().get(0))
        .satisfies(
            workload -> {
              assertThat(workload.demand()).isEqualTo(Amounts.of(4, 8));
              assertThat(workload.weight()).isEqualTo(16);
              assertThat(workload.priority()).isEqualTo(3);
              assertThat(workload.host()).contains(new HostId("h1"));
              assertThat(workload.desired()).isEqualTo(DesiredState.STARTED);
              assertThat(workload.requires()).containsEntry("cpu-model", "zen4");
              assertThat(workload.conditions()).containsExactly("lockspace");
              assertThat(workload.movable()).isFalse();
              assertThat(workload.load()).contains(Amounts.of(500, 7000));
            });
    assertThat(read.cluster().rules())
        .extracting(Rule::describe)
        .containsExactly(
            "vm:1 must run on h1 or h2", "vm:1, vm:2 should run in different domains of level 1");
  }

  @Test
  void pricesAreRead() {
    String priced =
        GOOD.replace("\"priority\", \"strategy\"", "\"weight\", \"strategy\"")
            .replace("\"seed\": 7", "\"seed\": 7, \"movePrice\": 3, \"evictionPrice\": 5");
    PlanOptions read = ClusterReader.read(priced).options();
    assertThat(read.movePrice()).isEqualTo(3);
    assertThat(read.evictionPrice()).isEqualTo(5);
    assertThat(ClusterReader.read(GOOD).options().movePrice()).isZero();
  }

  @Test
  void whatIsLeftOutHasItsDefault() {
    ClusterInput read =
        ClusterReader.read(
            """
            {"dimensions": ["slots"], "hosts": [{"id": "h1", "capacity": [3]}],
             "workloads": [{"id": "ct:1", "demand": [1]}]}
            """);
    assertThat(read.options()).isEqualTo(PlanOptions.DEFAULT);
    assertThat(read.cluster().hosts().get(0).state()).isEqualTo(State.UP);
    assertThat(read.cluster().workloads().get(0))
        .satisfies(
            workload -> {
              assertThat(workload.weight()).isEqualTo(1);
              assertThat(workload.priority()).isZero();
              assertThat(workload.movable()).isTrue();
              assertThat(workload.host()).isEmpty();
              assertThat(workload.load()).isEmpty();
            });
    assertThat(read.cluster().rules()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"hosts\":|\"hostes\":|$.hostes: found an unknown field, allowed: the fields dimensions,"
            + " hosts",
        "\"id\": \"h1\", |`` |$.hosts[0].id: found nothing, allowed: a name",
        "\"id\": \"h2\"|\"id\": \"h1\"|$.hosts[1].id: found \"h1\" a second time, allowed: a name",
        "\"state\": \"failed\"|\"state\": \"off\"|$.hosts[0].state: found \"off\", allowed: failed,"
            + " maintenance, standby, up",
        "[8, 16]|[8]|$.hosts[1].capacity: found a list of 1, allowed: a list of 2 whole numbers"
            + " (cpu, memory)",
        "[8, 16]|[8, 1.5]|$.hosts[1].capacity[1]: found 1.5, allowed: a whole number, 0 to"
            + " 1000000000000000",
        "[4, 8]|[-4, 8]|$.workloads[0].demand[0]: found -4, allowed: a whole number",
        "[4, 8]|[4, 99999999999999999999]|$.workloads[0].demand[1]: found 99999999999999999999,"
            + " allowed",
        "[4, 8]|[4, 8, 1]|$.workloads[0].demand: found a list of 3, allowed: a list of 2",
        "\"vm:2\", \"demand\"|\"vm:1\", \"demand\"|$.workloads[1].id: found \"vm:1\" a second time",
        "\"vm:2\", \"demand\"|\"vm2\", \"demand\"|$.workloads[1].id: found \"vm2\", allowed:"
            + " kind:name",
        "\"host\": \"h1\"|\"host\": \"h9\"|$.workloads[0].host: found \"h9\" (host h9, which is"
            + " unknown), allowed: one of h1, h2",
        "\"h2\": 1|\"h9\": 1|$.rules[0].hosts.h9: found 1 (host h9, which is unknown), allowed: one"
            + " of h1, h2",
        "[\"vm:1\", \"vm:2\"]|[\"vm:1\", \"vm:9\"]|$.rules[1].workloads[1]: found \"vm:9\" (which"
            + " is unknown), allowed: one of vm:1, vm:2",
        "\"r2\"|\"r1\"|$.rules[1].id: found \"r1\" a second time",
        "\"level\": 1|\"level\": 2|$.rules[1].level: found 2, allowed: a whole number, 0 to 1",
        "PT0.5S|PT2H|$.options.timeBudget: found \"PT2H\", allowed: a duration from PT0S to PT1H",
        "round-robin|fancy|$.options.strategy: found \"fancy\", allowed: balanced, drs, packed,"
            + " round-robin, standby",
        "\"weight\": 16|\"weight\": -1|$.workloads[0].weight: found -1, allowed",
        "\"r2\"|\"r 2\"|$.rules[1].id: found \"r 2\" (rule.id: found \"r 2\"), allowed: 1 to 64",
        "\"rack3\"|\"a b\"|$.hosts[0].domain[1]: found \"a b\" (name: found \"a b\"), allowed: 1 to"
            + " 64",
        "[\"vm\"]|[\"ct\", \"vm:\"]|$.hosts[0].kinds[1]: found \"vm:\" (name: found \"vm:\"),"
            + " allowed: 1 to 64",
        "[\"cpu\", \"memory\"]|[\"cpu\", \"\"]|$.dimensions[1]: found \"\" (name: found \"\"),"
            + " allowed: 1 to 64",
        "[8, 16]|[999999999999999, 16]|$.hosts[1].capacity: found a list (host.overcommit[0]: found"
            + " 200 percent of 999999999999999), allowed",
        "[4, 1.25]|[4]|$.hosts[0].overcommit: found a list of 1, allowed: a list of 2",
        "[4, 1.25]|[0, 1]|$.hosts[0].overcommit[0]: found 0, allowed: 0.01 to 1000",
        "[4, 1.25]|[4, 1.255]|$.hosts[0].overcommit[1]: found 1.255, allowed: a number, 0 to 1000,"
            + " 2 decimal places",
        "[4, 1.25]|[1000.01, 1]|$.hosts[0].overcommit[0]: found 1000.01, allowed: a number, 0 to"
            + " 1000",
        "[2, 1]|[2, -1]|$.overcommit[1]: found -1, allowed: a number, 0 to 1000",
        "[64, 256]|[999999999999999, 256]|$.hosts[0].overcommit[0]: found 4 (host.overcommit[0]:"
            + " found 400 percent of 999999999999999), allowed: 1 to 100000 percent",
        "[2, 3]|[2, -3]|$.hosts[0].promised[1]: found -3, allowed: a whole number",
        "[2, 3]|[2]|$.hosts[0].promised: found a list of 1, allowed: a list of 2 whole numbers",
        "net:blue|net blue|$.hosts[0].conditions[1]: found \"net blue\" (condition: found \"net"
            + " blue\"), allowed: 1 to 64",
        "[\"lockspace\"]|[7]|$.workloads[0].conditions[0]: found 7, allowed: a text",
        "[\"lockspace\"]|\"lockspace\"|$.workloads[0].conditions: found \"lockspace\", allowed: a"
            + " list",
        "[\"cpu\", \"memory\"]|[\"cpu\", \"cpu\"]|$.dimensions[1]: found \"cpu\" a second time",
      })
  void whatIsWrongIsToldInOneLine(String good, String bad, String message) {
    assertThat(GOOD).contains(good);
    assertThatThrownBy(() -> ClusterReader.read(GOOD.replace(good, bad)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void contradictoryRulesAreRefusedWithTheSmallestSet() {
    String together =
        GOOD.replace(
            "\"rules\": [",
            """
            "rules": [{"id": "t", "type": "workload-affinity", "workloads": ["vm:1", "vm:2"], "affinity": "positive"},
                      {"id": "a", "type": "workload-affinity", "workloads": ["vm:1", "vm:2"], "affinity": "negative"},
            """);
    assertThatThrownBy(() -> ClusterReader.read(together))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("$.rules: found a list (rules a, t can never all hold");
  }

  /** A million take three seconds of a JVM, and less than 512 MiB. */
  @Test
  void hostsWithoutANameAreOneClearLineHoweverMany() {
    String hosts = "{\"capacity\":[1]},".repeat(199_999) + "{\"capacity\":[1]}";
    String document = "{\"dimensions\":[\"b\"],\"hosts\":[" + hosts + "]}";
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () ->
            assertThatThrownBy(() -> ClusterReader.read(document))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("$.hosts[0].id: found nothing, allowed: a name"));
  }

  @Test
  void amountsThatOverflowTogetherAreRefused() {
    StringBuilder hosts = new StringBuilder();
    for (int i = 0; i < 2400; i++) {
      hosts
          .append(i == 0 ? "" : ",")
          .append("{\"id\":\"h")
          .append(i)
          .append("\",\"capacity\":[1000000000000000]}");
    }
    assertThatThrownBy(
            () -> ClusterReader.read("{\"dimensions\":[\"b\"],\"hosts\":[" + hosts + "]}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "$.hosts: found a list (hosts: found capacities in b that come to 2.40e+18),"
                + " allowed: in all at most 2.3e18");
  }
}
