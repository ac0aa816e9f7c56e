package io.holdfast.engine.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.json.InvalidInputException;
import io.holdfast.engine.sim.scenario.ScenarioReader;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every operation of a scenario does what its name says, and no other of the same form does that.
 */
class ScenarioOperationsTest {

  /** Operations with the same fields: each could stand where another does. */
  private static final List<List<String>> FORMS =
      List.of(
          List.of("power", "network", "storage", "bmc", "agent", "controller", "maintenance"),
          List.of("agent-restart", "shutdown", "reboot"),
          List.of("heal", "arm"),
          List.of("move", "relocate", "moved-by-hand"),
          List.of("remove", "crash", "guest-shutdown", "unlock", "cleanup"),
          List.of("demand", "load"));

  private static final String THREE = "{\"id\": \"n1\"}, {\"id\": \"n2\"}, {\"id\": \"n3\"}";

  private static final String WITHOUT_BMC =
      """
      {"id": "n1", "bmc": false}, {"id": "n2", "bmc": false}, {"id": "n3", "bmc": false}\
      """;

  private static final String SMALL =
      """
      {"id": "n1"}, {"id": "n2", "capacity": {"cpu": 4}}, {"id": "n3", "capacity": {"cpu": 4}}\
      """;

  private static final String ONE = "{\"id\": \"vm:1\", \"host\": \"n1\"}";

  /** The first host's controller leads. */
  private static final String FIRST_LEADS =
      """
      {"at": 0, "op": "controller", "host": "n2", "on": false},
      {"at": 0, "op": "controller", "host": "n3", "on": false},
      {"at": 50, "op": "controller", "host": "n2", "on": true},
      {"at": 50, "op": "controller", "host": "n3", "on": true},
      """;

  /**
   * @param name of the operation, and what is special
   * @param steps those of {@link #operation}, and what they need before and after
   * @param outcome as {@link ScenarioStory} tells it
   */
  private record Case(
      String name, String hosts, String workloads, String steps, int end, String outcome) {
    String operation() {
      return name.split("[ ,:]", 2)[0];
    }

    /** What comes of it with another operation in its place. */
    String play(String operation) {
      String own = "\"op\": \"" + operation() + '"';
      assertThat(steps).as(name).contains(own);
      String text =
          """
          {"name": "operation", "seed": 3, "hosts": [%s], "workloads": [%s], "timeline": [%s], "end": %d}
          """
              .formatted(hosts, workloads, steps.replace(own, "\"op\": \"" + operation + '"'), end);
      try {
        return ScenarioStory.of(new ScenarioRunner(ScenarioReader.read(text)).run());
      } catch (InvalidInputException e) {
        return "is refused: " + e.getMessage();
      }
    }
  }

