package io.holdfast.api;

/**
 * What another channel says of a host that is silent on the coordination service. Never evidence of
 * anything: it is a reason to wait, or to hurry.
 */
public enum SignOfLife {
  /** It answered there a moment ago, or left a trace there that only a living host leaves. */
  ALIVE,
  /** The channel works, and the host is silent there as well. */
  DEAD_SILENT,
  /** The channel could not be used. */
  UNKNOWN
}
