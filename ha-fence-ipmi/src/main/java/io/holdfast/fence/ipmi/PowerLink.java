package io.holdfast.fence.ipmi;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.PowerState;
import java.util.Optional;

/** One way to a host's power, for the length of one fence operation. */
interface PowerLink {

  /** {@code Confirmed} with the state read, or why it could not be read. */
  FenceOutcome read(Deadline deadline) throws InterruptedException;

  /**
   * Sends one command.
   *
   * @return empty if the device took it; {@code Refused} or {@code AuthenticationFailed} if it said
   *     no; anything else leaves open whether the command arrived
   */
  Optional<FenceOutcome> command(PowerState wanted, Deadline deadline) throws InterruptedException;
}
