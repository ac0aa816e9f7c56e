package io.holdfast.engine.core;

/** What can happen to a host, in the controller's eyes. */
enum HostSignal {
  /** It joined with a new incarnation. */
  JOINED,
  /** Its present incarnation reported for the first time. */
  REPORTED,
  /** Its lease was renewed by an incarnation that has reported. */
  HEARD,
  /** Its lease was renewed by an incarnation that has not reported yet. */
  HEARD_UNREPORTED,
  /** Its lease has been silent long enough to ask about it. */
  SUSPICION_DUE,
  /** Its lease was silent for the whole grace period, and a fresh read of the store agrees. */
  SILENCE_CONFIRMED,
  /** The intent to fence it is stored, and it is still needed. */
  FENCE_STORED,
  /** A fence device read its power as off. */
  OFF_PROVEN,
  /** No fence device could give evidence. */
  FENCE_EXHAUSTED,
  /** Nothing is special about it, or not any more. */
  ORDINARY,
  /** An operator wants it empty. */
  MAINTENANCE_WANTED,
  /** It said that it, or its agent, is about to stop as planned. */
  SHUTDOWN_ANNOUNCED,
  /** It has left as announced: its last word is that it runs nothing, and never will. */
  LEFT,
  /** It said that its workloads' storage does not work. */
  STORAGE_FAILED,
  /** Silent on the network, but seen alive through another channel. */
  SEEN_ALIVE,
  /** The other channel is silent as well, or its isolation is not to be borne any longer. */
  ISOLATION_OVER
}
