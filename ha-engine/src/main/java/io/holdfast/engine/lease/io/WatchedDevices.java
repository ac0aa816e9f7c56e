package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Cause;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.Reading;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The devices of a set, opened by somebody who only watches the slots of hosts: what a {@link
 * io.holdfast.engine.lease.HostObserver} is fed from. They are opened by the same rules as by those
 * who write them, for whoever watches behind a cache that hides what others write takes the living
 * for dead.
 *
 * <p>May be called from several threads; a device that has not ended a read gets no other.
 */
public final class WatchedDevices implements AutoCloseable {
  private final Disks disks;

  private WatchedDevices(Disks disks) {
    this.disks = disks;
  }

  /**
   * Opens the devices, for reading.
   *
   * @param cluster whose devices they have to be
   * @param paths all devices of one set; more than half of them have to be sound, and the others
   *     are tried again whenever they are to be read
   * @param caches what is known of those between this host and the devices
   * @param clock monotonic, in nanoseconds, such as {@code System::nanoTime}
   * @param timeout for opening each of them
   * @return {@code Failed} with what is wrong with them together, or with too many of them
   */
  public static Outcome<WatchedDevices> open(
      String cluster, List<Path> paths, Caches caches, LongSupplier clock, Duration timeout) {
    return open(cluster, paths, Disks.FOR_READING, caches, clock, timeout);
  }

  static Outcome<WatchedDevices> open(
      String cluster,
      List<Path> paths,
      Disks.Opener opener,
      Caches caches,
      LongSupplier clock,
      Duration timeout) {
    return Disks.open(cluster, paths, 0, opener, caches, clock, timeout).map(WatchedDevices::new);
  }

  /** How many devices there are: those that cannot be used count, too. */
  public int count() {
    return disks.size();
  }

  /** How many slots each of them has. */
  public int hosts() {
    return disks.superblock().layout().hosts();
  }

  /** Why a device cannot be used; empty if it can. */
  public Optional<Finding> finding(int device) {
    return disks.get(device).finding();
  }

  /**
   * Reads the slots of all hosts on a device, in one read: what an observer does once in every
   * round.
   *
   * @param timeout how long to wait for it
   * @return {@code Failed} or {@code Unknown} if the device says nothing now
   */
  public Outcome<List<Reading<HostSlot>>> read(int device, Duration timeout) {
    Disk disk = disks.get(device);
    if (disk.sound().isEmpty()) {
      disks.retry(device);
      return Outcome.failed(Cause.UNREACHABLE, disk.finding().orElseThrow().describe());
    }
    Disk.Sound sound = disk.sound().get();
    LeaseFormat format = sound.format();
    Layout layout = format.superblock().layout();
    Outcome<byte[]> read =
        sound.device().read(layout.hostOffset(0), layout.hosts() * layout.slotSize(), timeout);
    disks.readEnded(device, read);
    return read.map(
        bytes -> {
          List<Reading<HostSlot>> slots = new ArrayList<>(layout.hosts());
          for (int slot = 0; slot < layout.hosts(); slot++) {
            slots.add(format.host(slot, bytes, slot * layout.slotSize()));
          }
          return slots;
        });
  }

  /** Closes them, without waiting. */
  @Override
  public void close() {
    disks.close();
  }
}
