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

  /** The longest line of text that people give a reason or a name of theirs in, in characters. */
  public static final int LONGEST_LINE = 200;

  /**
   * Refuses a text for people that is not one line of 1 to {@link #LONGEST_LINE} characters.
   *
   * @param field what it is, such as {@code workload.lock}
   * @return the text
   * @throws InvalidConfigException if it is empty, too long, or has a line break or another control
   *     character
   */
  public static String checkLine(String field, String value) {
    if (!isLine(value, LONGEST_LINE)) {
      String found =
          value.length() > LONGEST_LINE
              ? value.length() + " characters"
              : '"' + value.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?") + '"';
      throw new InvalidConfigException(
          field, found, "one line of 1 to " + LONGEST_LINE + " characters");
    }
    return value;
  }

  /** Whether a text is one line, not blank, and not longer. */
  public static boolean isLine(String text, int longest) {
    return !text.isBlank()
        && text.length() <= longest
        && text.chars().noneMatch(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029);
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
