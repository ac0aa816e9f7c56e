package io.holdfast.engine.lease;

import io.holdfast.api.Names;

/**
 * The first block of a lease device.
 *
 * @param cluster whose leases are on it
 * @param device what this initialisation of it is known by
 * @param set which devices it is used together with
 * @param ready false while it is being initialised: then nothing on it counts
 */
public record Superblock(
    String cluster, DeviceId device, DeviceSet set, Layout layout, boolean ready) {
  public Superblock {
    Names.check("device.cluster", cluster);
  }

  /** The same, once its initialisation has come to its end. */
  public Superblock whenReady() {
    return new Superblock(cluster, device, set, layout, true);
  }
}
