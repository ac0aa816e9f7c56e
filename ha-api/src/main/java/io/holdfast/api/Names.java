package io.holdfast.api;

import java.util.regex.Pattern;

/**
 * The one rule for names that end up in store paths, logs and file names: 1 to 64 letters, digits,
 * '.', '_' or '-', starting with a letter or digit.
 */
public final class Names {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final String ALLOWED =
      "1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit";

  private static final Pattern CONDITION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}");

  private Names() {}

  /**
   * Refuses the name of a condition of hosts that breaks their rule: as for other names, and with
   * ':' and '/' allowed inside.
   *
   * @throws InvalidConfigException if it breaks it
   */
  public static String checkCondition(String field, String value) {
    if (!CONDITION.matcher(value).matches()) {
      throw new InvalidConfigException(
          field,
          '"' + value + '"',
          "1 to 64 letters, digits, '.', '_', '-', ':' or '/', starting with a letter or digit");
    }
    return value;
  }

  /**
   * Refuses a name that breaks the rule.
   *
   * @param field what is named, such as {@code engine.candidate}
   * @return the name
   * @throws InvalidConfigException if it breaks it
   */
  public static String check(String field, String value) {
    if (!NAME.matcher(value).matches()) {
      throw new InvalidConfigException(field, '"' + value + '"', ALLOWED);
    }
    return value;
  }
}