  private static Stream<Case> cases() {
    return Stream.of(
        new Case(
            "power off",
            WITHOUT_BMC,
            ONE,
            "{\"at\": 60, \"op\": \"power\", \"host\": \"n1\", \"on\": false}",
            300,
            "vm:1 Started: n1 (unknown) n2; n1 ONLINE SUSPECT LOST FENCED LeaseExpired"),
        new Case(
            "power on plugs the network in too",
            "{\"id\": \"n1\", \"power\": false, \"network\": false}",
            ONE,
            "{\"at\": 60, \"op\": \"power\", \"host\": \"n1\", \"on\": true}",
            300,
            "vm:1 Started: n1"),
        new Case(
            "network",
            WITHOUT_BMC,
            ONE,
            FIRST_LEADS
                + """
                {"at": 60, "op": "network", "host": "n1", "on": false},
                {"at": 75, "op": "network", "host": "n1", "on": true}\
                """,
            300,
            "vm:1 Started: n1; n1 ONLINE SUSPECT LOST JOINING ONLINE; n2 ONLINE SUSPECT ONLINE; n3"
                + " ONLINE SUSPECT ONLINE; 2 elected"),
        new Case(
            "storage",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"storage\", \"host\": \"n1\", \"on\": false}",
            300,
            "vm:1 Started: n1; n1 ONLINE STORAGE_LOST"),
        new Case(
            "storage back",
            THREE,
            ONE,
            """
            {"at": 60, "op": "storage", "host": "n1", "on": false},
            {"at": 90, "op": "storage", "host": "n1", "on": true}\
            """,
            300,
            "vm:1 Started: n1; n1 ONLINE STORAGE_LOST ONLINE"),
        new Case(
            "bmc",
            THREE,
            ONE,
            """
            {"at": 60, "op": "bmc", "host": "n1", "on": false},
            {"at": 70, "op": "power", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Started: n1 (unknown) n2; n1 ONLINE SUSPECT LOST FENCED LeaseExpired"),
        new Case(
            "bmc back",
            THREE,
            ONE,
            """
            {"at": 60, "op": "bmc", "host": "n1", "on": false},
            {"at": 65, "op": "power", "host": "n1", "on": false},
            {"at": 90, "op": "bmc", "host": "n1", "on": true}\
            """,
            300,
            "vm:1 Started: n1 (unknown) n2; n1 ONLINE SUSPECT LOST FENCED PoweredOff"),
        new Case(
            "agent",
            WITHOUT_BMC,
            ONE,
            FIRST_LEADS
                + """
                {"at": 60, "op": "agent", "host": "n1", "on": false},
                {"at": 75, "op": "agent", "host": "n1", "on": true}\
                """,
            300,
            "vm:1 Started: n1; n1 ONLINE SUSPECT LOST JOINING ONLINE; 2 elected"),
        new Case(
            "controller",
            THREE,
            ONE,
            FIRST_LEADS
                + """
                {"at": 60, "op": "controller", "host": "n1", "on": false},
                {"at": 75, "op": "controller", "host": "n1", "on": true}\
                """,
            300,
            "vm:1 Started: n1; 2 elected"),
        new Case(
            "maintenance",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"maintenance\", \"host\": \"n1\", \"on\": true}",
            300,
            "vm:1 Started: n1 > (migrated) n2; n1 ONLINE MAINTENANCE"),
        new Case(
            "maintenance and back",
            THREE,
            ONE,
            """
            {"at": 60, "op": "maintenance", "host": "n1", "on": true},
            {"at": 120, "op": "maintenance", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Started: n1 > (migrated) n2 > (migrated) n1; n1 ONLINE MAINTENANCE ONLINE"),
        new Case(
            "agent-restart",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"agent-restart\", \"host\": \"n1\"}",
            300,
            "vm:1 Started: n1; n1 agent restart ONLINE SHUTTING_DOWN JOINING ONLINE"),
        new Case(
            "shutdown",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"shutdown\", \"host\": \"n1\"}",
            300,
            "vm:1 Started: n1 (guest shutdown) n2; n1 shutdown ONLINE SHUTTING_DOWN FENCED"
                + " StoppedByHypervisor"),
        new Case(
            "reboot",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"reboot\", \"host\": \"n1\"}",
            300,
            "vm:1 Started: n1 (guest shutdown) n1; n1 reboot ONLINE SHUTTING_DOWN SUSPECT LOST"
                + " JOINING ONLINE"),
        new Case(
            "shutdown while its agent is restarted: after that",
            THREE,
            ONE,
            """
            {"at": 60, "op": "agent-restart", "host": "n1"},
            {"at": 60, "op": "shutdown", "host": "n1"}\
            """,
            300,
            "vm:1 Started: n1 (guest shutdown) n2; n1 agent restart shutdown ONLINE SHUTTING_DOWN"
                + " JOINING ONLINE SHUTTING_DOWN FENCED StoppedByHypervisor"),
        new Case(
            "shutdown of a host that is to be rebooted just then: no reboot",
            THREE,
            ONE,
            """
            {"at": 60, "op": "shutdown", "host": "n1"},
            {"at": 60, "op": "reboot", "host": "n1"}\
            """,
            300,
            "vm:1 Started: n1 (guest shutdown) n2; n1 shutdown ONLINE SHUTTING_DOWN FENCED"
                + " StoppedByHypervisor; n1 is being shut down or rebooted already"),
        new Case(
            "pause of a host that nobody can fence",
            WITHOUT_BMC,
            ONE,
            "{\"at\": 60, \"op\": \"pause\", \"host\": \"n1\", \"seconds\": 20}",
            300,
            "vm:1 Started: n1; n1 ONLINE SUSPECT LOST JOINING ONLINE"),
        new Case(
            "pause for longer than its watchdog waits",
            WITHOUT_BMC,
            ONE,
            "{\"at\": 60, \"op\": \"pause\", \"host\": \"n1\", \"seconds\": 100}",
            300,
            "vm:1 Started: n1 (unknown) n2; n1 ONLINE SUSPECT LOST FENCED self-fenced"
                + " LeaseExpired"),
        new Case(
            "partition",
            WITHOUT_BMC,
            ONE,
            """
            {"at": 60, "op": "partition", "groups": [["n1"], ["n2", "n3"]]}\
            """,
            300,
            "vm:1 Started: n1 (unknown) n2; n1 ONLINE SUSPECT LOST FENCED self-fenced"
                + " LeaseExpired"),
        new Case(
            "heal",
            WITHOUT_BMC,
            ONE,
            """
            {"at": 60, "op": "partition", "groups": [["n1"], ["n2", "n3"]]},
            {"at": 75, "op": "heal"}\
            """,
            300,
            "vm:1 Started: n1; n1 ONLINE SUSPECT LOST JOINING ONLINE"),
        new Case(
            "store without reads: an agent is told nothing",
            THREE,
            ONE,
            """
            {"at": 60, "op": "store", "host": "n1", "reads": false, "writes": true},
            {"at": 65, "op": "desired", "workload": "vm:1", "state": "stopped"}\
            """,
            120,
            "vm:1 Stopping: n1"),
        new Case(
            "store without writes: an agent tells nothing",
            THREE,
            ONE,
            """
            {"at": 60, "op": "store", "host": "n1", "reads": true, "writes": false},
            {"at": 65, "op": "desired", "workload": "vm:1", "state": "stopped"}\
            """,
            120,
            "vm:1 Stopping: n1 (guest shutdown)"),
        new Case(
            "store with both",
            THREE,
            ONE,
            """
            {"at": 60, "op": "store", "host": "n1", "reads": true, "writes": true},
            {"at": 65, "op": "desired", "workload": "vm:1", "state": "stopped"}\
            """,
            120,
            "vm:1 Stopped: n1 (guest shutdown)"),
        new Case(
            "disarm freeze",
            THREE,
            ONE,
            """
            {"at": 60, "op": "disarm", "mode": "freeze"},
            {"at": 70, "op": "power", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Frozen: n1 (unknown); n1 ONLINE SUSPECT LOST"),
        new Case(
            "disarm ignore",
            THREE,
            ONE,
            """
            {"at": 60, "op": "disarm", "mode": "ignore"},
            {"at": 70, "op": "power", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Started: n1 (unknown); n1 ONLINE SUSPECT LOST"),
        new Case(
            "disarm ignore waits for a move, and what has arrived is not starting for ever",
            THREE,
            ONE,
            """
            {"at": 60, "op": "move", "workload": "vm:1", "to": "n3"},
            {"at": 61, "op": "disarm", "mode": "ignore"}\
            """,
            300,
            "vm:1 Started: n1 > (migrated) n3"),
        new Case(
            "arm",
            THREE,
            ONE,
            """
            {"at": 60, "op": "disarm", "mode": "freeze"},
            {"at": 70, "op": "power", "host": "n1", "on": false},
            {"at": 100, "op": "arm"}\
            """,
            300,
            "vm:1 Started: n1 (unknown) n2; n1 ONLINE SUSPECT LOST FENCED PoweredOff"),
        new Case(
            "desired stopped: kept so elsewhere",
            THREE,
            ONE,
            """
            {"at": 60, "op": "desired", "workload": "vm:1", "state": "stopped"},
            {"at": 70, "op": "power", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Stopped: n1 (guest shutdown); n1 ONLINE SUSPECT FENCED PoweredOff"),
        new Case(
            "desired disabled: left where it was",
            THREE,
            ONE,
            """
            {"at": 60, "op": "desired", "workload": "vm:1", "state": "disabled"},
            {"at": 70, "op": "power", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Disabled: n1 (guest shutdown); n1 ONLINE SUSPECT FENCED PoweredOff"),
        new Case(
            "desired ignored: nobody stops it, nobody recovers it",
            THREE,
            ONE,
            """
            {"at": 60, "op": "desired", "workload": "vm:1", "state": "ignored"},
            {"at": 70, "op": "power", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Ignored: n1 (unknown); n1 ONLINE SUSPECT FENCED PoweredOff"),
        new Case(
            "desired started",
            THREE,
            "{\"id\": \"vm:1\", \"host\": \"n1\", \"desired\": \"disabled\"}",
            """
            {"at": 60, "op": "desired", "workload": "vm:1", "state": "started"}\
            """,
            300,
            "vm:1 Started: n1"),
        new Case(
            "move",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"move\", \"workload\": \"vm:1\", \"to\": \"n3\"}",
            300,
            "vm:1 Started: n1 > (migrated) n3"),
        new Case(
            "relocate",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"relocate\", \"workload\": \"vm:1\", \"to\": \"n3\"}",
            300,
            "vm:1 Started: n1 (guest shutdown) n3"),
        new Case(
            "moved-by-hand",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"moved-by-hand\", \"workload\": \"vm:1\", \"to\": \"n3\"}",
            300,
            "vm:1 Started: n1 (migrated) n3"),
        new Case(
            "stop, and what is stopped stays so",
            THREE,
            ONE,
            """
            {"at": 60, "op": "stop", "workload": "vm:1", "timeout": 10},
            {"at": 70, "op": "crash", "workload": "vm:1"}\
            """,
            300,
            "vm:1 Stopped: n1 (guest shutdown); vm:1 does not run then"),
        new Case(
            "add",
            THREE,
            ONE,
            """
            {"at": 60, "op": "add", "workload": {"id": "vm:2", "host": "n3"}}\
            """,
            300,
            "vm:1 Started: n1; vm:2 Started: n3"),
        new Case(
            "remove",
            THREE,
            ONE + ", {\"id\": \"vm:2\", \"host\": \"n2\"}",
            "{\"at\": 60, \"op\": \"remove\", \"workload\": \"vm:1\"}",
            300,
            "vm:2 Started: n2"),
        new Case(
            "demand decides where there is room",
            SMALL,
            ONE,
            """
            {"at": 60, "op": "demand", "workload": "vm:1", "cpu": 8},
            {"at": 70, "op": "power", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Recovering: n1 (unknown); n1 ONLINE SUSPECT FENCED PoweredOff"),
        new Case(
            "load decides nothing of that",
            SMALL,
            ONE,
            """
            {"at": 60, "op": "load", "workload": "vm:1", "cpu": 8},
            {"at": 70, "op": "power", "host": "n1", "on": false}\
            """,
            300,
            "vm:1 Started: n1 (unknown) n2; n1 ONLINE SUSPECT FENCED PoweredOff"),
        new Case(
            "crash",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"crash\", \"workload\": \"vm:1\"}",
            300,
            "vm:1 Started: n1 (crashed) n1"),
        new Case(
            "guest-shutdown",
            THREE,
            ONE,
            "{\"at\": 60, \"op\": \"guest-shutdown\", \"workload\": \"vm:1\"}",
            300,
            "vm:1 Started: n1 (guest shutdown) n1"),
        new Case(
            "lock",
            THREE,
            ONE,
            """
            {"at": 60, "op": "lock", "workload": "vm:1", "reason": "backup"},
            {"at": 70, "op": "crash", "workload": "vm:1"},
            {"at": 80, "op": "move", "workload": "vm:1", "to": "n3"}\
            """,
            300,
            "vm:1 Starting: n1 (crashed)"),
        new Case(
            "unlock",
            THREE,
            ONE,
            """
            {"at": 60, "op": "lock", "workload": "vm:1", "reason": "backup"},
            {"at": 70, "op": "crash", "workload": "vm:1"},
            {"at": 200, "op": "unlock", "workload": "vm:1"}\
            """,
            300,
            "vm:1 Started: n1 (crashed) n1"),
        new Case(
            "cleanup",
            THREE,
            """
            {"id": "vm:1", "host": "n1", "maxRestarts": 0, "maxRelocations": 0, "faults": {"startFailures": 1}}\
            """,
            "{\"at\": 60, \"op\": \"cleanup\", \"workload\": \"vm:1\"}",
            300,
            "vm:1 Started: n1"));
  }

  @TestFactory
  Stream<DynamicTest> anOperationDoesWhatItsNameSays() {
    return cases()
        .map(
            one ->
                DynamicTest.dynamicTest(
                    one.name(),
                    () -> assertThat(one.play(one.operation())).isEqualTo(one.outcome())));
  }

  @TestFactory
  Stream<DynamicTest> noOtherOfTheSameFormDoes() {
    return cases().flatMap(ScenarioOperationsTest::swapped);
  }

  private static Stream<DynamicTest> swapped(Case one) {
    return FORMS.stream()
        .filter(form -> form.contains(one.operation()))
        .flatMap(List::stream)
        .filter(other -> !other.equals(one.operation()))
        .map(
            other ->
                DynamicTest.dynamicTest(
                    other + " instead of " + one.name(),
                    () -> assertThat(one.play(other)).isNotEqualTo(one.outcome())));
  }

  @Test
  void everyOperationHasACase() {
    String refused = new Case("arm", THREE, ONE, "{\"at\": 1, \"op\": \"arm\"}", 1, "").play("?");
    String allowed = "allowed: ";
    List<String> all =
        List.of(refused.substring(refused.indexOf(allowed) + allowed.length()).split(", "));
    assertThat(cases().map(Case::operation).distinct().sorted().toList()).isEqualTo(all);
    assertThat(all).hasSize(30);
  }
}
