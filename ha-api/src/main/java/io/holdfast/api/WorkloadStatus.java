package io.holdfast.api;

/** What the controller believes of a workload. Each status comes with a reason. */
public enum WorkloadStatus {
  /** Not running, and not placed on any host. */
  STOPPED,
  /** Placed on a host that has not yet reported it running. */
  STARTING,
  /** Reported running by the host it is placed on. */
  STARTED,
  /** Its host has been told to stop it. */
  STOPPING,
  /** Its host is lost, or it has to move: waiting for evidence or for room. */
  RECOVERING,
  /** Restarts and relocations are used up; its owner has to act. */
  FAILED
}
