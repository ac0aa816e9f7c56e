package io.holdfast.engine.core.offending;

import io.holdfast.api.PowerState;
import io.holdfast.api.spi.FenceDevice;
import java.time.Duration;

/** Breaks, for {@code ArchitectureTest}: a core calls nobody. */
record CallsAService(FenceDevice device) {
  boolean isOff() {
    return device.status(Duration.ofSeconds(1)).proves(PowerState.OFF);
  }
}
