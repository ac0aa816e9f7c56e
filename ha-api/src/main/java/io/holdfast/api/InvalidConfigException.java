package io.holdfast.api;

/**
 * A value that Holdfast refuses, in one line: which field, what was found, what is allowed. Thrown
 * by the constructors of configuration records, before anything has been changed.
 */
public final class InvalidConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * @param field the field by its name, for example {@code timings.silence}
   * @param found the value found; never a secret
   * @param allowed what would have been accepted
   */
  public InvalidConfigException(String field, Object found, String allowed) {
    super(field + ": found " + found + ", allowed: " + allowed);
  }
}
