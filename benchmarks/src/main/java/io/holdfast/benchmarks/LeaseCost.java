package io.holdfast.benchmarks;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.engine.lease.DeviceId;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.HostObserver;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.Reading;
import io.holdfast.engine.lease.StorageTiming;
import io.holdfast.engine.lease.Superblock;
import io.holdfast.engine.lease.io.BlockDevice;
import io.holdfast.engine.lease.io.Caches;
import io.holdfast.engine.lease.io.DeviceInit;
import io.holdfast.engine.lease.io.WatchedDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What leases cost on a file: {@code FILE HOSTS}. The file is made, and left there. Prints medians:
 * of one renewal (a slot is read and written, safe on the device), of that write alone, and of one
 * round of an observer of all hosts (one read, and a verdict on each).
 */
final class LeaseCost {
  private static final int RENEWALS = 400;
  private static final int ROUNDS = 60;
  private static final Duration LONG = Duration.ofMinutes(1);

  private LeaseCost() {}

  public static void main(String[] args) throws IOException {
    Path file = Files.createFile(Path.of(args[0]));
    int hosts = Integer.parseInt(args[1]);
    DeviceId id = new DeviceId(1, 1);
    Superblock superblock =
        new Superblock("bench", id, DeviceSet.alone(id), new Layout(4096, hosts, 0), false);
    try (BlockDevice device = value(BlockDevice.open(file, true, LONG))) {
      new DeviceInit(device, LONG).initialise(superblock, true, true);
    }
    try (BlockDevice device = value(BlockDevice.open(file, true, LONG))) {
      LeaseFormat format = new LeaseFormat(file.toString(), superblock.whenReady());
      for (int slot = 0; slot < hosts; slot++) {
        write(device, format, slot, 1);
      }
      renewals(device, format);
    }
    try (WatchedDevices devices =
        value(
            WatchedDevices.open("bench", List.of(file), Caches.COHERENT, System::nanoTime, LONG))) {
      rounds(devices, hosts);
    }
  }

  private static void renewals(BlockDevice device, LeaseFormat format) {
    double[] whole = new double[RENEWALS];
    double[] write = new double[RENEWALS];
    Layout layout = format.superblock().layout();
    for (int i = 0; i < RENEWALS; i++) {
      long from = System.nanoTime();
      value(device.read(layout.hostOffset(0), layout.slotSize(), LONG));
      long read = System.nanoTime();
      write(device, format, 0, i + 2);
      whole[i] = (System.nanoTime() - from) / 1e6;
      write[i] = (System.nanoTime() - read) / 1e6;
    }
    System.out.printf(
        "a renewal: %.3f ms, of which the write %.3f ms (%s)%n",
        median(whole), median(write), device.isDirect() ? "direct" : "through the cache");
  }

  private static void rounds(WatchedDevices devices, int hosts) {
    StorageTiming timing =
        StorageTiming.of(
            Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofSeconds(5), 10_000);
    HostObserver observer = new HostObserver(timing, hosts, 1);
    double[] millis = new double[ROUNDS];
    int live = 0;
    for (int i = 0; i < ROUNDS; i++) {
      long from = System.nanoTime();
      List<Reading<HostSlot>> slots = value(devices.read(0, LONG));
      observer.scanned(0, from, System.nanoTime(), slots);
      for (int slot = 0; slot < hosts; slot++) {
        live += observer.verdict(slot, System.nanoTime()).describe().length() & 1;
      }
      millis[i] = (System.nanoTime() - from) / 1e6;
    }
    System.out.printf(
        "a round of %d hosts: %.1f ms (first %.1f) [%d]%n", hosts, median(millis), millis[0], live);
  }

  private static void write(BlockDevice device, LeaseFormat format, int slot, long sequence) {
    HostSlot record =
        new HostSlot(
            slot,
            Optional.of(
                new HostSlot.Holder(
                    new HostId("host" + slot),
                    new Incarnation(1),
                    sequence,
                    slot,
                    false,
                    Duration.ofSeconds(16),
                    Duration.ofSeconds(5))));
    value(device.write(format.superblock().layout().hostOffset(slot), format.encode(record), LONG));
  }

  private static <T> T value(Outcome<T> outcome) {
    if (outcome instanceof Outcome.Done<T> done) {
      return done.value();
    }
    throw new IllegalStateException(outcome.toString());
  }

  /** Of the second half of the runs. */
  private static double median(double[] all) {
    double[] half = Arrays.copyOfRange(all, all.length / 2, all.length);
    Arrays.sort(half);
    return half[half.length / 2];
  }
}
