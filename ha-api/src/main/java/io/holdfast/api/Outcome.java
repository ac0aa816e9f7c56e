package io.holdfast.api;

import java.util.function.Function;

/**
 * How a call ended. Three cases, because a distributed call has three: it happened, it certainly
 * did not happen, or nobody knows. {@link Unknown} is never treated as failure: the caller looks
 * again.
 *
 * @param <T> what a successful call gives
 */
public sealed interface Outcome<T> {

  /** It happened, and was observed to have happened. */
  record Done<T>(T value) implements Outcome<T> {}

  /**
   * It certainly did not happen and will not happen later.
   *
   * @param detail one line for people; a line break becomes a space
   */
  record Failed<T>(Cause cause, String detail) implements Outcome<T> {
    public Failed {
      detail = oneLine(detail);
    }
  }

  /**
   * It may have happened, may happen yet, or may never happen: a time-out, a lost connection.
   *
   * @param detail one line for people; a line break becomes a space
   */
  record Unknown<T>(String detail) implements Outcome<T> {
    public Unknown {
      detail = oneLine(detail);
    }
  }

  /** Why a call certainly did not happen. */
  enum Cause {
    /** What it names does not exist. */
    NOT_FOUND,
    /** A record was not at the expected version, or what is to be made exists. */
    CONFLICT,
    /** The caller's epoch is no longer the current one. */
    DEPOSED,
    /** The caller's incarnation is no longer the current one, or its lease has run out. */
    EXPIRED,
    /** The workload is held by another host's lock. */
    HELD,
    /** Whom it needs for that could not be reached, and has been told nothing. */
    UNREACHABLE,
    /** The input was not acceptable. */
    INVALID,
    /** A size limit would be exceeded. */
    TOO_LARGE,
    /** No permission. */
    DENIED,
    /** This implementation cannot do it. */
    UNSUPPORTED,
    /** It was tried and did not work. */
    ERROR
  }

  /** The result of a call that gives nothing but success. */
  enum Ack {
    OK
  }

  static Outcome<Ack> ok() {
    return new Done<>(Ack.OK);
  }

  static <T> Outcome<T> done(T value) {
    return new Done<>(value);
  }

  static <T> Outcome<T> failed(Cause cause, String detail) {
    return new Failed<>(cause, detail);
  }

  static <T> Outcome<T> unknown(String detail) {
    return new Unknown<>(detail);
  }

  /** Much of this is what an exception says, and that may be several lines. */
  private static String oneLine(String detail) {
    return detail.replaceAll("\\R+", " ");
  }

  default boolean isDone() {
    return this instanceof Done;
  }

  /** The same outcome with another value; failures pass through. */
  default <R> Outcome<R> map(Function<? super T, ? extends R> mapper) {
    if (this instanceof Done<T> done) {
      return new Done<>(mapper.apply(done.value()));
    }
    if (this instanceof Failed<T> failed) {
      return new Failed<>(failed.cause(), failed.detail());
    }
    return new Unknown<>(((Unknown<T>) this).detail());
  }
}
