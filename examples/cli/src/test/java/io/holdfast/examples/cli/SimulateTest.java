package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** hactl simulate, as it is used. */
class SimulateTest {
  private static final String CRASH =
      """
      {"name": "crash", "hosts": [{"id": "n1"}, {"id": "n2"}, {"id": "n3"}],
       "workloads": [{"id": "vm:1", "host": "n1"}, {"id": "vm:2", "host": "n2", "desired": "stopped"}],
       "timeline": [{"at": 30, "op": "power", "host": "n1", "on": false}], "end": 120}
      """;

  @TempDir private Path folder;

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  @Test
  void aPowerCutIsRecoveredFromAndTheResultSaysSo() throws IOException {
    HactlRun run = HactlRun.of("simulate", file("crash.json", CRASH), "--json");
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    JsonNode result = new JsonMapper().readTree(run.out());
    JsonNode workload = result.at("/workloads/vm:1");
    assertThat(workload.get("status").asText()).isEqualTo("Started");
    assertThat(workload.get("running").get(0).asText()).isEqualTo(workload.get("host").asText());
    assertThat(workload.get("host").asText()).isNotEqualTo("n1");
    assertThat(result.at("/workloads/vm:2/status").asText()).isEqualTo("Stopped");
    assertThat(result.at("/hosts/n1/power").asBoolean()).isFalse();
    assertThat(result.at("/fenced/0/host").asText()).isEqualTo("n1");
    assertThat(result.at("/fenced/0/evidence").asText()).isEqualTo("PoweredOff");
    assertThat(result.at("/fenced/0/device").asText()).isEqualTo("bmc-n1");
    assertThat(result.at("/recoveries/0/workload").asText()).isEqualTo("vm:1");
    assertThat(result.at("/recoveries/0/outage").asDouble()).isBetween(1.0, 20.0);
    assertThat(result.get("violations")).isEmpty();
    assertThat(result.get("errors")).isEmpty();
    assertThat(result.get("trace").asText()).matches("[0-9a-f]{64}");
  }

  @Test
  void theSameScenarioGivesTheSameTraceAndAnotherSeedAnother() throws IOException {
    String same = file("same.json", CRASH);
    String other = file("other.json", CRASH.replace("\"hosts\"", "\"seed\": 2, \"hosts\""));
    JsonMapper mapper = new JsonMapper();
    JsonNode first = mapper.readTree(HactlRun.of("simulate", same, "--json").out());
    assertThat(mapper.readTree(HactlRun.of("simulate", same, "--json").out())).isEqualTo(first);
    assertThat(mapper.readTree(HactlRun.of("simulate", other, "--json").out()).get("trace"))
        .isNotEqualTo(first.get("trace"));
  }

  @Test
  void theTimelineIsToldInOrder() throws IOException {
    HactlRun run = HactlRun.of("simulate", file("crash.json", CRASH), "--trace");
    assertThat(run.out()).containsSubsequence("power n1 off", "n1", "FENCED", "runs", "Started");
  }

  @Test
  void thePictureIsWellFormedAndShowsHostsWorkloadsAndTheFence() throws Exception {
    Path picture = folder.resolve("crash.svg");
    HactlRun run = HactlRun.of("simulate", file("crash.json", CRASH), "--svg", picture.toString());
    assertThat(run.status()).isZero();
    String svg = Files.readString(picture);
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
    assertThat(svg)
        .contains("<title>vm:1 runs from", ">n1</text>", "class=\"fence\"", "has no power");
  }

  @Test
  void badInputIsOneLineWithFilePathFindingAndChoice() throws IOException {
    String bad = file("bad.json", CRASH.replace("\"end\"", "\"eng\""));
    HactlRun run = HactlRun.of("simulate", bad, "--json");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("hactl: " + bad + ": $.eng: found an unknown field, allowed: ")
        .hasLineCount(1);
  }

