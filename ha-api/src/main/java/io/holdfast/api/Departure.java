package io.holdfast.api;

/** What a host's agent announces: that it is about to be away, as planned. */
public enum Departure {
  /** The host goes off, and nobody knows until when. */
  SHUTDOWN,
  /** The host goes off and is back in a moment. */
  REBOOT,
  /** Only the agent goes, and is back in a moment: what runs on the host runs on. */
  AGENT_RESTART
}
