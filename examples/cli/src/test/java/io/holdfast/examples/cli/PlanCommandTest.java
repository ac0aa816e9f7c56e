package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** hactl plan, as it is used. */
class PlanCommandTest {
  private static final String TIGHT =
      """
      {"dimensions": ["cpu", "memory"],
       "hosts": [{"id": "h1", "capacity": [8, 64], "state": "failed"}, {"id": "h2", "capacity": [8, 64]},
                 {"id": "h3", "capacity": [8, 64]}],
       "workloads": [{"id": "vm:big", "demand": [6, 8], "weight": 9, "host": "h1"},
                     {"id": "vm:huge", "demand": [9, 8], "weight": 2, "host": "h1"},
                     {"id": "vm:x", "demand": [4, 8], "host": "h2"}, {"id": "vm:y", "demand": [4, 8], "host": "h3"}],
       "rules": [{"id": "r1", "type": "host-affinity", "workloads": ["vm:x"], "hosts": {"h2": 1, "h3": 1}}],
       "options": {"moves": "allowed", "eviction": false, "timeBudget": "PT0.2S"}}
      """;

  @TempDir private Path folder;

  private String file(String text) throws IOException {
    return Files.writeString(folder.resolve("cluster.json"), text).toString();
  }

  @Test
  void aPlanSaysWhatToDoAndWhyNoMore() throws IOException {
    HactlRun run = HactlRun.of("plan", file(TIGHT), "--json");
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isEqualTo(Hactl.NO);
    JsonNode plan = new JsonMapper().readTree(run.out());
    assertThat(plan.at("/placed/0/workload").asText()).isEqualTo("vm:big");
    assertThat(plan.at("/placed/0/reasons/0/code").asText()).isEqualTo("only-room");
    assertThat(plan.at("/placed/0/reasons/1/detail").asText()).matches("once vm:[xy] has left");
    assertThat(plan.get("moved")).hasSize(1);
    assertThat(plan.at("/moved/0/reasons/0/code").asText()).isEqualTo("makes-room");
    assertThat(plan.at("/moved/0/reasons/0/detail").asText()).isEqualTo("makes room for vm:big");
    assertThat(plan.at("/steps/0/do").asText()).isEqualTo("move");
    assertThat(plan.at("/steps/1/do").asText()).isEqualTo("start");
    assertThat(plan.at("/steps/1/after/0").asInt()).isZero();
    assertThat(plan.at("/unplaced/0/workload").asText()).isEqualTo("vm:huge");
    assertThat(plan.at("/unplaced/0/reasons/0/code").asText()).isEqualTo("capacity");
    assertThat(plan.at("/unplaced/0/reasons/0/detail").asText())
        .isEqualTo("cpu: needs 9, the host has only 8");
    assertThat(plan.at("/unplaced/0/reasons/0/change").asText())
        .matches("it may be given [79] more cpu");
    JsonNode objection = plan.at("/unplaced/0/reasons/0/objections/0");
    assertThat(objection.get("dimension").asText()).isEqualTo("cpu");
    assertThat(objection.get("needed").asLong()).isEqualTo(9);
    assertThat(objection.get("limit").asLong()).isEqualTo(8);
    assertThat(plan.get("value").asLong()).isEqualTo(9);
    assertThat(plan.get("upperBound").asLong()).isEqualTo(9);
    assertThat(plan.get("lost").asLong()).isEqualTo(11);
    assertThat(plan.get("millis").asDouble()).isPositive();
  }

