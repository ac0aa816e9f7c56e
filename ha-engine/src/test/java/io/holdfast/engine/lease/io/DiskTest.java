package io.holdfast.engine.lease.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.engine.lease.DeviceId;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.Superblock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which devices are used, alone and together. */
class DiskTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path folder;

  private Path device(int index, int hosts) throws IOException {
    Path path = Files.createFile(folder.resolve("d" + index));
    try (BlockDevice device = opened(path)) {
      new DeviceInit(device, LONG)
          .initialise(
              new Superblock(
                  "prod",
                  new DeviceId(1, index),
                  new DeviceSet(new DeviceId(2, 2), index, 2),
                  new Layout(4096, hosts, 0),
                  false),
              true,
              false);
    }
    return path;
  }

  private static BlockDevice opened(Path path) {
    Outcome<BlockDevice> opened = BlockDevice.open(path, true, LONG);
    return ((Outcome.Done<BlockDevice>) opened).value();
  }

  /** Never two: whoever is shown only what was read once takes a living holder for dead. */
  @Test
  void whatIsReadThroughCachesIsRefusedUnlessTheyAreKnownToBeCoherent() throws IOException {
    Path path = device(0, 4);
    for (Caches caches : Caches.values()) {
      FileMedium medium = FileMedium.open(path, true);
      BlockDevice cached =
          BlockDevice.of(path.toString(), medium, medium.blockSize(), medium.size());
      Disk disk = Disk.of(cached, "prod", 0, caches, LONG);
      assertThat(disk.sound().isPresent()).isEqualTo(caches == Caches.COHERENT);
      assertThat(disk.finding().map(Finding::describe))
          .isEqualTo(
              caches == Caches.COHERENT
                  ? Optional.empty()
                  : Optional.of(
                      path
                          + " at byte 0: CACHED: it cannot be opened past this host's caches, which"
                          + " may hide what others write"));
      disk.close();
    }
  }

  @Test
  void devicesOfOneSetHaveOneLayout() throws IOException {
    Disk one = Disk.open("prod", device(0, 4), 0, Caches.COHERENT, LONG);
    Disk other = Disk.open("prod", device(1, 5), 0, Caches.COHERENT, LONG);
    assertThat(Disk.refusal(List.of(one, other)).orElseThrow())
        .contains("do not have the same layout")
        .contains("hosts=4")
        .contains("hosts=5");
    one.close();
    other.close();
  }
}
