package io.holdfast.libvirt;

import io.holdfast.api.Outcome.Cause;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;

/** What libvirt's errors mean. */
final class LibvirtErrors {
  /**
   * Refusals by a lock, in the words of virtlockd, sanlock and QEMU's image locking: QEMU's arrive
   * as internal errors, with nothing but their text to tell them by.
   */
  private static final Pattern HELD =
      Pattern.compile(
          "Lockspace resource .* is (locked|already)"
              + "|Failed to get (shared )?\"[a-z -]+\" lock"
              + "|Failed to (acquire|inquire) lock"
              + "|resource busy"
              + "|already running elsewhere",
          Pattern.CASE_INSENSITIVE);

  private LibvirtErrors() {}

  /** libvirt's own message, in one line; what follows may quote the domain XML. */
  static String line(LibvirtException e) {
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? "libvirt gave no message"
        : message.strip().lines().findFirst().orElse("").strip();
  }

  static @Nullable ErrorNumber number(LibvirtException e) {
    return e.getError() == null ? null : e.getError().getCode();
  }

  static boolean isNoDomain(LibvirtException e) {
    return number(e) == ErrorNumber.VIR_ERR_NO_DOMAIN;
  }

  /** Whether a question after a domain's job was answered by "there cannot be one". */
  static boolean tellsOfNoJob(LibvirtException e) {
    ErrorNumber number = number(e);
    // What is only arriving has a job that it does not tell of.
    return number == ErrorNumber.VIR_ERR_NO_SUPPORT
        || number == ErrorNumber.VIR_ERR_OPERATION_UNSUPPORTED
        || number == ErrorNumber.VIR_ERR_OPERATION_INVALID
        || number == ErrorNumber.VIR_ERR_NO_DOMAIN;
  }

  /** Why a call failed that certainly had no effect. */
  static Cause causeOf(LibvirtException e) {
    return causeOf(number(e), String.valueOf(e.getMessage()));
  }

  static Cause causeOf(@Nullable ErrorNumber number, String message) {
    if (number == ErrorNumber.VIR_ERR_RESOURCE_BUSY || HELD.matcher(message).find()) {
      return Cause.HELD;
    }
    if (number == null) {
      return Cause.ERROR;
    }
    return switch (number) {
      case VIR_ERR_XML_ERROR,
          VIR_ERR_XML_DETAIL,
          VIR_ERR_XML_INVALID_SCHEMA,
          VIR_ERR_PARSE_FAILED,
          VIR_ERR_CONFIG_UNSUPPORTED,
          VIR_ERR_OS_TYPE,
          VIR_ERR_NO_NAME,
          VIR_ERR_NO_OS,
          VIR_ERR_INVALID_ARG ->
          Cause.INVALID;
      case VIR_ERR_OPERATION_DENIED,
          VIR_ERR_ACCESS_DENIED,
          VIR_ERR_AUTH_FAILED,
          VIR_ERR_AUTH_CANCELLED ->
          Cause.DENIED;
      case VIR_ERR_NO_SUPPORT, VIR_ERR_ARGUMENT_UNSUPPORTED, VIR_ERR_OPERATION_UNSUPPORTED ->
          Cause.UNSUPPORTED;
      default -> Cause.ERROR;
    };
  }
}