  @Test
  void everyHostSaysWhichRuleOrWhatElseRefusesAndWhatWouldHaveToChange() throws IOException {
    String text =
        """
        {"dimensions": ["cpu"],
         "hosts": [{"id": "h1", "capacity": [8], "state": "failed"}, {"id": "h2", "capacity": [8], "state": "maintenance", "labels": {"gpu": "yes"}},
                   {"id": "h3", "capacity": [8], "labels": {"gpu": "yes"}}, {"id": "h4", "capacity": [9]}],
         "workloads": [{"id": "vm:1", "demand": [6], "host": "h1", "requires": {"gpu": "yes"}},
                       {"id": "vm:7", "demand": [1], "host": "h3"}, {"id": "vm:8", "demand": [5], "host": "h4"}],
         "rules": [{"id": "db-apart", "type": "workload-affinity", "workloads": ["vm:1", "vm:7"], "affinity": "negative"}]}
        """;
    HactlRun run = HactlRun.of("plan", file(text));
    assertThat(run.status()).isEqualTo(Hactl.NO);
    assertThat(run.out())
        .startsWith(
            """
            vm:1 has no host:
              h2: is in maintenance; it fits when its maintenance is over
              h3: rule db-apart: must be apart from vm:7, which is on h3; it fits when vm:7 is elsewhere
              h4: lacks gpu=yes; cpu: needs 6, free 4; it fits when the host has gpu=yes and 2 more of its cpu are free
            """);
    HactlRun told = HactlRun.of("plan", file(text), "--json");
    JsonNode reasons = new JsonMapper().readTree(told.out()).at("/unplaced/0/reasons");
    assertThat(reasons.at("/0/objections/0").toString())
        .isEqualTo("{\"code\":\"unavailable\",\"state\":\"maintenance\"}");
    assertThat(reasons.at("/1/code").asText()).isEqualTo("negative-affinity");
    assertThat(reasons.at("/1/objections/0").toString())
        .isEqualTo(
            "{\"code\":\"negative-affinity\",\"rule\":\"db-apart\",\"level\":\"host\",\"others\":[\"vm:7\"]}");
    assertThat(reasons.at("/2/detail").asText()).isEqualTo("lacks gpu=yes; cpu: needs 6, free 4");
    assertThat(reasons.at("/2/objections/0").toString())
        .isEqualTo("{\"code\":\"label\",\"label\":\"gpu\",\"wanted\":\"yes\"}");
    assertThat(reasons.at("/2/objections/1").toString())
        .isEqualTo(
            "{\"code\":\"capacity\",\"dimension\":\"cpu\",\"needed\":6,\"free\":4,\"limit\":9,\"promised\":0,\"missing\":2}");
  }

  @Test
  void aPlanThatLeavesNothingOutIsAYesAndIsToldInWords() throws IOException {
    String text = TIGHT.replace("[9, 8]", "[1, 8]");
    HactlRun run = HactlRun.of("plan", file(text), "--repeat", "3");
    assertThat(run.status()).isEqualTo(Hactl.YES);
    assertThat(run.out())
        .contains(
            "move vm:",
            "   makes room for vm:big and vm:huge; ",
            "start vm:big on",
            "proven the best");
  }

  @Test
  void whatMovesCostIsTakenIntoAccountAndTold() throws IOException {
    String priced = TIGHT.replace("[9, 8]", "[1, 8]").replace("PT0.2S\"", "PT0.2S\", PRICE");
    String cheap = priced.replace("PRICE", "\"movePrice\": 3");
    HactlRun run = HactlRun.of("plan", file(cheap));
    assertThat(run.status()).isEqualTo(Hactl.YES);
    assertThat(run.out()).contains("value 11 of 11 lost at a price of 3, ");
    JsonNode plan = new JsonMapper().readTree(HactlRun.of("plan", file(cheap), "--json").out());
    assertThat(plan.get("price").asLong()).isEqualTo(3);
    assertThat(plan.get("value").asLong()).isEqualTo(11);
    assertThat(plan.get("moved")).hasSize(1);

    String dear = priced.replace("PRICE", "\"movePrice\": 9, \"evictionPrice\": 2");
    plan = new JsonMapper().readTree(HactlRun.of("plan", file(dear), "--json").out());
    assertThat(plan.get("price").asLong()).isZero();
    assertThat(plan.get("moved")).isEmpty();
    assertThat(plan.get("value").asLong()).isEqualTo(2);
  }

  @Test
  void aPriceThatNothingCanBeComparedWithIsRefused() throws IOException {
    String bad =
        file(TIGHT.replace("\"eviction\": false", "\"objective\": \"priority\", \"movePrice\": 3"));
    HactlRun run = HactlRun.of("plan", bad);
    assertThat(run.status()).isEqualTo(Hactl.BAD);
    assertThat(run.err())
        .startsWith("hactl: " + bad + ": $.options.movePrice: found 3 ")
        .contains("allowed: 0, where the objective is not the weight")
        .hasLineCount(1);
  }

  @Test
  void aPictureShowsHostsBeforeAndAfter() throws Exception {
    String svg = picture(TIGHT);
    assertThat(svg)
        .contains(
            ">h1</text>", "class=\"off\"", ">before</text>", ">after</text>", ">cpu 75 %</text>")
        .containsPattern("<title>vm:big gets a host from h1 to h[23], cpu 6, weight 9</title>")
        .containsPattern("<title>vm:[xy] moves from h[23] to h[32], cpu 4, weight 1</title>")
        .contains("<title>vm:huge stays without a host from h1, cpu 9, weight 2</title>")
        .contains("vm:huge has no host. h2: cpu: needs 9, the host has only 8");
  }

