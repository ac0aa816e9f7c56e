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
  FENCE_EXHAUSTED
}
