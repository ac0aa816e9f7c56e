package io.holdfast.api;

/**
 * What a fence device answered. Only {@link Confirmed} and {@link AlreadyThere} say anything about
 * the host; every other outcome leaves its power unknown.
 */
public sealed interface FenceOutcome {

  /** The state was read back from the device after acting, or just read. */
  record Confirmed(PowerState state) implements FenceOutcome {}

  /** The state was read before acting, and nothing had to be done. */
  record AlreadyThere(PowerState state) implements FenceOutcome {}

  /** The device answered and said no, or the state did not follow. */
  record Refused(String detail) implements FenceOutcome {}

  /** The device did not answer at all. */
  record Unreachable(String detail) implements FenceOutcome {}

  /** The device does not accept the credentials. */
  record AuthenticationFailed(String detail) implements FenceOutcome {}

  /** The deadline passed in the middle: it may or may not have happened. */
  record TimedOut(String detail) implements FenceOutcome {}

  /** Whether the device was read to be in this state. */
  default boolean proves(PowerState wanted) {
    return (this instanceof Confirmed confirmed && confirmed.state() == wanted)
        || (this instanceof AlreadyThere already && already.state() == wanted);
  }
}
