package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome.Cause;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.libvirt.Error.ErrorNumber;

class LibvirtErrorsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "VIR_ERR_RESOURCE_BUSY | resource busy: Lockspace resource '/disks/a' is locked | HELD",
        "VIR_ERR_INTERNAL_ERROR | process exited: Failed to get \"write\" lock | HELD",
        "VIR_ERR_INTERNAL_ERROR | Failed to get shared \"write\" lock | HELD",
        "VIR_ERR_INTERNAL_ERROR | Failed to acquire lock: error -243 | HELD",
        "VIR_ERR_INTERNAL_ERROR | process exited while connecting to monitor | ERROR",
        "VIR_ERR_OPERATION_FAILED | domain 'a' already exists with uuid 1 | ERROR",
        "VIR_ERR_XML_ERROR | missing name information | INVALID",
        "VIR_ERR_CONFIG_UNSUPPORTED | unknown driver format value | INVALID",
        "VIR_ERR_ACCESS_DENIED | access denied | DENIED",
        "VIR_ERR_NO_SUPPORT | not supported by the driver | UNSUPPORTED",
      })
  void errorsHaveCauses(ErrorNumber number, String message, Cause cause) {
    assertThat(LibvirtErrors.causeOf(number, message)).isEqualTo(cause);
  }
}
