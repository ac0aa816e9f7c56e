package io.holdfast.engine.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Names;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One value of a JSON document that people write, with its path. Every question that it cannot
 * answer as asked is refused with an {@link InvalidInputException} that says where, what was found
 * and what is allowed. Nothing is converted: a text is not a number.
 */
public final class JsonField {
  private static final int SHOWN = 60;

  /** Of a path: a name, or an index. */
  private static final Pattern STEP = Pattern.compile("\\.?([A-Za-z0-9_-]+)|\\[(\\d{1,9})]");

  private final String path;
  private final JsonNode node;

  private JsonField(String path, JsonNode node) {
    this.path = path;
    this.node = node;
  }

  /**
   * The document's outermost value.
   *
   * @throws InvalidInputException if it is not one JSON document, or names a field twice
   */
  public static JsonField parse(String document) {
    return new JsonField("$", JsonText.parse(document));
  }

  /** Where it is in the document, such as {@code $.hosts[1].id}. */
  public String path() {
    return path;
  }

  /** The refusal of this value. */
  public InvalidInputException refuse(String allowed) {
    return new InvalidInputException(path, found(), allowed);
  }

  /** The refusal of this value, with more about what was found. */
  public InvalidInputException refuse(String more, String allowed) {
    return new InvalidInputException(path, found() + " " + more, allowed);
  }

  /** This value, known to be an object that has no other fields than these. */
  public JsonField object(String... fields) {
    Set<String> known = Set.of(fields);
    for (String name : names()) {
      if (!known.contains(name)) {
        throw new InvalidInputException(
            member(name), "an unknown field", "the fields " + String.join(", ", fields));
      }
    }
    return this;
  }

  /** The object's field of that name, empty if it is not there or null. */
  public Optional<JsonField> optional(String name) {
    names();
    JsonNode value = node.get(name);
    return value == null || value.isNull()
        ? Optional.empty()
        : Optional.of(new JsonField(member(name), value));
  }

  /** The object's field of that name. */
  public JsonField required(String name, String allowed) {
    return optional(name)
        .orElseThrow(() -> new InvalidInputException(member(name), "nothing", allowed));
  }

  /** Every field of an object whose names are data. */
  public SortedMap<String, JsonField> members() {
    SortedMap<String, JsonField> members = new TreeMap<>();
    for (String name : names()) {
      members.put(name, new JsonField(member(name), node.get(name)));
    }
    return members;
  }

  /** The elements of a list. */
  public List<JsonField> elements() {
    if (!node.isArray()) {
      throw refuse("a list");
    }
    return new Elements();
  }

  /** Each is made when it is asked for: of a million that are refused, it is the first. */
  private final class Elements extends AbstractList<JsonField> implements RandomAccess {
    @Override
    public int size() {
      return node.size();
    }

    @Override
    public JsonField get(int index) {
      return new JsonField(path + "[" + index + "]", node.get(index));
    }
  }

  /** Whether it is a list. */
  public boolean isList() {
    return node.isArray();
  }

  /** Whether it is a text. */
  public boolean isText() {
    return node.isTextual();
  }

  /** Its text. */
  public String text() {
    if (!node.isTextual()) {
      throw refuse("a text");
    }
    return node.textValue();
  }

  /** A text that keeps the rule of {@link Names}. */
  public String name() {
    String text = text();
    return make(() -> Names.check("name", text));
  }

  /** A text of one line that is not empty and has at most this many characters. */
  public String line(int most) {
    if (!node.isTextual() || !Names.isLine(node.textValue(), most)) {
      throw refuse("one line of 1 to %d characters".formatted(most));
    }
    return node.textValue();
  }

  /** A text that stands for one of these values. */
  public <T> T oneOf(Map<String, T> values) {
    SortedSet<String> names = new TreeSet<>(values.keySet());
    T value = node.isTextual() ? values.get(node.textValue()) : null;
    if (value == null) {
      throw refuse(String.join(", ", names));
    }
    return value;
  }

