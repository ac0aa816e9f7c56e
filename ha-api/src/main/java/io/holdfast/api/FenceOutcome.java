package io.holdfast.api;

/**
 * What a fence device answered. Only {@link Confirmed} and {@link AlreadyThere} say anything about
 * the host; every other outcome leaves its power unknown.
 */
public sealed interface FenceOutcome {

  /** The state was read back from the device after acting, or just read. */
  record Confirmed(PowerState state) implements FenceOutcome {
    @Override
    public String describe() {
      return "read the power as " + state;
    }
  }

  /** The state was read before acting, and nothing had to be done. */
  record AlreadyThere(PowerState state) implements FenceOutcome {
    @Override
    public String describe() {
      return "read the power as " + state + " before acting";
    }
  }

  /** The device answered, and said no or something that cannot be used. */
  record Refused(String detail) implements FenceOutcome {
    @Override
    public String describe() {
      return "refused (" + detail + ")";
    }
  }

  /** The device did not answer at all. */
  record Unreachable(String detail) implements FenceOutcome {
    @Override
    public String describe() {
      return "unreachable (" + detail + ")";
    }
  }

  /** The device does not accept the credentials. */
  record AuthenticationFailed(String detail) implements FenceOutcome {
    @Override
    public String describe() {
      return "rejected the credentials (" + detail + ")";
    }
  }

  /**
   * The deadline passed in the middle: it may or may not have happened. Also of a device that took
   * the command, and whose state did not follow in time.
   */
  record TimedOut(String detail) implements FenceOutcome {
    @Override
    public String describe() {
      return "timed out (" + detail + ")";
    }
  }

  /** One line for people, to be read after the device's name. */
  String describe();

  /** Whether the device was read to be in this state. */
  default boolean proves(PowerState wanted) {
    return (this instanceof Confirmed confirmed && confirmed.state() == wanted)
        || (this instanceof AlreadyThere already && already.state() == wanted);
  }
}
