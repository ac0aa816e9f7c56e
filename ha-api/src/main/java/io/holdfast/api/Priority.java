package io.holdfast.api;

/**
 * Who is recovered first: the greater value. Any integer may be used; the named ones are what users
 * usually choose from.
 */
public record Priority(int value) implements Comparable<Priority> {
  /** Recovered last of the named ones; 100. */
  public static final Priority LOW = new Priority(100);

  /** 200. */
  public static final Priority MEDIUM = new Priority(200);

  /** 300. */
  public static final Priority HIGH = new Priority(300);

  /** Recovered first of the named ones; 400. */
  public static final Priority CRITICAL = new Priority(400);

  @Override
  public int compareTo(Priority other) {
    return Integer.compare(value, other.value);
  }

  /** The usual name, or the number where it has none. */
  @Override
  public String toString() {
    return switch (value) {
      case 100 -> "Low";
      case 200 -> "Medium";
      case 300 -> "High";
      case 400 -> "Critical";
      default -> Integer.toString(value);
    };
  }
}