  /** Whether it is true or false. */
  public boolean flag() {
    if (!node.isBoolean()) {
      throw refuse("true or false");
    }
    return node.booleanValue();
  }

  /** A whole number, within these bounds. */
  public long whole(long least, long most) {
    if (!node.isIntegralNumber()
        || !node.canConvertToLong()
        || node.longValue() < least
        || node.longValue() > most) {
      throw refuse("a whole number, %d to %d".formatted(least, most));
    }
    return node.longValue();
  }

  /** A number, within these bounds, of at most this many decimal places. */
  public BigDecimal number(long least, long most, int places) {
    String allowed = "a number, %d to %d, %d decimal places".formatted(least, most, places);
    if (!node.isNumber()) {
      throw refuse(allowed);
    }
    BigDecimal value = node.decimalValue();
    // The bounds first: they are cheap for numbers such as 1e999999, and most other things are not.
    if (value.compareTo(BigDecimal.valueOf(least)) < 0
        || value.compareTo(BigDecimal.valueOf(most)) > 0
        || (value.signum() != 0 && value.stripTrailingZeros().scale() > places)) {
      throw refuse(allowed);
    }
    return value;
  }

  /** An ISO-8601 duration, within these bounds. */
  public Duration duration(Duration least, Duration most) {
    String allowed = "a duration from %s to %s, such as PT60S".formatted(least, most);
    if (!node.isTextual()) {
      throw refuse(allowed);
    }
    try {
      Duration value = Duration.parse(node.textValue());
      if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
        throw refuse(allowed);
      }
      return value;
    } catch (DateTimeParseException | ArithmeticException e) {
      throw refuse(allowed);
    }
  }

  /**
   * What is made of this value.
   *
   * @throws InvalidInputException for what the maker refuses: of the value in here that it names,
   *     with or without the name of the whole before it ({@code host.kinds[0]}, {@code kinds[0]});
   *     of this one if there is no such value
   */
  public <T> T make(Supplier<T> maker) {
    try {
      return maker.get();
    } catch (InvalidConfigException e) {
      String inside = e.field().substring(e.field().indexOf('.') + 1);
      throw within(e.field())
          .or(() -> within(inside))
          .orElse(this)
          .refuse("(" + e.finding() + ")", e.allowed());
    }
  }

  /** The value in here to which names and numbers lead; empty if there is none. */
  private Optional<JsonField> within(String names) {
    JsonField at = this;
    Matcher step = STEP.matcher(names);
    int end = 0;
    while (end < names.length()) {
      if (!step.find() || step.start() != end) {
        return Optional.empty();
      }
      end = step.end();
      boolean isName = step.start(1) >= 0;
      int group = isName ? 1 : 2;
      String key = names.substring(step.start(group), step.end(group));
      JsonNode next = isName ? at.node.get(key) : at.node.get(Integer.parseInt(key));
      if (next == null || next.isNull()) {
        return Optional.empty();
      }
      at = new JsonField(isName ? at.member(key) : at.path + "[" + key + "]", next);
    }
    return Optional.of(at);
  }

  private List<String> names() {
    if (!node.isObject()) {
      throw refuse("an object");
    }
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return Collections.unmodifiableList(names);
  }

  private String member(String name) {
    return member(path, name);
  }

  static String member(String path, String name) {
    return name.matches("[A-Za-z_][A-Za-z0-9_-]*")
        ? path + "." + name
        : path + "[" + quoted(name) + "]";
  }

  private String found() {
    if (node.isObject()) {
      return "an object";
    }
    if (node.isArray()) {
      return "a list";
    }
    if (node.isTextual()) {
      return quoted(node.textValue());
    }
    return shortened(node.toString());
  }

  private static String quoted(String text) {
    return '"' + shortened(oneLine(text)) + '"';
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }

  private static String oneLine(String text) {
    return text.replaceAll("[\\p{Cntrl}\\s]+", " ");
  }

  @Override
  public String toString() {
    return path + " = " + found();
  }
}
