package io.holdfast.api;

/** What the controller believes of a host. */
public enum HostState {
  /** Registered; its present incarnation has not reported yet. */
  JOINING,
  /** Renewing its lease and reporting. */
  ONLINE,
  /** Its lease has been silent for a while; it is being asked about. Nothing new starts there. */
  SUSPECT,
  /**
   * Cut off from the coordination service, but seen alive through another channel. What runs there
   * is left running; nothing is started elsewhere.
   */
  ISOLATED,
  /** Renewing its lease, but it says that its workloads' storage does not work. */
  STORAGE_LOST,
  /** Silent for the whole grace period; there is no evidence yet that it is down. */
  LOST,
  /** A fence operation is under way. */
  FENCING,
  /** There is evidence that its last incarnation runs nothing. */
  FENCED,
  /** Renewing its lease; wanted empty by an operator, and nothing new is placed there. */
  MAINTENANCE,
  /** Renewing its lease; it announced that it, or its agent, is about to stop as planned. */
  SHUTTING_DOWN;

  /** Whether it is heard in this state: orders reach it and its reports count. */
  public boolean isHeard() {
    return this == ONLINE || this == STORAGE_LOST || this == MAINTENANCE || this == SHUTTING_DOWN;
  }
}
