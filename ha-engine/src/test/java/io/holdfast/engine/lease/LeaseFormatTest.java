package io.holdfast.engine.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.engine.lease.Finding.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is wrong with a device, and where: never taken for free. */
class LeaseFormatTest {
  private static final Layout LAYOUT = new Layout(4096, 4, 2);
  private static final Superblock SUPERBLOCK =
      new Superblock("prod", new DeviceId(1, 2), DeviceSet.alone(new DeviceId(1, 2)), LAYOUT, true);
  private static final LeaseFormat FORMAT = new LeaseFormat("/dev/x", SUPERBLOCK);
  private static final HostSlot SLOT =
      new HostSlot(
          2,
          Optional.of(
              new HostSlot.Holder(
                  new HostId("h3"),
                  new Incarnation(7),
                  12,
                  99,
                  false,
                  Duration.ofSeconds(16),
                  Duration.ofSeconds(5))));

  private static Reading<Superblock> superblock(byte[] bytes, long size, int blockSize) {
    return LeaseFormat.superblock("/dev/x", bytes, size, blockSize);
  }

  private static void isFound(Reading<?> reading, Kind kind, long offset, String detail) {
    assertThat(reading.sound()).isEmpty();
    assertThat(reading.finding()).contains(new Finding(kind, "/dev/x", offset, detail));
  }

  @Test
  void placesFollowOneAnother() {
    assertThat(LAYOUT.hostOffset(0)).isEqualTo(4096);
    assertThat(LAYOUT.hostOffset(3)).isEqualTo(4 * 4096);
    assertThat(LAYOUT.lockOffset(0)).isEqualTo(5 * 4096);
    assertThat(LAYOUT.blockOffset(1, 2)).isEqualTo(11 * 4096);
    assertThat(LAYOUT.size()).isEqualTo(13 * 4096);
    assertThatThrownBy(() -> LAYOUT.hostOffset(4))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("slot: found 4, allowed: 0 to 3");
    Layout largest = new Layout(32768, Layout.MOST_HOSTS, Layout.MOST_LOCKS);
    assertThat(largest.size()).isEqualTo((1L + 2000 + 100_000L * 2000) * 32768);
    assertThatThrownBy(() -> new Layout(Layout.MOST_SLOT, 65, 0))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(
            "device.slotSize: found 1048576, allowed: at most 67108864 bytes for 65 hosts, which"
                + " are read at once");
  }

  @Test
  void zerosAreNoFreeSlot() {
    isFound(FORMAT.host(2, new byte[4096], 0), Kind.BLANK, 3 * 4096, "zeros instead of HFHOSTSL");
    isFound(superblock(new byte[4096], 1 << 20, 512), Kind.BLANK, 0, "zeros instead of HOLDFAST");
  }

  @Test
  void whatIsSomethingElseIsForeign() {
    byte[] other = Arrays.copyOf("#!/bin/bash".getBytes(StandardCharsets.US_ASCII), 4096);
    isFound(
        FORMAT.host(2, other, 0),
        Kind.FOREIGN,
        3 * 4096,
        "begins with 23212f62696e2f62 instead of HFHOSTSL");
  }

  @Test
  void aDeviceThatEndsTooSoonIsTruncated() {
    byte[] bytes = LeaseFormat.encode(SUPERBLOCK);
    isFound(
        superblock(bytes, 13 * 4096 - 1, 512),
        Kind.TRUNCATED,
        0,
        "the device has 53247 bytes, its layout needs 53248");
    assertThat(superblock(bytes, 13 * 4096, 512).sound()).contains(SUPERBLOCK);
    isFound(
        FORMAT.host(2, Arrays.copyOf(FORMAT.encode(SLOT), 100), 0),
        Kind.TRUNCATED,
        3 * 4096,
        "100 of 512 bytes are there");
    isFound(FORMAT.host(2, new byte[10], 30), Kind.TRUNCATED, 3 * 4096, "0 of 512 bytes are there");
  }

  @Test
  void blocksThatAreLargerThanSlotsAreRefused() {
    isFound(
        superblock(LeaseFormat.encode(SUPERBLOCK), 1 << 20, 8192),
        Kind.BLOCK_SIZE,
        0,
        "the device has blocks of 8192 bytes, its slots have 4096");
  }

  @Test
  void aSlotOfAnotherClusterIsFoundEvenWithTheSameId() {
    LeaseFormat other =
        new LeaseFormat(
            "/dev/y", new Superblock("test", SUPERBLOCK.device(), SUPERBLOCK.set(), LAYOUT, true));
    Finding finding = FORMAT.host(2, other.encode(SLOT), 0).finding().orElseThrow();
    assertThat(finding.describe())
        .isEqualTo(
            "/dev/x at byte 12288: OTHER_DEVICE: of cluster test, device"
                + " 00000000000000010000000000000002, on a device of cluster prod,"
                + " 00000000000000010000000000000002");
  }

  @Test
  void aRecordOfAnotherPlaceIsFound() {
    isFound(
        FORMAT.host(1, FORMAT.encode(SLOT), 0),
        Kind.MISPLACED,
        2 * 4096,
        "of slot 2 and lock 0, at the place of 1 and 0");
    isFound(
        FORMAT.lock(0, 3, FORMAT.encode(LockBlock.empty(1, 3)), 0),
        Kind.MISPLACED,
        8 * 4096,
        "of slot 3 and lock 1, at the place of 3 and 0");
    assertThat(FORMAT.lock(0, 2, FORMAT.encode(SLOT), 0).finding().map(Finding::kind))
        .as("a record of another kind")
        .contains(Kind.FOREIGN);
  }

  @Test
  void anotherVersionIsNotGuessedAt() {
    byte[] bytes = FORMAT.encode(SLOT);
    bytes[11] = 2;
    isFound(sealedAgain(bytes), Kind.OTHER_VERSION, 3 * 4096, "version 2, known is 1");
  }

  @Test
  void aSoundChecksumDoesNotMakeAValueThatCannotBe() {
    byte[] bytes = FORMAT.encode(SLOT);
    bytes[101] = 7; // whether somebody has it: neither 0 nor 1
    isFound(sealedAgain(bytes), Kind.DAMAGED, 3 * 4096, "flag: found 7, allowed: 0 or 1");
    bytes = FORMAT.encode(SLOT);
    bytes[102] = 65; // how long the host's name is
    isFound(sealedAgain(bytes), Kind.DAMAGED, 3 * 4096, "length: found 65, allowed: at most 64");
  }

  private static Reading<HostSlot> sealedAgain(byte[] bytes) {
    int sum = BlockWriter.checksum(bytes, 0);
    for (int i = 0; i < 4; i++) {
      bytes[508 + i] = (byte) (sum >>> (24 - 8 * i));
    }
    return FORMAT.host(2, bytes, 0);
  }

  @Test
  void theFormatStaysAsItIs() {
    byte[] bytes = FORMAT.encode(SLOT);
    assertThat(Arrays.copyOf(bytes, 12))
        .isEqualTo("HFHOSTSL\0\0\0\1".getBytes(StandardCharsets.US_ASCII));
    assertThat(bytes[28]).as("length of the cluster's name").isEqualTo((byte) 4);
    assertThat(new String(bytes, 29, 4, StandardCharsets.US_ASCII)).isEqualTo("prod");
    assertThat(bytes[96]).as("slot").isEqualTo((byte) 2);
    assertThat(new String(bytes, 103, 2, StandardCharsets.US_ASCII)).isEqualTo("h3");
    for (int i = LeaseFormat.RECORD; i < bytes.length; i++) {
      assertThat(bytes[i]).isZero();
    }
  }
}
