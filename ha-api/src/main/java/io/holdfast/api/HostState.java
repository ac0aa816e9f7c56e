package io.holdfast.api;

/** What the controller believes of a host. */
public enum HostState {
  /** Registered; its present incarnation has not reported yet. */
  JOINING,
  /** Renewing its lease and reporting. */
  ONLINE,
  /** Its lease has been silent for a while; it is being asked about. Nothing new starts there. */
  SUSPECT,
  /** Silent for the whole grace period; there is no evidence yet that it is down. */
  LOST,
  /** A fence operation is under way. */
  FENCING,
  /** There is evidence that its last incarnation runs nothing. */
  FENCED
}
