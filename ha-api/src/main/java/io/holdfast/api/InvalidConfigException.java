package io.holdfast.api;

/**
 * A value that Holdfast refuses, in one line: which field, what was found, what is allowed. Thrown
 * by the constructors of configuration records, before anything has been changed.
 */
public final class InvalidConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;
  private final String finding;
  private final String allowed;

  /**
   * @param field the field by its name, for example {@code timings.silence}
   * @param found the value found; never a secret
   * @param allowed what would have been accepted
   */
  public InvalidConfigException(String field, Object found, String allowed) {
    super(field + ": found " + found + ", allowed: " + allowed);
    this.field = field;
    this.finding = field + ": found " + found;
    this.allowed = allowed;
  }

  /** The field by its name. */
  public String field() {
    return field;
  }

  /** The first half of the message: the field and what was found. */
  public String finding() {
    return finding;
  }

  /** What would have been accepted. */
  public String allowed() {
    return allowed;
  }
}
