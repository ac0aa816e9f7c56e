package io.holdfast.engine.lease;

import io.holdfast.api.InvalidConfigException;

/**
 * What one initialisation of a device is known by: 128 bits, drawn anew each time and repeated in
 * every block, so that what another one has written is never taken for ours.
 */
public record DeviceId(long high, long low) {
  public DeviceId {
    if (high == 0 && low == 0) {
      throw new InvalidConfigException("device.id", 0, "anything but zero");
    }
  }

  @Override
  public String toString() {
    return "%016x%016x".formatted(high, low);
  }
}
