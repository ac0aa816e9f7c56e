package io.holdfast.api;

/** What the owner of a workload wants of it. */
public enum DesiredState {
  /** Run it, and bring it back when it or its host fails. */
  STARTED,
  /** Keep it stopped; it stays protected and is stopped where it runs. */
  STOPPED
}