  @Test
  void randomWorldsArePlayedAndCounted() throws IOException {
    HactlRun run = HactlRun.of("simulate", "--random", "--seeds", "1..3", "--hosts", "3", "--json");
    assertThat(run.status()).isZero();
    JsonNode result = new JsonMapper().readTree(run.out());
    assertThat(result.get("played").asInt()).isEqualTo(3);
    assertThat(result.get("failed")).isEmpty();
    assertThat(HactlRun.of("simulate", "--random", "--seeds", "3..1").status()).isEqualTo(2);
    assertThat(HactlRun.of("simulate", "--random", "--seeds", "1", "--hosts", "0").err())
        .contains("--hosts: found 0, allowed: 1 to 50")
        .hasLineCount(1);
  }

  /** Which number of a range is taken is the seed's choice: none of them may be impossible. */
  @Test
  void rangesAreRefusedWholeBeforeTheFirstWorldIsPlayed() {
    for (String[] wrong :
        new String[][] {
          {"--hosts", "3..60", "found 3..60, allowed: 1 to 50"},
          {"--hosts", "4294967299", "found 4294967299, allowed: 1 to 50"},
          {"--workloads", "0..1001", "found 0..1001, allowed: 0 to 1000"},
          {"--minutes", "99999999", "found 99999999, allowed: 0 to 10080"},
        }) {
      HactlRun run =
          HactlRun.of("simulate", "--random", "--seeds", "1..2", wrong[0], wrong[1], "--json");
      assertThat(run.status()).as("%s", (Object) wrong).isEqualTo(Hactl.BAD);
      assertThat(run.out()).isEmpty();
      assertThat(run.err()).contains(wrong[0] + ": " + wrong[2]).hasLineCount(1);
    }
    String all = Long.MIN_VALUE + ".." + Long.MAX_VALUE;
    HactlRun run = HactlRun.of("simulate", "--random", "--seeds", all);
    assertThat(run.status()).isEqualTo(Hactl.BAD);
    assertThat(run.err()).contains("a milliard apart at most").hasLineCount(1);
  }

  @Test
  void oneSeedIsToldAndDrawn() throws Exception {
    Path picture = folder.resolve("seed.svg");
    String[] seed = {
      "simulate", "--random", "--seeds", "7", "--trace", "--svg", picture.toString(), "--json"
    };
    HactlRun run = HactlRun.of(seed);
    assertThat(run.status()).isZero();
    assertThat(run.err()).contains("step", "leads", "status", "runs");
    JsonNode told = new JsonMapper().readTree(run.out());
    assertThat(told.get("name").asText()).isEqualTo("seed 7");
    assertThat(told.get("workloads")).isNotEmpty();
    assertThat(Files.readString(picture)).contains(" runs from");
  }

  @Test
  void aFolderIsOneDocument() throws IOException {
    Path scenarios = Files.createDirectory(folder.resolve("scenarios"));
    Files.writeString(scenarios.resolve("a.json"), CRASH);
    Files.writeString(scenarios.resolve("b.json"), CRASH);
    HactlRun run = HactlRun.of("simulate", scenarios.toString(), "--json");
    assertThat(run.status()).isZero();
    JsonNode results = new JsonMapper().readTree(run.out());
    assertThat(results.isArray()).isTrue();
    assertThat(results).hasSize(2);
    assertThat(results.get(0).get("violations")).isEmpty();
  }

  @Test
  void misuseIsOneLine() throws IOException {
    for (String[] args :
        new String[][] {
          {"simulate"},
          {"simulate", folder.resolve("none.json").toString()},
          {"simulate", Files.createDirectory(folder.resolve("empty")).toString()},
          {"simulate", file("crash.json", CRASH), "--jsn"},
          {"simulate", "--random", "--seeds", "1..2", "--trace"},
          {"simulate", folder.toString(), "--svg", folder.resolve("all.svg").toString()},
          {"simulat"}
        }) {
      HactlRun run = HactlRun.of(args);
      assertThat(run.status()).as("%s", (Object) args).isEqualTo(2);
      assertThat(run.err()).startsWith("hactl: ").hasLineCount(1);
    }
  }
}
