package io.holdfast.engine.lease.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
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
import io.holdfast.engine.lease.Superblock;
import io.holdfast.engine.lease.io.DeviceClear.Result;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A slot or a lock that cannot be read any more can be used again, once nobody writes there. */
class DeviceClearTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration H = Duration.ofSeconds(20);
  private static final Layout LAYOUT = new Layout(4096, 3, 2);

  @TempDir private Path folder;
  private final List<Path> paths = new ArrayList<>();
  private final List<BlockDevice> devices = new ArrayList<>();
  private long now;
  private Runnable meanwhile = () -> {};

  private static Superblock superblock(int index) {
    return new Superblock(
        "prod",
        new DeviceId(1, index + 1),
        new DeviceSet(new DeviceId(2, 2), index, 2),
        LAYOUT,
        false);
  }

  @BeforeEach
  void devices() throws IOException {
    for (int i = 0; i < 2; i++) {
      paths.add(Files.createFile(folder.resolve("d" + i)));
      try (BlockDevice device = open(paths.get(i))) {
        new DeviceInit(device, LONG).initialise(superblock(i), true, false);
      }
      devices.add(open(paths.get(i))); // which is longer now
    }
  }

  private static BlockDevice open(Path path) {
    Outcome<BlockDevice> opened = BlockDevice.open(path, true, LONG);
    return ((Outcome.Done<BlockDevice>) opened).value();
  }

  @AfterEach
  void close() {
    devices.forEach(BlockDevice::close);
  }

  private DeviceClear clear(int... of) {
    return clear(Caches.COHERENT, of);
  }

  private DeviceClear clear(Caches caches, int... of) {
    return new DeviceClear(
        IntStream.of(of).mapToObj(devices::get).toList(),
        caches,
        LONG,
        () -> now,
        time -> {
          now += time.toNanos();
          meanwhile.run();
        });
  }

  private DeviceScan scan(int device) {
    return DeviceScan.of(devices.get(device), LONG);
  }

  private void overwrite(int device, long offset, byte[] bytes) {
    try (var channel = Files.newByteChannel(paths.get(device), StandardOpenOption.WRITE)) {
      channel.position(offset).write(ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void isHeld(int device, int slot, long sequence) {
    HostSlot record =
        new HostSlot(
            slot,
            Optional.of(
                new HostSlot.Holder(
                    new HostId("h1"),
                    new Incarnation(3),
                    sequence,
                    5,
                    false,
                    Duration.ofSeconds(8),
                    Duration.ofSeconds(2))));
    LeaseFormat format = new LeaseFormat("d", superblock(device));
    overwrite(device, LAYOUT.hostOffset(slot), format.encode(record));
  }

  private void isVotedOn(int device, int lock, long ballot) {
    LockBlock block =
        new LockBlock(
            lock,
            1,
            Optional.of(WorkloadId.parse("vm:1")),
            1,
            ballot,
            0,
            Optional.empty(),
            Optional.empty(),
            9);
    LeaseFormat format = new LeaseFormat("d", superblock(device));
    overwrite(device, LAYOUT.blockOffset(lock, 1), format.encode(block));
  }

  @Test
  void aSlotThatCannotBeReadIsFreeAgain() {
    overwrite(0, LAYOUT.hostOffset(1) + 100, new byte[] {1});
    assertThat(scan(0).isSound()).isFalse();
    assertThat(clear(0).slot(1, H)).isEqualTo(new Result.Cleared());
    assertThat(now).as("watched for").isGreaterThanOrEqualTo(H.toNanos());
    assertThat(scan(0).isSound()).isTrue();
    assertThat(scan(0).hosts()).isEmpty();
  }

  @Test
  void oneThatSomebodyWritesIsLeftAlone() {
    isHeld(0, 1, 7);
    meanwhile =
        () -> {
          if (now > H.toNanos() / 2) {
            isHeld(0, 1, 8);
          }
        };
    assertThat(clear(0).slot(1, H))
        .isInstanceOfSatisfying(
            Result.Refused.class,
            refused -> {
              assertThat(refused.finding().kind()).isEqualTo(Kind.CONTRADICTORY);
              assertThat(refused.finding().offset()).isEqualTo(LAYOUT.hostOffset(1));
              assertThat(refused.finding().detail()).contains("somebody has it");
            });
    assertThat(scan(0).hosts()).hasSize(1);
  }

  /** Never two: whoever asks another majority than the cleared one still finds an owner. */
  @Test
  void aLockIsClearedOnAllDevicesOrOnNone() {
    isVotedOn(0, 1, 4);
    isVotedOn(1, 1, 4);
    overwrite(0, LAYOUT.blockOffset(1, 0), new byte[600]);
    assertThat(clear(0).lock(1, H))
        .isInstanceOfSatisfying(
            Result.Refused.class,
            refused ->
                assertThat(refused.finding().detail())
                    .isEqualTo(
                        "is used together with 1 others: a lock is cleared on all of them or on"
                            + " none"));
    assertThat(scan(1).locks()).hasSize(1);
    assertThat(clear(0, 1).lock(1, H)).isEqualTo(new Result.Cleared());
    for (int device = 0; device < 2; device++) {
      assertThat(scan(device).isSound()).isTrue();
      assertThat(scan(device).locks()).isEmpty();
    }
  }

  private FaultyMedium isFaulty(int device) throws IOException {
    FaultyMedium medium = new FaultyMedium(paths.get(device));
    devices.set(device, medium.device()).close();
    return medium;
  }

  /** Never two: a majority with a device that was cleared already would know no owner. */
  @Test
  void aLockThatIsClearedHalfWayCountsForNothingWhereItWasBegun() throws IOException {
    isVotedOn(0, 1, 4);
    isVotedOn(1, 1, 4);
    FaultyMedium second = isFaulty(1);
    second.writesFail = true;
    assertThat(clear(0, 1).lock(1, H))
        .isInstanceOfSatisfying(
            Result.Begun.class,
            begun -> {
              assertThat(begun.finding().kind()).isEqualTo(Kind.NO_ANSWER);
              assertThat(begun.finding().device()).isEqualTo(paths.get(1).toString());
            });
    assertThat(scan(0).findings())
        .as("all of its blocks there")
        .hasSize(3)
        .allMatch(finding -> finding.kind() == Kind.BLANK);
    assertThat(scan(1).locks()).hasSize(1);
    second.writesFail = false;
    assertThat(clear(0, 1).lock(1, H)).isEqualTo(new Result.Cleared());
    assertThat(scan(0).isSound()).isTrue();
    assertThat(scan(1).locks()).isEmpty();
  }

  @Test
  void aSlotThatCouldNotBeWrittenIsNotSaidToBeAsItWas() throws IOException {
    isHeld(0, 1, 7);
    isFaulty(0).writesFail = true;
    assertThat(clear(0).slot(1, H)).isInstanceOf(Result.Begun.class);
  }

  @Test
  void aHolderThatHasJoinedAgainBeforeItIsLookedAtDoesNotMakeItUnfinished() throws IOException {
    isHeld(0, 1, 7);
    isFaulty(0).written = () -> isHeld(0, 1, 8);
    assertThat(clear(0).slot(1, H)).isEqualTo(new Result.Cleared());
    assertThat(scan(0).hosts()).hasSize(1);
    isFaulty(0).written = () -> isHeld(0, 1, 8); // what stood there before: nothing was cleared
    assertThat(clear(0).slot(1, H)).isInstanceOf(Result.Begun.class);
  }

  @Test
  void whatTheDeviceCannotReadHidesNothingElseAndIsLeftAsItIs() throws IOException {
    isHeld(0, 2, 7);
    isVotedOn(0, 0, 4);
    isVotedOn(0, 1, 4);
    isFaulty(0).badAt = LAYOUT.hostOffset(1) + 512;
    DeviceScan scan = scan(0);
    assertThat(scan.findings())
        .containsExactly(
            new Finding(
                Kind.NO_ANSWER, paths.get(0).toString(), LAYOUT.hostOffset(1), "medium error"));
    assertThat(scan.hosts()).hasSize(1);
    assertThat(scan.locks()).hasSize(2);
    assertThat(scan.blocks()).isEqualTo(LAYOUT.slots() - 1);
    assertThat(clear(0).slot(1, H))
        .isInstanceOfSatisfying(
            Result.Refused.class,
            refused -> assertThat(refused.finding().kind()).isEqualTo(Kind.NO_ANSWER));
    isFaulty(0).badAt = LAYOUT.blockOffset(0, 2);
    assertThat(scan(0).found()).isEqualTo(1);
    assertThat(scan(0).locks())
        .as("of the other, a block is missing")
        .extracting(DeviceScan.LockState::lock)
        .containsExactly(1);
  }

  /** Never two: behind a cache nobody seems to write. */
  @Test
  void whatIsReadThroughCachesIsLeftAloneUnlessTheyAreKnownToBeCoherent() throws IOException {
    isHeld(0, 1, 7);
    isFaulty(0);
    assertThat(clear(Caches.UNKNOWN, 0).slot(1, H))
        .isInstanceOfSatisfying(
            Result.Refused.class,
            refused -> assertThat(refused.finding().kind()).isEqualTo(Kind.CACHED));
    assertThat(scan(0).hosts()).hasSize(1);
  }

  /** Never two: it would be free while its holder relies on it. */
  @Test
  void whoeverReliesOnASlotIsWatchedForThatLong() {
    isHeld(0, 1, 7);
    assertThat(clear(0).slot(1, Duration.ofSeconds(12).minusNanos(1)))
        .isInstanceOfSatisfying(
            Result.Refused.class,
            refused ->
                assertThat(refused.finding().detail())
                    .isEqualTo(
                        "h1, incarnation 3, renewal 7 relies on it for PT12S: PT11.999999999S is"
                            + " too short"));
    assertThat(scan(0).hosts()).hasSize(1);
    assertThat(clear(0).slot(1, Duration.ofSeconds(12))).isEqualTo(new Result.Cleared());
  }

  @Test
  void aSlotIsClearedOnDevicesOfOneSet() throws IOException {
    Path path = Files.createFile(folder.resolve("other"));
    Superblock other =
        new Superblock(
            "prod", new DeviceId(1, 9), new DeviceSet(new DeviceId(3, 3), 1, 2), LAYOUT, false);
    try (BlockDevice device = open(path)) {
      new DeviceInit(device, LONG).initialise(other, true, false);
    }
    devices.add(open(path));
    isHeld(0, 1, 7);
    assertThat(clear(0, 2).slot(1, H))
        .isInstanceOfSatisfying(
            Result.Refused.class,
            refused ->
                assertThat(refused.finding().detail())
                    .isEqualTo("was not initialised together with all others"));
    assertThat(scan(0).hosts()).hasSize(1);
  }

  @Test
  void norIsALockThatIsVotedOn() {
    isVotedOn(1, 0, 4);
    meanwhile = () -> isVotedOn(1, 0, 7);
    assertThat(clear(0, 1).lock(0, H)).isInstanceOf(Result.Refused.class);
    assertThat(scan(1).locks()).hasSize(1);
  }

  @Test
  void whatIsNotThereIsRefused() {
    assertThatThrownBy(() -> clear(0).slot(3, H))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("slot: found 3, allowed: 0 to 2");
    assertThatThrownBy(() -> clear(0, 1).lock(2, H))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("lock: found 2, allowed: 0 to 1");
  }
}
