package io.holdfast.engine.planning;

import java.util.Collection;
import java.util.List;

/** Names in a line that people read: no more than a few of many. */
final class Named {
  private static final int MOST = 3;

  private Named() {}

  /**
   * The first of them, and how many more there are.
   *
   * @param last the word before the last
   */
  static String few(Collection<?> all, String last) {
    List<String> named = all.stream().limit(MOST).map(Object::toString).toList();
    int more = all.size() - named.size();
    if (more > 0) {
      return "%s %s %d more".formatted(String.join(", ", named), last, more);
    }
    int end = named.size() - 1;
    return end < 1
        ? String.join("", named)
        : "%s %s %s".formatted(String.join(", ", named.subList(0, end)), last, named.get(end));
  }

  /** The first of them with the host it is on, and how many more there are. */
  static String first(List<?> all, Object host) {
    String first = all.get(0) + ", which is on " + host;
    return all.size() == 1 ? first : first + ", and " + (all.size() - 1) + " more";
  }
}
