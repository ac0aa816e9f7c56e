package io.holdfast.fence.ipmi;

import io.holdfast.api.InvalidConfigException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The options of a fence agent, and which of their values nobody may see. */
final class AgentOptions {
  static final String MASK = "****";

  private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]{0,63}");
  private static final Set<String> OURS = Set.of("action", "option");

  /** Passwords, keys and SNMP communities, as the agents name them. */
  private static final Pattern SECRET_KEY =
      Pattern.compile("pass|secret|token|key|credential|community|(^|_)kg($|_)");

  /**
   * In bytes. Small enough to fit into a pipe, so that an agent that never reads cannot block the
   * writer.
   */
  private static final int LONGEST_INPUT = 32 * 1024;

  private final SortedMap<String, String> options;
  private final SortedMap<String, String> shown = new TreeMap<>();
  private final List<String> masked;

  /**
   * @param secretKeys keys whose values are secret though their names do not say so
   * @throws InvalidConfigException naming the option
   */
  AgentOptions(Map<String, String> options, Set<String> secretKeys) {
    this.options = Collections.unmodifiableSortedMap(new TreeMap<>(options));
    for (String key : secretKeys) {
      if (!options.containsKey(key)) {
        throw new InvalidConfigException("secretOptions", key, "names of given options");
      }
    }
    Set<String> words =
        new TreeSet<>(
            Comparator.comparing(String::length)
                .reversed()
                .thenComparing(Comparator.naturalOrder()));
    int bytes = 0;
    for (Map.Entry<String, String> option : this.options.entrySet()) {
      String key = option.getKey();
      String value = option.getValue();
      boolean secret = secretKeys.contains(key) || isSecretKey(key);
      check(key, value, secret);
      shown.put(key, secret ? MASK : value);
      if (secret && !value.isEmpty()) {
        words.addAll(spellings(value));
      }
      bytes += (key + '=' + value + '\n').getBytes(StandardCharsets.UTF_8).length;
    }
    if (bytes > LONGEST_INPUT) {
      throw new InvalidConfigException(
          "options", bytes + " bytes of UTF-8", "at most " + LONGEST_INPUT + " in all");
    }
    this.masked = List.copyOf(words);
  }

  private static boolean isSecretKey(String key) {
    return SECRET_KEY.matcher(key.toLowerCase(Locale.ROOT)).find();
  }

  private static void check(String key, String value, boolean secret) {
    if (!KEY.matcher(key).matches()) {
      throw new InvalidConfigException(
          "options", '"' + key + '"', "names of letters, digits, '_' and '-'");
    }
    String field = "options." + key;
    if (OURS.contains(key)) {
      throw new InvalidConfigException(field, value, "nothing: the device sets the action itself");
    }
    String found = secret ? "a secret" : '"' + value + '"';
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidConfigException(
          field, "a value with line breaks or control characters", "one line of text");
    }
    if (!value.equals(value.strip())) {
      throw new InvalidConfigException(
          field, found + " with space around it", "no space around it: agents cut it off");
    }
    if (value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")) {
      throw new InvalidConfigException(
          field, found + " in double quotes", "no quotes around it: agents cut them off");
    }
  }

  /** How a program may print a value: as it is, quoted, or as part of an address. */
  private static List<String> spellings(String value) {
    List<String> spellings = new ArrayList<>();
    spellings.add(value);
    spellings.add(URLEncoder.encode(value, StandardCharsets.UTF_8));
    spellings.add(URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20"));
    spellings.add(value.replace("\\", "\\\\").replace("\"", "\\\""));
    spellings.add(value.replace("\\", "\\\\").replace("'", "\\'"));
    spellings.add(value.replace("'", "'\"'\"'"));
    return spellings;
  }

  /** What the agent reads on its standard input. */
  byte[] input(String action) {
    StringBuilder lines = new StringBuilder();
    options.forEach((key, value) -> lines.append(key).append('=').append(value).append('\n'));
    return lines
        .append("action=")
        .append(action)
        .append('\n')
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The text without any secret value. */
  String mask(String text) {
    String clean = text;
    for (String secret : masked) {
      clean = clean.replace(secret, MASK);
    }
    return clean;
  }

  /** The length of the longest thing that {@link #mask} looks for; 0 if there is nothing. */
  int longestSecret() {
    return masked.isEmpty() ? 0 : masked.get(0).length();
  }

  /** Names and values, secret values masked. */
  @Override
  public String toString() {
    return shown.toString();
  }
}
