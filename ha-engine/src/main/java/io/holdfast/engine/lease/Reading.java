package io.holdfast.engine.lease;

import java.util.Optional;

/**
 * What a block was read as: a record, or a finding. There is no third case, and no default.
 *
 * @param <T> the record
 */
public sealed interface Reading<T> {

  /** It is a record of its place. */
  record Sound<T>(T value) implements Reading<T> {}

  /** It is not. */
  record Unsound<T>(Finding what) implements Reading<T> {}

  /** The record; empty if it is none. */
  default Optional<T> sound() {
    return this instanceof Sound<T> sound ? Optional.of(sound.value()) : Optional.empty();
  }

  /** What is wrong; empty if nothing is. */
  default Optional<Finding> finding() {
    return this instanceof Unsound<T> unsound ? Optional.of(unsound.what()) : Optional.empty();
  }
}
