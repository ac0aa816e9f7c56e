package io.holdfast.api;

/** How something stands that was looked at. */
public enum Fact {
  HOLDS,
  FAILS,
  /** It could not be found out: never to be taken for a failure. */
  UNKNOWN
}
