package io.holdfast.examples.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** A good document with one thing in it changed, left out, renamed or there twice. */
final class ChangedJson {
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

  private ChangedJson() {}

  /**
   * The document with one change.
   *
   * @param place where, counted round
   * @param change what, counted round
   */
  static String of(String good, int place, int change) throws JsonProcessingException {
    JsonNode document = new JsonMapper().readTree(good);
    List<Runnable> changes = new ArrayList<>();
    collect(document, STRANGE.get(change % STRANGE.size()), changes);
    changes.get(place % changes.size()).run();
    return document.toString();
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
}
