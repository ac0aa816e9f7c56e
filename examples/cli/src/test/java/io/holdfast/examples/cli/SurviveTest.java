package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SurviveTest {
  private static final String CLUSTER =
      """
      {"dimensions": ["cpu"],
       "hosts": [{"id": "h1", "capacity": [10], "domain": ["a"]}, {"id": "h2", "capacity": [10], "domain": ["a"]},
                 {"id": "h3", "capacity": [10], "domain": ["b"]}],
       "workloads": [{"id": "vm:1", "demand": [5], "host": "h1"}, {"id": "vm:2", "demand": [6], "host": "h2"}]}
      """;

  @TempDir private Path folder;

  private String cluster() throws IOException {
    return Files.writeString(folder.resolve("c.json"), CLUSTER).toString();
  }

  @Test
  void yesIsToldWithHowManyMayFail() throws IOException {
    HactlRun run = HactlRun.of("survive", cluster(), "--failures", "1", "--json", "--repeat", "3");
    assertThat(run.status()).isZero();
    JsonNode answer = new JsonMapper().readTree(run.out());
    assertThat(answer.get("survives").booleanValue()).isTrue();
    assertThat(answer.get("exact").booleanValue()).isTrue();
    assertThat(answer.get("counterExample").isNull()).isTrue();
    assertThat(answer.get("maxFailures").intValue()).isEqualTo(1);
    assertThat(answer.get("millis").isNumber()).isTrue();
  }

  @Test
  void noIsToldWithAnExample() throws IOException {
    HactlRun run = HactlRun.of("survive", cluster(), "--failures", "1", "--level", "0", "--json");
    assertThat(run.status()).isEqualTo(1);
    JsonNode example = new JsonMapper().readTree(run.out()).get("counterExample");
    assertThat(example.get("hosts")).hasToString("[\"h1\",\"h2\"]");
    assertThat(example.get("unplaced")).hasToString("[\"vm:1\"]");
  }

  @Test
  void peopleAreToldInSentences() throws IOException {
    HactlRun run = HactlRun.of("survive", cluster(), "--failures", "2");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .startsWith("no: the failure of 2 hosts is not always survived")
        .contains(": no room for vm:1")
        .contains("at most 1 host may fail");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--failures -1|--failures: found -1, allowed: 0 or greater",
        "--failures 1 --level 1|--level: found 1, allowed: host, or 0 to 0",
        "--failures 1 --level x|found 'x', allowed: host, or an index from 0 to 63",
        "--failures 1 --repeat 0|--repeat: found 0, allowed: 1 to 100000",
        "--level host|--failures",
      })
  void whatIsWrongIsToldInOneLine(String options, String message) throws IOException {
    String[] args = ("survive FILE " + options).split(" ");
    args[1] = cluster();
    HactlRun run = HactlRun.of(args);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(message).hasLineCount(1);
  }
}
