package io.holdfast.engine.lease.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.engine.lease.DeviceId;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.Superblock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which devices are used, alone and together. */
class DiskTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path folder;

  private Path device(int index, int hosts) throws IOException {
    Path path = Files.createFile(folder.resolve("d" + index));
    initialised(path, index, 2, hosts);
    return path;
  }

  /** From 2 on, those of another set. */
  private Path device(int number, int hosts, int count) throws IOException {
    Path path = Files.createFile(folder.resolve("d" + number));
    initialised(path, number - 2, count, hosts);
    return path;
  }

  private static void initialised(Path path, int index, int count, int hosts) {
    try (BlockDevice device = opened(path)) {
      new DeviceInit(device, LONG)
          .initialise(
              new Superblock(
                  "prod",
                  new DeviceId(1, index + 1),
                  new DeviceSet(new DeviceId(2, 2), index, count),
                  new Layout(4096, hosts, 0),
                  false),
              true,
              false);
    }
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
    Disk one = Disk.of(opened(device(0, 4)), "prod", 0, Caches.COHERENT, LONG);
    Disk other = Disk.of(opened(device(1, 5)), "prod", 0, Caches.COHERENT, LONG);
    assertThat(Disk.refusal(List.of(one, other)).orElseThrow())
        .contains("do not have the same layout")
        .contains("hosts=4")
        .contains("hosts=5");
    one.close();
    other.close();
  }

  private static Outcome<BlockDevice> cached(Path path) {
    try {
      FileMedium medium = FileMedium.open(path, false);
      return Outcome.done(
          BlockDevice.of(path.toString(), medium, medium.blockSize(), medium.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Never two: it is the observer who calls a holder dead. */
  @Test
  void whoeverOnlyWatchesIsRefusedWhatIsReadThroughCaches() throws IOException {
    List<Path> paths = List.of(device(0, 4), device(1, 4));
    for (Caches caches : Caches.values()) {
      Outcome<WatchedDevices> opened =
          WatchedDevices.open(
              "prod", paths, (path, timeout) -> cached(path), caches, System::nanoTime, LONG);
      assertThat(opened.isDone()).isEqualTo(caches == Caches.COHERENT);
      if (opened instanceof Outcome.Done<WatchedDevices> done) {
        assertThat(done.value().read(1, LONG).isDone()).isTrue();
        done.value().close();
      } else {
        assertThat(opened.toString()).contains("at byte 0: CACHED: it cannot be opened past");
      }
    }
  }

  private static void within60Seconds(BooleanSupplier holds) {
    long end = System.nanoTime() + LONG.toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("nanoseconds too late").isNegative();
      Thread.onSpinWait();
    }
  }

  @Test
  void whatCouldNotBeUsedIsTriedAgainWhenItIsAskedFor() throws Exception {
    List<Path> paths = List.of(device(0, 4), device(1, 4), folder.resolve("none"));
    List<Path> three = List.of(device(2, 4, 3), device(3, 4, 3), folder.resolve("later"));
    assertThat(WatchedDevices.open("prod", paths, Caches.COHERENT, System::nanoTime, LONG).isDone())
        .as("of a set of two, three are named")
        .isFalse();
    AtomicLong clock = new AtomicLong(1);
    CountDownLatch again = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    Disks.Opener opener =
        (path, timeout) -> {
          if (path.endsWith("later") && asked.incrementAndGet() == 2) {
            again.countDown();
          }
          return BlockDevice.open(path, false, timeout);
        };
    Outcome<WatchedDevices> opened =
        WatchedDevices.open("prod", three, opener, Caches.COHERENT, clock::get, LONG);
    try (WatchedDevices devices = ((Outcome.Done<WatchedDevices>) opened).value()) {
      assertThat(devices.finding(2).orElseThrow().detail()).isEqualTo("no such file");
      Files.move(device(4, 4, 3), folder.resolve("later"));
      assertThat(devices.read(2, LONG).isDone()).isFalse();
      assertThat(again.await(60, TimeUnit.SECONDS)).as("tried again").isTrue();
      within60Seconds(() -> devices.finding(2).isEmpty());
      assertThat(devices.read(2, LONG).isDone()).isTrue();
    }
  }

  /** A block device that was taken away ends at its beginning. */
  @Test
  void oneThatEndsAndIsThereAgainUnderItsPathIsReadAgain() throws Exception {
    List<Path> paths = List.of(device(0, 4), device(1, 4));
    FaultyOpener opener = new FaultyOpener();
    Outcome<WatchedDevices> opened =
        WatchedDevices.open("prod", paths, opener, Caches.COHERENT, System::nanoTime, LONG);
    try (WatchedDevices devices = ((Outcome.Done<WatchedDevices>) opened).value()) {
      opener.media.get(1).ends = true; // for good: whoever opens it anew reads
      assertThat(devices.read(1, LONG).isDone()).isFalse();
      within60Seconds(() -> devices.read(1, LONG).isDone());
      assertThat(opener.media).hasSize(3);
    }
  }

  @Test
  void noDeviceAtAllIsRefusedByThatWord() {
    assertThat(WatchedDevices.open("prod", List.of(), Caches.COHERENT, System::nanoTime, LONG))
        .isEqualTo(Outcome.failed(Outcome.Cause.INVALID, "no device is named"));
  }

  @Test
  void whatTurnsOutToBeOfAnotherSetIsNotUsed() throws Exception {
    Path later = folder.resolve("later");
    List<Path> paths = List.of(device(2, 4, 3), device(3, 4, 3), later);
    AtomicLong clock = new AtomicLong(1);
    Outcome<WatchedDevices> opened =
        WatchedDevices.open("prod", paths, Caches.COHERENT, clock::get, LONG);
    try (WatchedDevices devices = ((Outcome.Done<WatchedDevices>) opened).value()) {
      Files.move(device(0, 4), later);
      assertThat(devices.read(2, LONG).isDone()).isFalse();
      within60Seconds(
          () -> devices.finding(2).map(Finding::kind).equals(Optional.of(Kind.CONTRADICTORY)));
      assertThat(devices.finding(2).orElseThrow().detail())
          .contains("is used together with 1 other");
    }
  }
}
