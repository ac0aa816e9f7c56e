package io.holdfast.engine.lease.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.Outcome;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.DeviceId;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.LockBlock;
import io.holdfast.engine.lease.Reading;
import io.holdfast.engine.lease.Superblock;
import io.holdfast.engine.lease.io.DeviceInit.Result;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device is initialised only if nothing is lost by it, and is whole or refused. */
class DeviceInitTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Layout LAYOUT = new Layout(4096, 3, 2);
  private static final DeviceId ID = new DeviceId(7, 8);

  @TempDir private Path folder;

  private static Superblock superblock(String cluster, DeviceId id, boolean ready) {
    return new Superblock(cluster, id, DeviceSet.alone(id), LAYOUT, ready);
  }

  private static BlockDevice open(Path file) {
    Outcome<BlockDevice> opened = BlockDevice.open(file, true, LONG);
    return ((Outcome.Done<BlockDevice>) opened).value();
  }

  private static Result initialise(Path file, DeviceId id, boolean mayGrow, boolean force) {
    try (BlockDevice device = open(file)) {
      return new DeviceInit(device, LONG).initialise(superblock("prod", id, false), mayGrow, force);
    }
  }

  private static DeviceScan scan(Path file) {
    try (BlockDevice device = open(file)) {
      return DeviceScan.of(device, LONG);
    }
  }

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("d"), bytes);
  }

  private static void overwrite(Path file, long offset, byte[] bytes) throws IOException {
    try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
      channel.position(offset).write(ByteBuffer.wrap(bytes));
    }
  }

  @Test
  void anEmptyFileBecomesADeviceWithoutFindings() throws IOException {
    Path file = file(new byte[0]);
    Superblock superblock = superblock("prod", ID, true);
    assertThat(initialise(file, ID, true, false)).isEqualTo(new Result.Initialised(superblock));
    assertThat(Files.size(file)).isEqualTo(LAYOUT.size());
    DeviceScan scan = scan(file);
    assertThat(scan.superblock()).contains(superblock);
    assertThat(scan.isSound()).isTrue();
    assertThat(scan.blocks()).isEqualTo(10);
    assertThat(scan.hosts()).isEmpty();
    assertThat(scan.locks()).isEmpty();
  }

  @Test
  void whatHoldsSomethingIsLeftAsItIs() throws IOException {
    byte[] bytes = new byte[65536];
    bytes[20_001] = 1;
    Path file = file(bytes);
    assertThat(initialise(file, ID, true, false))
        .isEqualTo(new Result.Holds("it holds something from byte 20001 on"));
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    assertThat(initialise(file, ID, true, true)).isInstanceOf(Result.Initialised.class);
    assertThat(scan(file).isSound()).isTrue();
  }

  @Test
  void soIsWhatHasItsMarkBehindWhereTheLeasesWouldBeOrAtTheEnd() throws IOException {
    for (int mark : new int[] {65_600, 3_000_000, 9_000_000 - 1}) {
      byte[] bytes = new byte[9_000_000];
      bytes[mark] = 1;
      Path file = file(bytes);
      assertThat(initialise(file, ID, true, false))
          .isEqualTo(new Result.Holds("it holds something from byte " + mark + " on"));
      assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    }
    Path file = file(new byte[9_000_000]);
    assertThat(initialise(file, ID, true, false)).isInstanceOf(Result.Initialised.class);
  }

  @Test
  void soIsALeaseDeviceAndOneThatIsOnlyHalfOne() throws IOException {
    Path file = file(new byte[0]);
    initialise(file, ID, true, false);
    assertThat(initialise(file, new DeviceId(9, 9), true, false))
        .isEqualTo(
            new Result.Holds(
                "it is a lease device of cluster prod, 00000000000000070000000000000008"));
    overwrite(file, 0, LeaseFormat.encode(superblock("prod", ID, false)));
    assertThat(initialise(file, new DeviceId(9, 9), true, false))
        .isEqualTo(
            new Result.Holds(
                "it is a lease device of cluster prod, 00000000000000070000000000000008, whose"
                    + " initialisation has not come to its end"));
    assertThat(scan(file).findings()).singleElement().matches(f -> f.kind() == Kind.UNFINISHED);
  }

  @Test
  void aDeviceThatIsTooShortIsNotTouched() throws IOException {
    Path file = file(new byte[(int) LAYOUT.size() - 4096]);
    assertThat(initialise(file, ID, false, true))
        .isInstanceOfSatisfying(
            Result.Failed.class,
            failed ->
                assertThat(failed.finding().describe())
                    .isEqualTo(
                        file
                            + " at byte 0: TRUNCATED: the device has 36864 bytes, its layout needs"
                            + " 40960"));
    assertThat(Files.readAllBytes(file)).containsOnly(0);
  }

  @Test
  void everyDamageIsFoundAtItsPlace() throws IOException {
    Path file = file(new byte[0]);
    initialise(file, ID, true, false);
    LeaseFormat other = new LeaseFormat("other", superblock("test", new DeviceId(1, 1), true));
    overwrite(file, LAYOUT.hostOffset(1), other.encode(HostSlot.free(1)));
    overwrite(file, LAYOUT.hostOffset(2) + 200, new byte[] {1});
    overwrite(file, LAYOUT.blockOffset(1, 0), new byte[4096]);
    DeviceScan scan = scan(file);
    assertThat(scan.findings().stream().map(f -> f.kind() + " " + f.offset()))
        .containsExactly("OTHER_DEVICE 8192", "DAMAGED 12288", "BLANK 28672");
    assertThat(scan.found()).isEqualTo(3);
  }

  @Test
  void recordsThatContradictEachOtherAreFound() throws IOException {
    Path file = file(new byte[0]);
    initialise(file, ID, true, false);
    LeaseFormat format = new LeaseFormat("d", superblock("prod", ID, true));
    for (int slot = 0; slot < 2; slot++) {
      overwrite(file, LAYOUT.hostOffset(slot), format.encode(held(slot, "h1", 3)));
      overwrite(file, LAYOUT.blockOffset(0, slot), format.encode(decided(0, slot, "vm:1", slot)));
    }
    overwrite(file, LAYOUT.hostOffset(2), format.encode(held(2, "h1", 4)));
    overwrite(file, LAYOUT.blockOffset(1, 0), format.encode(decided(1, 0, "vm:1", 0)));
    overwrite(file, LAYOUT.blockOffset(1, 2), format.encode(decided(1, 2, "vm:2", 0)));
    assertThat(
            scan(file).findings().stream()
                .map(f -> f.describe().substring(file.toString().length())))
        .containsExactly(
            " at byte 8192: CONTRADICTORY: h1 has slot 0, and slot 1 as well",
            " at byte 20480: CONTRADICTORY: lock 0 has two owners with token 5: h0, incarnation 1"
                + " and h1, incarnation 1",
            " at byte 36864: CONTRADICTORY: lock 1 is that of vm:1, and of vm:2");
  }

  private static HostSlot held(int slot, String host, long incarnation) {
    return new HostSlot(
        slot,
        Optional.of(
            new HostSlot.Holder(
                new HostId(host),
                new Incarnation(incarnation),
                4,
                5,
                false,
                Duration.ofSeconds(8),
                Duration.ZERO)));
  }

  private static LockBlock decided(int lock, int slot, String workload, int owner) {
    LockBlock.Owner who = new LockBlock.Owner(owner, new HostId("h" + owner), new Incarnation(1));
    return new LockBlock(
        lock,
        slot,
        Optional.of(WorkloadId.parse(workload)),
        5,
        3,
        3,
        Optional.of(who),
        Optional.of(new LockBlock.Ownership(5, who, false)),
        9);
  }

  @Test
  void aFileThatWasCutOffIsTruncated() throws IOException {
    Path file = file(new byte[0]);
    initialise(file, ID, true, false);
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 20_000));
    DeviceScan scan = scan(file);
    assertThat(scan.superblock()).isEmpty();
    assertThat(scan.findings()).singleElement().matches(f -> f.kind() == Kind.TRUNCATED);
  }

  @Test
  void ofTwoThatInitialiseItAtTheSameTimeOneIsToldSo() throws IOException {
    Path file = file(new byte[(int) LAYOUT.size()]);
    Interfering medium = new Interfering(FileMedium.open(file, true), file);
    try (BlockDevice device = BlockDevice.of(file.toString(), medium, 4096, LAYOUT.size())) {
      Result result =
          new DeviceInit(device, LONG).initialise(superblock("prod", ID, false), true, false);
      assertThat(result)
          .isInstanceOfSatisfying(
              Result.Failed.class,
              failed ->
                  assertThat(failed.finding().detail())
                      .contains("another initialises it at the same time"));
    }
  }

  @Test
  void whatIsHeldIsShown() throws IOException {
    Path file = file(new byte[0]);
    initialise(file, ID, true, false);
    HostSlot slot =
        new HostSlot(
            1,
            Optional.of(
                new HostSlot.Holder(
                    new HostId("h2"),
                    new Incarnation(3),
                    4,
                    5,
                    false,
                    Duration.ofSeconds(8),
                    Duration.ZERO)));
    LeaseFormat format = new LeaseFormat("d", superblock("prod", ID, true));
    overwrite(file, LAYOUT.hostOffset(1), format.encode(slot));
    assertThat(scan(file).hosts()).containsExactly(slot);
    try (WatchedDevices devices = watched(file, Caches.COHERENT)) {
      assertThat(devices.hosts()).isEqualTo(3);
      assertThat(devices.read(0, LONG))
          .isEqualTo(
              Outcome.done(
                  List.of(
                      new Reading.Sound<>(HostSlot.free(0)),
                      new Reading.Sound<>(slot),
                      new Reading.Sound<>(HostSlot.free(2)))));
    }
  }

  private static WatchedDevices watched(Path file, Caches caches) {
    Outcome<WatchedDevices> opened =
        WatchedDevices.open("prod", List.of(file), caches, System::nanoTime, LONG);
    return ((Outcome.Done<WatchedDevices>) opened).value();
  }

  @Test
  void whatAppearsBetweenTheLookAndTheFirstWriteIsLeftAsItIs() throws IOException {
    Path file = file(new byte[(int) LAYOUT.size()]);
    Interfering medium = new Interfering(FileMedium.open(file, true), file);
    medium.atRead = 2;
    try (BlockDevice device = BlockDevice.of(file.toString(), medium, 4096, LAYOUT.size())) {
      assertThat(
              new DeviceInit(device, LONG).initialise(superblock("prod", ID, false), true, false))
          .isEqualTo(
              new Result.Holds(
                  "it is a lease device of cluster prod, 00000000000000630000000000000063"));
    }
    assertThat(scan(file).superblock().orElseThrow().device()).isEqualTo(new DeviceId(99, 99));
  }

  @Test
  void oneDeviceByTwoNamesIsFoundWhenAllAreDone() throws IOException {
    Path file = file(new byte[0]);
    try (BlockDevice one = open(file);
        BlockDevice other = open(file)) {
      DeviceInit init = new DeviceInit(one, LONG);
      init.initialise(superblock("prod", ID, false), true, false);
      assertThat(init.confirm(superblock("prod", ID, true))).isEmpty();
      new DeviceInit(other, LONG)
          .initialise(superblock("prod", new DeviceId(9, 9), false), true, true);
      assertThat(init.confirm(superblock("prod", ID, true)))
          .hasValueSatisfying(
              result ->
                  assertThat(((Result.Failed) result).finding().kind())
                      .isEqualTo(Kind.OTHER_DEVICE));
    }
  }

  /**
   * 256 slots are read at once, and one by one where that fails: the second chunk has an end of
   * lock 0 and a beginning of lock 1.
   */
  @Test
  void aLockOfWhichABlockCannotBeReadIsLeftOut() throws IOException {
    Layout layout = new Layout(4096, 200, 4);
    Path file = file(new byte[0]);
    Superblock superblock = new Superblock("prod", ID, DeviceSet.alone(ID), layout, false);
    try (BlockDevice device = open(file)) {
      new DeviceInit(device, LONG).initialise(superblock, true, false);
    }
    LeaseFormat format = new LeaseFormat("d", superblock.whenReady());
    for (int lock = 0; lock < 4; lock++) {
      for (int slot : new int[] {0, 199}) {
        overwrite(
            file,
            layout.blockOffset(lock, slot),
            format.encode(decided(lock, slot, "vm:" + lock, 0)));
      }
    }
    Interfering medium = new Interfering(FileMedium.open(file, false), file);
    medium.failing = 257L * 4096;
    try (BlockDevice device = BlockDevice.of(file.toString(), medium, 4096, layout.size())) {
      DeviceScan scan = DeviceScan.of(device, LONG);
      assertThat(scan.findings())
          .singleElement()
          .matches(f -> f.kind() == Kind.NO_ANSWER && f.offset() == 257L * 4096);
      assertThat(scan.locks().stream().map(DeviceScan.LockState::lock)).containsExactly(1, 2, 3);
    }
    assertThat(scan(file).locks()).hasSize(4);
  }

  @Test
  void aDeviceThatKeepsNothingIsToldOf() {
    try (BlockDevice device = BlockDevice.of("/dev/x", new Full(true), 4096, 0)) {
      assertThat(
              new DeviceInit(device, LONG).initialise(superblock("prod", ID, false), true, false))
          .isEqualTo(
              new Result.Failed(
                  new Finding(
                      Kind.TRUNCATED, "/dev/x", 4096, "it ends here, though more was written")));
    }
  }

  @Test
  void aDeviceThatIsFullIsToldOfWithTheOffset() {
    Full medium = new Full(false);
    try (BlockDevice device = BlockDevice.of("/dev/x", medium, 4096, 0)) {
      Result result =
          new DeviceInit(device, LONG).initialise(superblock("prod", ID, false), true, false);
      assertThat(result)
          .isEqualTo(
              new Result.Failed(
                  new Finding(Kind.NO_ANSWER, "/dev/x", 4096, "No space left on device")));
    }
  }

  /** It has room for a superblock and nothing else, and keeps not even that. */
  private static final class Full implements Medium {
    private final boolean lies;

    Full(boolean lies) {
      this.lies = lies;
    }

    @Override
    public boolean isDirect() {
      return false;
    }

    @Override
    public int blockSize() {
      return 512;
    }

    @Override
    public long size() {
      return 0;
    }

    @Override
    public int read(ByteBuffer buffer, long offset) {
      return -1;
    }

    @Override
    public int write(ByteBuffer buffer, long offset) throws IOException {
      if (offset > 0 && !lies) {
        throw new IOException("No space left on device");
      }
      int length = buffer.remaining();
      buffer.position(buffer.limit());
      return length;
    }

    @Override
    public void close() {
      // nothing to give back
    }
  }

  /** Lets another initialise it, all of it, before a read or a write; fails to read at a place. */
  private static final class Interfering implements Medium {
    private final Medium medium;
    private final Path file;
    private int reads;
    private int writes;
    private int atRead;
    private long failing = -1;

    Interfering(Medium medium, Path file) {
      this.medium = medium;
      this.file = file;
    }

    @Override
    public boolean isDirect() {
      return medium.isDirect();
    }

    @Override
    public int blockSize() {
      return medium.blockSize();
    }

    @Override
    public long size() throws IOException {
      return medium.size();
    }

    @Override
    public int read(ByteBuffer buffer, long offset) throws IOException {
      reads++;
      if (reads == atRead) {
        initialise(file, new DeviceId(99, 99), true, true);
      }
      if (offset == failing) {
        throw new IOException("Input/output error");
      }
      return medium.read(buffer, offset);
    }

    @Override
    public int write(ByteBuffer buffer, long offset) throws IOException {
      writes++;
      if (writes == 2 && atRead == 0) {
        initialise(file, new DeviceId(99, 99), true, true);
      }
      return medium.write(buffer, offset);
    }

    @Override
    public void close() throws IOException {
      medium.close();
    }
  }
}
