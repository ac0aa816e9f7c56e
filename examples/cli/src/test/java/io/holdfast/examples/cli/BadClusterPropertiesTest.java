package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Whatever becomes of a cluster's text, each command answers or refuses it in a line. */
class BadClusterPropertiesTest {
  private static final String GOOD =
      """
      {"dimensions": ["cpu", "memory"],
       "hosts": [{"id": "h1", "capacity": [8, 64], "domain": ["dc", "r1"], "state": "failed", "kinds": ["vm"], "overcommit": [4, 1.5]},
                 {"id": "h2", "capacity": [8, 64], "domain": ["dc", "r2"], "labels": {"cpu": "zen"}, "conditions": ["net:a"], "promised": [1, 2]},
                 {"id": "h3", "capacity": [9, 32], "state": "standby"}],
       "overcommit": [2, 1],
       "workloads": [{"id": "vm:1", "demand": [6, 8], "weight": 9, "priority": 1, "host": "h1", "conditions": ["net:a"]},
                     {"id": "vm:2", "demand": [4, 8], "host": "h2", "requires": {"cpu": "zen"}, "movable": false},
                     {"id": "ct:3", "demand": [1, 8], "host": "h2", "desired": "stopped", "load": [0.5, 7]},
                     {"id": "vm:4", "demand": [3, 8]}],
       "rules": [{"id": "r1", "type": "host-affinity", "workloads": ["vm:2"], "hosts": {"h2": 1}, "strict": true},
                 {"id": "r2", "type": "workload-affinity", "workloads": ["vm:1", "vm:4"], "affinity": "negative",
                  "level": 0}],
       "options": {"moves": "allowed", "eviction": true, "objective": "priority", "strategy": "drs",
                   "timeBudget": "PT0.1S", "seed": 3}}
      """;

  /** Far more than any of these takes, however busy the machine is. */
  private static final Duration HANGS = Duration.ofMinutes(2);

  private static final List<List<String>> COMMANDS =
      List.of(List.of("plan"), List.of("survive", "--failures", "1"), List.of("rebalance"));

  @Test
  void whatTheyAreMadeFromIsTaken() throws IOException {
    for (int command = 0; command < COMMANDS.size(); command++) {
      assertThat(answered(GOOD, command)).as("%s", COMMANDS.get(command)).isTrue();
    }
  }

  @Property(tries = 1000)
  void aChangedValueIsTakenOrRefused(
      @ForAll @IntRange(max = 10_000) int place,
      @ForAll @IntRange(max = 100) int change,
      @ForAll @IntRange(max = 2) int command)
      throws IOException {
    answered(ChangedJson.of(GOOD, place, change), command);
  }

  /** Whether it is taken; if not, it is refused as it should be. */
  private static boolean answered(String text, int command) throws IOException {
    Path file = Files.createTempFile("cluster", ".json");
    try {
      Files.writeString(file, text);
      List<String> words = new ArrayList<>(COMMANDS.get(command));
      words.add(file.toString());
      words.add("--json");
      String[] args = words.toArray(new String[0]);
      HactlRun run = assertTimeoutPreemptively(HANGS, () -> HactlRun.of(args));
      if (run.status() == Hactl.BAD) {
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("hactl: " + file + ": ").hasLineCount(1);
        assertThat(run.err()).contains("found ", "allowed: ").doesNotContain("Exception");
      } else {
        assertThat(run.err()).isEmpty();
        assertThat(new JsonMapper().readTree(run.out()).get("millis").isNumber()).isTrue();
      }
      return run.status() != Hactl.BAD;
    } finally {
      Files.delete(file);
    }
  }
}
