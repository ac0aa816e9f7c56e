package io.holdfast.api;

/** The power of a host as its fence device reads it. */
public enum PowerState {
  ON,
  OFF
}
