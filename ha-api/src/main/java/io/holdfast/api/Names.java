package io.holdfast.api;

/**
 * The one rule for names that end up in store paths, logs and file names: 1 to 64 letters, digits,
 * '.', '_' or '-', starting with a letter or digit.
 */
public final class Names {
  private static final int LONGEST = 64;
  private static final String ALLOWED =
      "1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit";

  private Names() {}

  /**
   * Refuses the name of a condition of hosts that breaks their rule: as for other names, and with
   * ':' and '/' allowed inside.
   *
   * @throws InvalidConfigException if it breaks it
   */
  public static String checkCondition(String field, String value) {
    if (!isName(value, LONGEST, "._-:/")) {
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
    if (!isName(value, LONGEST, "._-")) {
      throw new InvalidConfigException(field, '"' + value + '"', ALLOWED);
    }
    return value;
  }

  /**
   * Whether a text is made of letters and digits of ASCII, and of marks that are not its first
   * character. Names are checked whenever a record is read, so this asks no regular expression.
   *
   * @param longest the most characters that it may have; the fewest is one
   */
  public static boolean isName(String text, int longest, String marks) {
    if (text.isEmpty() || text.length() > longest || !isLetterOrDigit(text.charAt(0))) {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isLetterOrDigit(c) && marks.indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
