package io.holdfast.engine.json;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * One JSON document as text. What is not one is refused in words that do not depend on a parser.
 */
final class JsonText {
  private static final String ONE_DOCUMENT = "one JSON document";
  private static final int LONGEST_PATH = 200;
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private JsonText() {}

  /**
   * @throws InvalidInputException if it is not one JSON document, or names a field twice
   */
  static JsonNode parse(String document) {
    if (document.startsWith("\uFEFF")) {
      throw new InvalidInputException("$", "a byte order mark", ONE_DOCUMENT + " without one");
    }
    try (JsonParser parser = MAPPER.createParser(document)) {
      return read(parser);
    } catch (IOException e) {
      throw new UncheckedIOException("a text in memory can be read", e);
    }
  }

  private static JsonNode read(JsonParser parser) throws IOException {
    boolean complete = false;
    try {
      JsonNode root = MAPPER.readTree(parser);
      if (root == null || root.isMissingNode()) {
        throw new InvalidInputException("$", "nothing", ONE_DOCUMENT);
      }
      complete = true;
      if (parser.nextToken() != null) {
        throw furtherText(parser.currentTokenLocation());
      }
      return root;
    } catch (JsonProcessingException e) {
      throw complete ? furtherText(e.getLocation()) : refusal(parser, e);
    }
  }

  private static InvalidInputException furtherText(@Nullable JsonLocation at) {
    return new InvalidInputException("$", "more after its end" + where(at), ONE_DOCUMENT);
  }

  private static InvalidInputException refusal(JsonParser parser, JsonProcessingException e) {
    String path = pathOf(parser.getParsingContext());
    String said = e.getOriginalMessage();
    if (e instanceof StreamConstraintsException) {
      int deepest = parser.streamReadConstraints().getMaxNestingDepth();
      return said.contains("nesting")
          ? new InvalidInputException(
              "$", "lists and objects nested too deep", "%d levels".formatted(deepest))
          : new InvalidInputException(
              path, "a text, a name or a number that is too long", "shorter ones");
    }
    if (said.startsWith("Duplicate field")) {
      return new InvalidInputException(path, "the field a second time", "each field once");
    }
    return e instanceof JsonEOFException
        ? new InvalidInputException("$", "its end too early" + where(e.getLocation()), ONE_DOCUMENT)
        : new InvalidInputException(
            path, "what is not JSON" + where(e.getLocation()), ONE_DOCUMENT);
  }

  private static String where(@Nullable JsonLocation at) {
    return at == null ? "" : " at line %d column %d".formatted(at.getLineNr(), at.getColumnNr());
  }

  /** Where the parser is. */
  private static String pathOf(@Nullable JsonStreamContext context) {
    if (context == null || context.inRoot()) {
      return "$";
    }
    String parent = pathOf(context.getParent());
    if (parent.length() > LONGEST_PATH) {
      return parent.endsWith("…") ? parent : parent + "…";
    }
    if (context.inArray()) {
      return "%s[%d]".formatted(parent, Math.max(0, context.getCurrentIndex()));
    }
    String name = context.getCurrentName();
    return name == null ? parent : JsonField.member(parent, name);
  }
}
