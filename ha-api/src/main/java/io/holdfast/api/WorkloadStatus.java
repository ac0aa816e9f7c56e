package io.holdfast.api;

/** What the controller believes of a workload. Each status comes with a reason. */
public enum WorkloadStatus {
  /** Nothing is known of it yet, or it is left alone as its owner asked. */
  UNDEFINED,
  /** Kept stopped, and left where it is. */
  DISABLED,
  /** Not running, and wanted so; or not running yet and waiting to be placed. */
  STOPPED,
  /** Placed on a host that has not yet reported it running. */
  STARTING,
  /** Reported running by the host it is placed on. */
  STARTED,
  /** Its host has been told to stop it. */
  STOPPING,
  /** On its way to another host, live or by stopping here and starting there. */
  MIGRATING,
  /** Its host is lost, or it has to move: waiting for evidence or for room. */
  RECOVERING,
  /** Left as it is while its host is away as announced, or the cluster is disarmed. */
  FROZEN,
  /** Restarts and relocations are used up, or it cannot be ended; its owner has to act. */
  FAILED
}
