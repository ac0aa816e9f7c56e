package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Whatever becomes of a scenario's text, there is an answer: it is played or refused in a line. */
class BadInputPropertiesTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String GOOD =
      """
      {"name": "good", "seed": 3,
       "cluster": {"shutdownPolicy": "conditional", "capacity": "hard",
                   "placement": {"mode": "basic"}, "timers": {"watchdog": "PT20S"}},
       "hosts": [{"id": "n1", "capacity": {"cpu": 4, "memory": 100}}, {"id": "n2", "power": false}],
       "workloads": [{"id": "vm:1", "host": "n1", "demand": {"cpu": 1, "memory": 10}}, {"id": "vm:3"}],
       "rules": [{"id": "r1", "type": "host-affinity", "workloads": ["vm:1"], "hosts": {"n1": 0}},
                 {"id": "r2", "type": "workload-affinity", "workloads": ["vm:1", "vm:3"], "affinity": "positive"}],
       "timeline": [{"at": 5, "op": "power", "host": "n2", "on": true},
                    {"at": 6, "op": "add", "workload": {"id": "vm:2", "host": "n2"}},
                    {"at": 7, "op": "partition", "groups": [["n1"], ["n2"]]},
                    {"at": 8, "op": "heal"}],
       "end": 20}
      """;

  /** Every operation, and every field that the other has not. */
  private static final String EVERYTHING =
      """
      {"name": "everything", "seed": 4,
       "cluster": {"shutdownPolicy": "migrate", "capacity": "advisory",
                   "placement": {"mode": "dynamic", "rebalanceOnStart": true, "autoRebalance": true},
                   "controllers": "external", "store": "external"},
       "hosts": [{"id": "n1", "bmc": true, "domain": ["dc", "rack1"], "labels": {"a": "b"}, "kinds": ["vm", "ct"]},
                 {"id": "n2", "network": true}],
       "workloads": [{"id": "vm:1", "host": "n1", "running": true, "priority": 7, "failback": false,
                      "maxRestarts": 2, "maxRelocations": 2, "migration": "cold", "load": {"cpu": 1},
                      "faults": {"startFailures": 1, "migrateFailures": 1, "stopFails": false, "onlyOn": "n1"}},
                     {"id": "ct:2", "desired": "stopped"}],
       "rules": [{"id": "r1", "type": "workload-affinity", "workloads": ["vm:1", "ct:2"],
                  "affinity": "negative", "level": 0, "strict": false}],
       "timeline": [{"at": 1, "op": "network", "host": "n2", "on": true},
                    {"at": 1, "op": "storage", "host": "n2", "on": false},
                    {"at": 2, "op": "bmc", "host": "n1", "on": false},
                    {"at": 2, "op": "agent", "host": "n1", "on": true},
                    {"at": 3, "op": "controller", "host": "controller1", "on": true},
                    {"at": 3, "op": "agent-restart", "host": "n1"},
                    {"at": 3, "op": "pause", "host": "n2", "seconds": 1},
                    {"at": 4, "op": "store", "host": "n2", "reads": true, "writes": false},
                    {"at": 4, "op": "maintenance", "host": "n2", "on": false},
                    {"at": 5, "op": "disarm", "mode": "freeze"}, {"at": 6, "op": "arm"},
                    {"at": 6, "op": "desired", "workload": "ct:2", "state": "started"},
                    {"at": 7, "op": "move", "workload": "vm:1", "to": "n2"},
                    {"at": 7, "op": "relocate", "workload": "ct:2", "to": "n1"},
                    {"at": 8, "op": "moved-by-hand", "workload": "vm:1", "to": "n2"},
                    {"at": 9, "op": "stop", "workload": "ct:2", "timeout": 1},
                    {"at": 9, "op": "demand", "workload": "vm:1", "cpu": 1, "memory": 5},
                    {"at": 9, "op": "load", "workload": "vm:1", "cpu": 0.5, "memory": 5},
                    {"at": 9, "op": "lock", "workload": "vm:1", "reason": "backup"},
                    {"at": 9, "op": "unlock", "workload": "vm:1"},
                    {"at": 10, "op": "crash", "workload": "vm:1"},
                    {"at": 11, "op": "guest-shutdown", "workload": "vm:1"},
                    {"at": 12, "op": "cleanup", "workload": "vm:1"},
                    {"at": 12, "op": "remove", "workload": "ct:2"},
                    {"at": 13, "op": "shutdown", "host": "n1"}, {"at": 14, "op": "reboot", "host": "n2"}],
       "end": 30}
      """;

  /** Far more than any of these takes, however busy the machine is. */
  private static final Duration HANGS = Duration.ofMinutes(2);

  @Test
  void whatTheyAreMadeFromIsPlayedWhole() throws IOException {
    for (String good : List.of(GOOD, EVERYTHING)) {
      assertThat(answered(good)).as("is played").isTrue();
    }
  }

  @Property(tries = 300)
  void aChangedValueIsTakenOrRefused(
      @ForAll boolean everything,
      @ForAll @IntRange(max = 10_000) int place,
      @ForAll @IntRange(max = 100) int change)
      throws IOException {
    answered(ChangedJson.of(everything ? EVERYTHING : GOOD, place, change));
  }

  @Property(tries = 50)
  void aCutOrDirtyTextIsRefused(
      @ForAll @IntRange(max = 10_000) int at, @ForAll @IntRange(min = 1, max = 255) int dirt)
      throws IOException {
    int where = at % GOOD.length();
    answered(GOOD.substring(0, where));
    answered(GOOD.substring(0, where) + (char) dirt + GOOD.substring(where + 1));
  }

  /** Whether it is played; if not, it is refused as it should be. */
  private static boolean answered(String text) throws IOException {
    Path file = Files.createTempFile("scenario", ".json");
    try {
      Files.writeString(file, text);
      HactlRun run =
          assertTimeoutPreemptively(
              HANGS, () -> HactlRun.of("simulate", file.toString(), "--json"));
      if (run.status() == Hactl.BAD) {
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("hactl: " + file + ": ").hasLineCount(1);
        assertThat(run.err()).contains("found ", "allowed: ");
      } else {
        assertThat(run.err()).isEmpty();
        assertThat(MAPPER.readTree(run.out()).get("violations")).isEmpty();
      }
      return run.status() != Hactl.BAD;
    } finally {
      Files.delete(file);
    }
  }
}
