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

class RebalanceCommandTest {
  private static final String CLUSTER =
      """
      {"dimensions": ["cpu"],
       "hosts": [{"id": "h1", "capacity": [10]}, {"id": "h2", "capacity": [10]}],
       "workloads": [{"id": "vm:1", "demand": [4], "host": "h1", "load": [1]},
                     {"id": "vm:2", "demand": [4], "host": "h1", "load": [1]},
                     {"id": "vm:3", "demand": [1], "host": "h2", "load": [2]}]}
      """;

  @TempDir private Path folder;

  private String cluster() throws IOException {
    return Files.writeString(folder.resolve("c.json"), CLUSTER).toString();
  }

  @Test
  void unevenDemandIsEvenedOut() throws IOException {
    HactlRun run = HactlRun.of("rebalance", cluster(), "--json", "--repeat", "3");
    assertThat(run.status()).isZero();
    JsonNode answer = new JsonMapper().readTree(run.out());
    assertThat(answer.get("before").doubleValue()).isEqualTo(0.777778);
    assertThat(answer.get("after").doubleValue()).isEqualTo(0.111111);
    JsonNode moved = answer.get("moved").get(0);
    assertThat(moved.get("from")).hasToString("\"h1\"");
    assertThat(moved.get("to")).hasToString("\"h2\"");
    assertThat(moved.get("gain").doubleValue()).isEqualTo(0.666667);
    assertThat(moved.get("why").asText()).isEqualTo("imbalance 0.78: h1 is at 80 %, h2 at 10 %");
    assertThat(answer.get("steps").get(0).get("do").asText()).isEqualTo("move");
    assertThat(answer.get("broken")).isEmpty();
    assertThat(answer.get("cutShort").booleanValue()).isFalse();
    assertThat(answer.get("millis").isNumber()).isTrue();
  }

  @Test
  void whatStaysBrokenIsTold() throws IOException {
    String broken =
        CLUSTER.replace(
            "]}\n",
            """
            ], "rules": [{"id": "r1", "type": "workload-affinity", "workloads": ["vm:1", "vm:2", "vm:3"],
                          "affinity": "negative"}]}
            """);
    Path file = Files.writeString(folder.resolve("c.json"), broken);
    HactlRun run = HactlRun.of("rebalance", file.toString(), "--json", "--max-moves", "0");
    assertThat(run.status()).isEqualTo(Hactl.NO);
    JsonNode answer = new JsonMapper().readTree(run.out());
    assertThat(answer.get("broken").get(0).asText()).contains("vm:1");
    assertThat(answer.get("cutShort").booleanValue())
        .as("three cannot be apart on two hosts")
        .isFalse();
  }

  @Test
  void aPictureShowsWhatMoves() throws IOException {
    Path picture = folder.resolve("moves.svg");
    HactlRun run = HactlRun.of("rebalance", cluster(), "--svg", picture.toString());
    assertThat(run.status()).isZero();
    assertThat(Files.readString(picture))
        .containsPattern("<title>vm:[12] moves from h1 to h2, cpu 4, weight 1</title>")
        .contains(">80 %</text>", "1 moved; imbalance 0.11, was 0.78");
  }

  @Test
  void evenLoadIsLeftAlone() throws IOException {
    HactlRun run = HactlRun.of("rebalance", cluster(), "--by", "load");
    assertThat(run.status()).isZero();
    assertThat(run.out()).startsWith("0 moved; imbalance 0.00, was 0.00; ");
  }

  @Test
  void theBudgetIsKept() throws IOException {
    HactlRun run = HactlRun.of("rebalance", cluster(), "--max-moves", "0");
    assertThat(run.out()).startsWith("0 moved; imbalance 0.78, was 0.78, more with more moves; ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--max-moves -1|--max-moves: found -1, allowed: 0 or more",
        "--repeat 0|--repeat: found 0, allowed: 1 to 100000",
        "--by cost|'--by'",
      })
  void whatIsWrongIsToldInOneLine(String options, String message) throws IOException {
    String[] args = ("rebalance FILE " + options).split(" ");
    args[1] = cluster();
    HactlRun run = HactlRun.of(args);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(message.replace("'", "")).hasLineCount(1);
  }
}
