package io.holdfast.fence.ipmi;

import io.holdfast.api.FenceOutcome;
import io.holdfast.api.FenceOutcome.AuthenticationFailed;
import io.holdfast.api.FenceOutcome.Refused;
import io.holdfast.api.FenceOutcome.TimedOut;
import io.holdfast.api.FenceOutcome.Unreachable;
import java.io.IOException;
import org.metricshub.ipmi.core.coding.payload.CompletionCode;
import org.metricshub.ipmi.core.coding.payload.lan.IPMIException;

/** Why one exchange with a BMC failed, as the outcome it would be if nothing else followed. */
final class IpmiFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient FenceOutcome outcome;
  private final boolean passing;

  private IpmiFailure(FenceOutcome outcome, boolean passing, Throwable cause) {
    super(outcome.toString(), cause);
    this.outcome = outcome;
    this.passing = passing;
  }

  FenceOutcome outcome() {
    return outcome;
  }

  /** Whether a new attempt a little later may well succeed. */
  boolean isPassing() {
    return passing;
  }

  /** No answer came. Who answered before and fell silent is not unreachable. */
  static IpmiFailure silent(boolean heardBefore, String waitingFor, Exception cause) {
    FenceOutcome outcome =
        heardBefore
            ? new TimedOut("answered, then fell silent: " + waitingFor)
            : new Unreachable("no answer: " + waitingFor);
    return new IpmiFailure(outcome, true, cause);
  }

  /** The network says that nothing is there. */
  static IpmiFailure broken(IOException cause) {
    return new IpmiFailure(new Unreachable(String.valueOf(cause.getMessage())), false, cause);
  }

  /** The BMC answered a session set-up or a command with an error code. */
  static IpmiFailure code(String request, IPMIException cause) {
    CompletionCode code = cause.getCompletionCode();
    String detail = request + ": " + code + " (" + firstSentence(code.getMessage()) + ")";
    return switch (code) {
      case NodeBusy,
          Timeout,
          InitializationInProgress,
          FirmwareUpdating,
          InsufficientResources,
          InsufficientResourcesForRole,
          InvalidId,
          InactiveSessionID ->
          new IpmiFailure(new Refused(detail), true, cause);
      case UnauthorizedName,
          UnauthorizedRole,
          InvalidRole,
          InvalidNameLength,
          InvalidIntegrityCheckValue,
          InsufficentPrivilege ->
          new IpmiFailure(new AuthenticationFailed(detail), false, cause);
      default -> new IpmiFailure(new Refused(detail), false, cause);
    };
  }

  /** The user may not have the privilege that power control needs. */
  static IpmiFailure privilege(IPMIException cause) {
    return new IpmiFailure(
        new AuthenticationFailed("the user may not have the privilege level asked for"),
        false,
        cause);
  }

  /**
   * The BMC's proof that it knows the password too does not fit ours: the passwords differ. One
   * attempt must do, because many BMCs lock an account after a few.
   */
  static IpmiFailure wrongPassword(Exception cause) {
    return new IpmiFailure(
        new AuthenticationFailed("the password is not the one the BMC has for this user"),
        false,
        cause);
  }

  /** An answer that makes no sense; the next one may. */
  static IpmiFailure garbled(String request, Exception cause) {
    return new IpmiFailure(
        new TimedOut(
            request + ": the answer could not be used: " + cause.getClass().getSimpleName()),
        true,
        cause);
  }

  private static String firstSentence(String text) {
    int end = text.indexOf(". ");
    return end < 0 ? text : text.substring(0, end);
  }
}
