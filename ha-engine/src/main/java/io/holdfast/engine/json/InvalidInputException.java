package io.holdfast.engine.json;

/** Input that is refused, in one line: which field, what was found, what is allowed. */
public final class InvalidInputException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  InvalidInputException(String message) {
    super(message);
  }

  /**
   * @param path the field, such as {@code $.hosts[1].id}
   */
  public InvalidInputException(String path, String found, String allowed) {
    this(path + ": found " + found + ", allowed: " + allowed);
  }
}
