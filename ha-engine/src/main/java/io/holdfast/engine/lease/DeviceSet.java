package io.holdfast.engine.lease;

import io.holdfast.api.InvalidConfigException;

/**
 * Which devices are used together, as each of them says: more than half of exactly these have to
 * agree. Two hosts that used different ones could both have a majority of their own.
 *
 * @param id the same on all of them
 * @param index which of them this one is, from 0 on
 * @param count how many there are, 1 to 9
 */
public record DeviceSet(DeviceId id, int index, int count) {
  public static final int MOST = 9;

  public DeviceSet {
    if (count < 1 || count > MOST) {
      throw new InvalidConfigException("device.count", count, "1 to " + MOST);
    }
    if (index < 0 || index >= count) {
      throw new InvalidConfigException("device.index", index, "0 to " + (count - 1));
    }
  }

  /** A device that is used alone. */
  public static DeviceSet alone(DeviceId id) {
    return new DeviceSet(id, 0, 1);
  }
}