  @Test
  void aPictureOfManyHostsShowsTheDimensionThatIsUsedTheMost() throws Exception {
    StringBuilder text = new StringBuilder("{\"dimensions\": [\"cpu\", \"memory\"], \"hosts\": [");
    StringBuilder workloads = new StringBuilder("], \"workloads\": [");
    for (int h = 0; h < 200; h++) {
      String comma = h == 0 ? "" : ",";
      text.append(comma).append("{\"id\": \"h").append(h).append("\", \"capacity\": [8, 64]}");
      workloads.append(comma).append("{\"id\": \"vm:").append(h);
      workloads.append("\", \"demand\": [1, 32], \"host\": \"h").append(h).append("\"}");
    }
    String svg = picture(text.append(workloads).append("]}").toString());
    assertThat(svg).contains(">h199</text>", ">memory 50 %</text>").doesNotContain(">cpu 1");
    assertThat(svg.length()).isLessThan(300_000);
  }

  @Test
  void theNameOfAFileIsNoMarkup() throws Exception {
    Path file = Files.writeString(folder.resolve("<b>&\u0001.json"), TIGHT);
    Path picture = folder.resolve("named.svg");
    HactlRun run = HactlRun.of("plan", file.toString(), "--svg", picture.toString());
    assertThat(run.err()).isEmpty();
    assertThat(wellFormed(picture)).contains(">&lt;b&gt;&amp; .json</text>");
  }

  @Test
  void aPictureThatCannotBeWrittenIsOneLine() throws IOException {
    String nowhere = folder.resolve("none").resolve("plan.svg").toString();
    HactlRun run = HactlRun.of("plan", file(TIGHT), "--json", "--svg", nowhere);
    assertThat(run.status()).isEqualTo(Hactl.BAD);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(nowhere + ": cannot be written").hasLineCount(1);
  }

  private String picture(String text) throws Exception {
    Path picture = folder.resolve("plan.svg");
    HactlRun run = HactlRun.of("plan", file(text), "--svg", picture.toString());
    assertThat(run.err()).isEmpty();
    return wellFormed(picture);
  }

  private static String wellFormed(Path picture) throws Exception {
    String svg = Files.readString(picture);
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
    return svg;
  }

  @Test
  void badInputIsOneLineWithFilePathFindingAndChoice() throws IOException {
    String bad = file(TIGHT.replace("\"failed\"", "\"broken\""));
    HactlRun run = HactlRun.of("plan", bad, "--json");
    assertThat(run.status()).isEqualTo(Hactl.BAD);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("hactl: " + bad + ": $.hosts[0].state: found \"broken\", allowed: failed, ")
        .hasLineCount(1);
  }

  @Test
  void misuseIsOneLine() throws IOException {
    String good = file(TIGHT);
    for (String[] args :
        new String[][] {
          {"plan"},
          {"plan", folder.resolve("none.json").toString()},
          {"plan", good, "--repeat", "0"},
          {"plan", good, "--jsn"}
        }) {
      HactlRun run = HactlRun.of(args);
      assertThat(run.status()).as("%s", (Object) args).isEqualTo(Hactl.BAD);
      assertThat(run.err()).startsWith("hactl: ").hasLineCount(1);
    }
  }

  @Property(tries = 200)
  void aCutOrDirtyTextIsPlannedOrRefused(
      @ForAll @IntRange(max = 10_000) int at, @ForAll @IntRange(min = 1, max = 255) int dirt)
      throws IOException {
    Path file = Files.createTempFile("cluster", ".json");
    try {
      int where = at % TIGHT.length();
      for (String text :
          new String[] {
            TIGHT.substring(0, where),
            TIGHT.substring(0, where) + (char) dirt + TIGHT.substring(where + 1)
          }) {
        Files.writeString(file, text);
        HactlRun run = HactlRun.of("plan", file.toString(), "--json");
        if (run.status() == Hactl.BAD) {
          assertThat(run.out()).isEmpty();
          assertThat(run.err()).startsWith("hactl: " + file + ": ").hasLineCount(1);
        } else {
          assertThat(new JsonMapper().readTree(run.out()).get("steps")).isNotNull();
        }
      }
    } finally {
      Files.delete(file);
    }
  }
}
