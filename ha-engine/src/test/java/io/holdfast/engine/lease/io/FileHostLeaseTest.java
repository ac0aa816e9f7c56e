package io.holdfast.engine.lease.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.engine.lease.DeviceId;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.HostLeaseConfig;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseEffect.End;
import io.holdfast.engine.lease.StorageTiming;
import io.holdfast.engine.lease.Superblock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lease on files, with real time: short, and with room for a machine that is busy. */
class FileHostLeaseTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final StorageTiming TIMING =
      StorageTiming.of(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofMillis(100), 1000);

  @TempDir private Path folder;

  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private volatile boolean throwing;
  private volatile boolean interrupting;
  private volatile boolean noClock;
  private final FaultyOpener opener = new FaultyOpener();
  private final List<FaultyMedium> media = opener.media;
  private long sets;

  private final FileHostLease.Listener listener =
      new FileHostLease.Listener() {
        @Override
        public void onHeld(long until) {
          told.add("held");
          if (interrupting) {
            Thread.currentThread().interrupt();
          }
          fails();
        }

        @Override
        public void onEnded(End end, String detail) {
          told.add("ended " + end);
        }

        @Override
        public void onTrouble(String device, String detail) {
          told.add("trouble " + detail);
          fails();
        }

        private void fails() {
          if (throwing) {
            throw new OutOfMemoryError("in a listener");
          }
        }
      };

  private List<Path> devices(int count, String cluster) throws IOException {
    long set = ++sets;
    List<Path> paths = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path path = Files.createFile(folder.resolve("d" + set + "-" + i));
      paths.add(path);
      try (BlockDevice device = opened(path)) {
        assertThat(
                new DeviceInit(device, LONG)
                    .initialise(
                        new Superblock(
                            cluster,
                            new DeviceId(set, i + 1),
                            new DeviceSet(new DeviceId(set, 99), i, count),
                            new Layout(4096, 4, 0),
                            false),
                        true,
                        false))
            .isInstanceOf(DeviceInit.Result.Initialised.class);
      }
    }
    return paths;
  }

  private static BlockDevice opened(Path path) {
    Outcome<BlockDevice> opened = BlockDevice.open(path, true, LONG);
    return ((Outcome.Done<BlockDevice>) opened).value();
  }

  private Outcome<FileHostLease> lease(List<Path> paths, long incarnation, int slot) {
    return FileHostLease.open(
        config(paths.size(), incarnation, slot),
        "prod",
        paths,
        Caches.COHERENT,
        this::clock,
        listener,
        LONG);
  }

  private static HostLeaseConfig config(int devices, long incarnation, int slot) {
    return new HostLeaseConfig(
        TIMING,
        slot,
        new HostId("h1"),
        new Incarnation(incarnation),
        incarnation * 1000,
        Duration.ofMillis(500),
        devices);
  }

  /** On devices that fail or hang when the test says so. */
  private FileHostLease faulty(List<Path> paths) throws InterruptedException {
    Outcome<FileHostLease> opened =
        FileHostLease.open(
            config(paths.size(), 1, 2),
            "prod",
            paths,
            opener,
            Caches.COHERENT,
            this::clock,
            listener,
            LONG);
    next("held");
    return ((Outcome.Done<FileHostLease>) opened).value();
  }

  private long clock() {
    if (noClock) {
      throw new IllegalStateException("no clock");
    }
    return System.nanoTime();
  }

  private FileHostLease held(List<Path> paths) throws InterruptedException {
    Outcome<FileHostLease> opened = lease(paths, 1, 2);
    assertThat(opened).isInstanceOf(Outcome.Done.class);
    next("held");
    return ((Outcome.Done<FileHostLease>) opened).value();
  }

  private void next(String what) throws InterruptedException {
    String heard = "";
    for (int i = 0; i < 60 && !heard.equals(what); i++) {
      heard = Objects.requireNonNullElse(told.poll(60, TimeUnit.SECONDS), "nothing");
      assertThat(heard).isNotEqualTo("nothing");
    }
    assertThat(heard).isEqualTo(what);
  }

  private static HostSlot slot(Path path) {
    try (BlockDevice device = opened(path)) {
      return DeviceScan.of(device, LONG).hosts().get(0);
    }
  }

  @Test
  void itIsHeldAndRenewedUntilItIsGivenUp() throws Exception {
    List<Path> paths = devices(2, "prod");
    try (FileHostLease lease = held(paths)) {
      assertThat(lease.heldUntil()).isPresent();
      next("held");
      next("held");
      lease.release();
      assertThat(lease.heldUntil()).as("from that moment on").isEmpty();
      next("ended RELEASED");
    }
    for (Path path : paths) {
      HostSlot slot = slot(path);
      assertThat(slot.slot()).isEqualTo(2);
      assertThat(slot.holder().orElseThrow().released()).isTrue();
    }
  }

  @Test
  void aSecondProcessOfTheSameHostFindsTheFirst() throws Exception {
    List<Path> paths = devices(1, "prod");
    try (FileHostLease lease = held(paths)) {
      Outcome<FileHostLease> second = lease(paths, 2, 2);
      next("ended BUSY");
      assertThat(lease.heldUntil()).isPresent();
      ((Outcome.Done<FileHostLease>) second).value().close();
    }
  }

  @Test
  void whatIsClosedIsNotRenewedAndStaysAsItIs() throws Exception {
    List<Path> paths = devices(1, "prod");
    FileHostLease lease = held(paths);
    lease.close();
    assertThat(lease.heldUntil()).isEmpty();
    assertThat(slot(paths.get(0)).holder().orElseThrow().released()).isFalse();
  }

  @Test
  void devicesOfAnotherClusterAreRefusedByName() throws IOException {
    List<Path> paths = devices(1, "test");
    Path path = paths.get(0);
    assertThat(lease(paths, 1, 2))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed ->
                assertThat(failed.detail())
                    .isEqualTo(path + " at byte 0: OTHER_DEVICE: of cluster test instead of prod"));
    assertThat(told).isEmpty();
  }

  @Test
  void aDeviceThatIsNamedTwiceIsNoMajority() throws IOException {
    List<Path> paths = devices(3, "prod");
    Path path = paths.get(0);
    assertThat(lease(List.of(path, paths.get(1), path), 1, 2))
        .isEqualTo(
            refused(path + " and " + path + " are the same device, or one is a copy of the other"));
  }

  @Test
  void onlyAllDevicesOfOneSetAreUsedTogether() throws IOException {
    List<Path> some = devices(3, "prod");
    List<Path> others = devices(3, "prod");
    assertThat(lease(some.subList(0, 2), 1, 2))
        .isEqualTo(refused(some.get(0) + " is used together with 2 others, 1 are given"));
    assertThat(lease(List.of(some.get(0), some.get(1), others.get(2)), 1, 2))
        .isEqualTo(
            refused(
                some.get(0)
                    + " and "
                    + others.get(2)
                    + " are not used together: they were not initialised together"));
  }

  private static Outcome<FileHostLease> refused(String why) {
    return Outcome.failed(Outcome.Cause.INVALID, why);
  }

  @Test
  void oneOfThreeThatIsMissingIsToldOfAndTheOthersAreEnough() throws Exception {
    List<Path> paths = devices(3, "prod");
    Files.delete(paths.get(1));
    try (FileHostLease lease = held(paths)) {
      assertThat(lease.heldUntil()).isPresent();
    }
  }

  @Test
  void oneOfThreeThatComesBackIsUsedAgain() throws Exception {
    List<Path> paths = devices(3, "prod");
    Path aside = Files.move(paths.get(1), folder.resolve("aside"));
    try (FileHostLease lease = held(paths)) {
      assertThat(slotOf(aside)).as("nobody has had it").isEmpty();
      Files.move(aside, paths.get(1));
      for (int i = 0; i < 20 && slotOf(paths.get(1)).isEmpty(); i++) {
        next("held");
      }
      assertThat(slotOf(paths.get(1))).as("written there").hasSize(1);
      assertThat(lease.heldUntil()).isPresent();
    }
  }

  @Test
  void oneOfThreeThatWasTakenAwayAndIsThereAgainIsUsedAgain() throws Exception {
    List<Path> paths = devices(3, "prod");
    try (FileHostLease lease = faulty(paths)) {
      media.get(1).readsFail = true; // for good: whoever opens it anew reads
      next("held");
      List<HostSlot> before = slotOf(paths.get(1));
      for (int i = 0; i < 20 && (media.size() == 3 || slotOf(paths.get(1)).equals(before)); i++) {
        next("held");
      }
      assertThat(media).hasSizeGreaterThan(3);
      assertThat(slotOf(paths.get(1))).as("renewed there").isNotEqualTo(before);
      assertThat(lease.heldUntil()).isPresent();
    }
  }

  @Test
  void oneThatCannotBeOpenedAgainForLackOfAThreadIsLater() throws Exception {
    List<Path> paths = devices(3, "prod");
    try (FileHostLease lease = faulty(paths)) {
      opener.noThread = true;
      media.get(1).readsFail = true;
      for (int i = 0; i < 20 && opener.refused.get() < 2; i++) {
        next("held");
      }
      assertThat(opener.refused).hasValueGreaterThan(1);
      opener.noThread = false;
      for (int i = 0; i < 20 && media.size() == 3; i++) {
        next("held");
      }
      assertThat(media).hasSizeGreaterThan(3);
      assertThat(lease.heldUntil()).isPresent();
    }
  }

  @Test
  void whyAWriteWasNotAcknowledgedIsTold() throws Exception {
    List<Path> paths = devices(3, "prod");
    try (FileHostLease lease = faulty(paths)) {
      media.get(1).writesFail = true;
      next(
          "trouble has not acknowledged a write: "
              + paths.get(1)
              + " at byte 12288: NO_ANSWER: input/output error");
      assertThat(lease.heldUntil()).isPresent();
    }
  }

  @Test
  void whoeverInterruptsItsThreadEndsItWithAWord() throws Exception {
    try (FileHostLease lease = held(devices(1, "prod"))) {
      interrupting = true;
      next("ended EXPIRED");
      assertThat(lease.heldUntil()).isEmpty();
    }
  }

  @Test
  void oneOfThreeThatHangsCostsNothing() throws Exception {
    try (FileHostLease lease = faulty(devices(3, "prod"))) {
      media.get(1).hangs();
      assertThat(media.get(1).isHung()).isTrue();
      next("trouble has not answered within PT0.5S");
      next("held");
      assertThat(lease.heldUntil()).isPresent();
      media.get(1).letGo();
    }
  }

  @Test
  void whatIsClosedWhileAWriteHangsHasNotEndedBeforeThat() throws Exception {
    FileHostLease lease = faulty(devices(1, "prod"));
    media.get(0).hangs();
    assertThat(media.get(0).isHung()).isTrue();
    lease.close();
    assertThat(lease.heldUntil()).isEmpty();
    CompletableFuture<Void> ended = lease.ended().toCompletableFuture();
    assertThat(ended).isNotDone();
    media.get(0).letGo();
    ended.get(60, TimeUnit.SECONDS);
  }

  private static List<HostSlot> slotOf(Path path) {
    try (BlockDevice device = opened(path)) {
      return DeviceScan.of(device, LONG).hosts();
    }
  }

  @Test
  void whenItsThreadBreaksDownItsListenerIsTold() throws Exception {
    try (FileHostLease lease = held(devices(1, "prod"))) {
      noClock = true;
      next("ended EXPIRED");
      noClock = false;
      assertThat(lease.heldUntil()).isEmpty();
    }
  }

  @Test
  void aListenerThatThrowsDoesNotEndTheLeaseWithoutAWord() throws Exception {
    List<Path> paths = devices(3, "prod");
    Files.delete(paths.get(1));
    throwing = true;
    try (FileHostLease lease = held(paths)) {
      next("held");
      next("held");
      assertThat(lease.heldUntil()).isPresent();
      lease.release();
      next("ended RELEASED");
    }
  }
}
