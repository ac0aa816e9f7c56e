package io.holdfast.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever becomes of a scenario's text, there is an answer: it is played or refused in a line. */
class BadInputPropertiesTest {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String GOOD =
      """
      {"name": "good", "seed": 3,
       "cluster": {"shutdownPolicy": "conditional", "capacity": "hard",
                   "placement": {"mode": "basic"}, "timers": {"watchdog": "PT20S"}},
       "hosts": [{"id": "n1", "capacity": {"cpu": 4, "memory": 100}}, {"id": "n2", "power": false}],
       "workloads": [{"id": "vm:1", "host": "n1", "demand": {"cpu": 1, "memory": 10}}],
       "rules": [{"id": "r1", "type": "host-affinity", "workloads": ["vm:1"], "hosts": {"n1": 0}},
                 {"id": "r2", "type": "workload-affinity", "workloads": ["vm:1"], "affinity": "positive"}],
       "timeline": [{"at": 5, "op": "power", "host": "n2", "on": true},
                    {"at": 6, "op": "add", "workload": {"id": "vm:2", "host": "n2"}},
                    {"at": 7, "op": "partition", "groups": [["n1"], ["n2"]]},
                    {"at": 8, "op": "heal"}],
       "end": 20}
      """;
  private static final List<JsonNode> STRANGE =
      List.of(
          JsonNodeFactory.instance.nullNode(),
          JsonNodeFactory.instance.booleanNode(true),
          JsonNodeFactory.instance.numberNode(-1),
          JsonNodeFactory.instance.numberNode(1e300),
          JsonNodeFactory.instance.numberNode(99_999_999_999L),
          JsonNodeFactory.instance.numberNode(0.3),
          JsonNodeFactory.instance.textNode(""),
          JsonNodeFactory.instance.textNode("n2"),
          JsonNodeFactory.instance.textNode("vm:1"),
          JsonNodeFactory.instance.textNode("a\nb\u0000c"),
          JsonNodeFactory.instance.arrayNode(),
          JsonNodeFactory.instance.objectNode());

  @Property(tries = 150)
  void aChangedValueIsTakenOrRefused(
      @ForAll @IntRange(max = 10_000) int place, @ForAll @IntRange(max = 100) int change)
      throws IOException {
    JsonNode document = MAPPER.readTree(GOOD);
    List<Runnable> changes = new ArrayList<>();
    collect(document, STRANGE.get(change % STRANGE.size()), changes);
    changes.get(place % changes.size()).run();
    answered(document.toString());
  }

  @Property(tries = 50)
  void aCutOrDirtyTextIsRefused(
      @ForAll @IntRange(max = 10_000) int at, @ForAll @IntRange(min = 1, max = 255) int dirt)
      throws IOException {
    int where = at % GOOD.length();
    answered(GOOD.substring(0, where));
    answered(GOOD.substring(0, where) + (char) dirt + GOOD.substring(where + 1));
  }

  private static void collect(JsonNode node, JsonNode value, List<Runnable> changes) {
    if (node instanceof ObjectNode object) {
      object
          .fieldNames()
          .forEachRemaining(
              name -> {
                changes.add(() -> object.set(name, value));
                changes.add(() -> object.remove(name));
                changes.add(() -> object.set(name + "x", object.get(name)));
                collect(object.get(name), value, changes);
              });
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        int index = i;
        changes.add(() -> array.set(index, value));
        changes.add(() -> array.add(array.get(index)));
        collect(array.get(i), value, changes);
      }
    }
  }

  private static void answered(String text) throws IOException {
    Path file = Files.createTempFile("scenario", ".json");
    try {
      Files.writeString(file, text);
      HactlRun run = HactlRun.of("simulate", file.toString(), "--json");
      if (run.status() == Hactl.BAD) {
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).startsWith("hactl: " + file + ": ").hasLineCount(1);
        assertThat(run.err()).contains("found ", "allowed: ");
      } else {
        assertThat(run.err()).isEmpty();
        assertThat(MAPPER.readTree(run.out()).get("violations")).isEmpty();
      }
    } finally {
      Files.delete(file);
    }
  }
}
