package io.holdfast.engine.core;

import io.holdfast.api.InvalidConfigException;
import java.time.Duration;
import java.util.List;

/**
 * Devices of one host that are asked at the same time, and must all confirm.
 *
 * @param devices their names
 * @param deadline how long one operation of each may take
 * @param storage whether they take the access to the storage away, and not the power
 */
public record FenceStep(List<String> devices, Duration deadline, boolean storage) {
  /** Of devices that take the power away. */
  public FenceStep(List<String> devices, Duration deadline) {
    this(devices, deadline, false);
  }

  public FenceStep {
    devices = List.copyOf(devices);
    if (devices.isEmpty()) {
      throw new InvalidConfigException("engine.fenceTopology", "a level without devices", "one");
    }
  }

  String describe() {
    return String.join(" and ", devices);
  }
}
