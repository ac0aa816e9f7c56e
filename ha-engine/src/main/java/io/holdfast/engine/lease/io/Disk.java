package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.Reading;
import io.holdfast.engine.lease.Superblock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One of the devices of a cluster, as it was found when it was opened.
 *
 * @param sound what it can be used with; empty if it cannot
 * @param finding why it cannot; empty if it can
 */
record Disk(String path, Optional<Sound> sound, Optional<Finding> finding) {

  /** A device and its format. */
  record Sound(BlockDevice device, LeaseFormat format) {}

  /** Uses a device for a host with this slot, if it could be opened. */
  static Disk of(
      Path path,
      Outcome<BlockDevice> opened,
      String cluster,
      int slot,
      Caches caches,
      Duration timeout) {
    return opened instanceof Outcome.Done<BlockDevice> done
        ? of(done.value(), cluster, slot, caches, timeout)
        : unsound(new Finding(Kind.NO_ANSWER, path.toString(), 0, BlockDevice.why(opened)));
  }

  /** Uses a device that is open; closes it if it cannot be used. */
  static Disk of(BlockDevice device, String cluster, int slot, Caches caches, Duration timeout) {
    String name = device.path();
    Optional<Finding> cached = cached(device, caches);
    if (cached.isPresent()) {
      device.close();
      return unsound(cached.get());
    }
    Reading<Superblock> read = DeviceScan.superblock(device, timeout);
    Optional<Finding> finding =
        read.finding().or(() -> read.sound().flatMap(found -> wrong(name, found, cluster, slot)));
    if (finding.isPresent()) {
      device.close();
      return unsound(finding.get());
    }
    LeaseFormat format = new LeaseFormat(name, read.sound().orElseThrow());
    return new Disk(name, Optional.of(new Sound(device, format)), Optional.empty());
  }

  /** What is wrong if it is read through caches of which nothing is known. */
  static Optional<Finding> cached(BlockDevice device, Caches caches) {
    // never two: a cache that never changes looks like a holder that is dead.
    return device.isDirect() || caches == Caches.COHERENT
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Kind.CACHED,
                device.path(),
                0,
                "it cannot be opened past this host's caches, which may hide what others write"));
  }

  /** One that cannot be used. */
  static Disk unsound(Finding finding) {
    return new Disk(finding.device(), Optional.empty(), Optional.of(finding));
  }

  private static Optional<Finding> wrong(String name, Superblock found, String cluster, int slot) {
    if (!found.cluster().equals(cluster)) {
      return Optional.of(
          new Finding(
              Kind.OTHER_DEVICE,
              name,
              0,
              "of cluster %s instead of %s".formatted(found.cluster(), cluster)));
    }
    int hosts = found.layout().hosts();
    return slot < hosts
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Kind.TRUNCATED,
                name,
                0,
                "it has %d slots, slot %d is asked for".formatted(hosts, slot)));
  }

  /**
   * Why these cannot be used together, if they cannot: they have to be all devices of one set, each
   * once, for others may use another majority; and more than half of them have to be sound.
   */
  static Optional<String> refusal(List<Disk> disks) {
    if (disks.isEmpty()) {
      return Optional.of("no device is named");
    }
    for (int i = 0; i < disks.size(); i++) {
      Optional<String> objection = disks.get(i).objection(disks.size());
      for (int j = 0; j < i && objection.isEmpty(); j++) {
        objection = disks.get(j).objection(disks.get(i));
      }
      if (objection.isPresent()) {
        return objection;
      }
    }
    long sound = disks.stream().filter(disk -> disk.sound().isPresent()).count();
    return sound > disks.size() / 2
        ? Optional.empty()
        : Optional.of(
            disks.stream()
                .flatMap(disk -> disk.finding().stream())
                .map(Finding::describe)
                .collect(Collectors.joining("; ")));
  }

  private Optional<String> objection(int count) {
    return sound
        .map(found -> found.format().superblock().set().count())
        .filter(own -> own != count)
        .map(
            own ->
                "%s is used together with %d others, %d are given"
                    .formatted(path, own - 1, count - 1));
  }

  private Optional<String> objection(Disk other) {
    if (sound.isEmpty() || other.sound.isEmpty()) {
      return Optional.empty();
    }
    Superblock own = sound.get().format().superblock();
    Superblock theirs = other.sound.get().format().superblock();
    DeviceSet mine = own.set();
    DeviceSet others = theirs.set();
    if (!mine.id().equals(others.id())) {
      return Optional.of(
          "%s and %s are not used together: they were not initialised together"
              .formatted(path, other.path));
    }
    if (!own.layout().equals(theirs.layout())) {
      return Optional.of(
          "%s and %s do not have the same layout: %s and %s"
              .formatted(path, other.path, own.layout(), theirs.layout()));
    }
    return mine.index() == others.index()
        ? Optional.of(
            "%s and %s are the same device, or one is a copy of the other"
                .formatted(path, other.path))
        : Optional.empty();
  }

  /** What it says of itself; empty if it cannot be used. */
  Optional<Superblock> superblock() {
    return sound.map(found -> found.format().superblock());
  }

  Finding noAnswer(long offset, Outcome<?> outcome) {
    return new Finding(Kind.NO_ANSWER, path, offset, BlockDevice.why(outcome));
  }

  /** Why nothing has come of it, in one line; empty if something has. */
  String why(long offset, Outcome<?> outcome) {
    return outcome.isDone() ? "" : noAnswer(offset, outcome).describe();
  }

  void close() {
    sound.ifPresent(found -> found.device().close());
  }
}
