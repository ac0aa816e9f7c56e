package io.holdfast.engine.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.property.SeedsOfThisBuild;
import java.util.Arrays;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;

/** What holds for every record, and for whatever becomes of its bytes. */
@AddLifecycleHook(SeedsOfThisBuild.class)
class LeaseFormatPropertiesTest {
  private static final int BITS = LeaseFormat.RECORD * 8;

  @Provide
  Arbitrary<Superblock> superblocks() {
    return LeaseArbitraries.superblocks();
  }

  @Provide
  Arbitrary<HostSlot> slots() {
    return LeaseArbitraries.slots();
  }

  @Provide
  Arbitrary<LockBlock> blocks() {
    return LeaseArbitraries.blocks();
  }

  private static byte[] flipped(byte[] bytes, int bit) {
    byte[] flipped = bytes.clone();
    flipped[bit / 8] ^= (byte) (1 << (bit % 8));
    return flipped;
  }

  private static Reading<Superblock> read(byte[] bytes) {
    return LeaseFormat.superblock("/dev/x", bytes, Long.MAX_VALUE, 512);
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void aSuperblockReadsBackAsItWasWritten(@ForAll("superblocks") Superblock superblock) {
    byte[] bytes = LeaseFormat.encode(superblock);
    assertThat(bytes).hasSize(superblock.layout().slotSize());
    assertThat(read(bytes)).isEqualTo(new Reading.Sound<>(superblock));
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void aSlotReadsBackAsItWasWritten(
      @ForAll("superblocks") Superblock superblock, @ForAll("slots") HostSlot slot) {
    LeaseFormat format = new LeaseFormat("/dev/x", superblock);
    byte[] bytes = format.encode(slot);
    assertThat(bytes).hasSize(superblock.layout().slotSize());
    assertThat(format.host(slot.slot(), bytes, 0)).isEqualTo(new Reading.Sound<>(slot));
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void aBlockOfALockReadsBackAsItWasWritten(
      @ForAll("superblocks") Superblock superblock, @ForAll("blocks") LockBlock block) {
    LeaseFormat format = new LeaseFormat("/dev/x", superblock);
    byte[] bytes = format.encode(block);
    assertThat(bytes).hasSize(superblock.layout().slotSize());
    assertThat(format.lock(block.lock(), block.slot(), bytes, 0))
        .isEqualTo(new Reading.Sound<>(block));
  }

  @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
  void everyBitThatFlipsIsFound(
      @ForAll("superblocks") Superblock superblock,
      @ForAll("slots") HostSlot slot,
      @ForAll("blocks") LockBlock block) {
    LeaseFormat format = new LeaseFormat("/dev/x", superblock);
    byte[] first = LeaseFormat.encode(superblock);
    byte[] ofHost = format.encode(slot);
    byte[] ofLock = format.encode(block);
    for (int bit = 0; bit < BITS; bit++) {
      assertThat(read(flipped(first, bit)).finding()).as("bit %d", bit).isPresent();
      assertThat(format.host(slot.slot(), flipped(ofHost, bit), 0).finding())
          .as("bit %d", bit)
          .isPresent();
      assertThat(format.lock(block.lock(), block.slot(), flipped(ofLock, bit), 0).finding())
          .as("bit %d", bit)
          .isPresent();
    }
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void aRecordThatWasTornIsFoundOrOneOfTheTwo(
      @ForAll("superblocks") Superblock superblock,
      @ForAll("slots") HostSlot before,
      @ForAll("slots") HostSlot after,
      @ForAll @IntRange(max = LeaseFormat.RECORD) int at) {
    LeaseFormat format = new LeaseFormat("/dev/x", superblock);
    HostSlot later = new HostSlot(before.slot(), after.holder());
    byte[] torn = format.encode(before);
    byte[] whole = format.encode(later);
    for (int i = 0; i < at; i++) {
      torn[i] = whole[i];
    }
    Reading<HostSlot> reading = format.host(before.slot(), torn, 0);
    assertThat(reading.sound().filter(s -> !s.equals(before) && !s.equals(later))).isEmpty();
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void whatAnotherInitialisationHasWrittenIsFound(
      @ForAll("superblocks") Superblock superblock,
      @ForAll("superblocks") Superblock other,
      @ForAll("slots") HostSlot slot) {
    Reading<HostSlot> reading =
        new LeaseFormat("/dev/x", superblock)
            .host(slot.slot(), new LeaseFormat("/dev/y", other).encode(slot), 0);
    if (!superblock.device().equals(other.device())) {
      assertThat(reading.finding().map(Finding::kind)).contains(Kind.OTHER_DEVICE);
    }
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void whateverTheBytesAreTheyAreARecordOrAFindingWithItsPlace(
      @ForAll("superblocks") Superblock superblock,
      @ForAll byte[] bytes,
      @ForAll @IntRange(max = LeaseArbitraries.HOSTS - 1) int slot) {
    LeaseFormat format = new LeaseFormat("/dev/x", superblock);
    byte[] block = Arrays.copyOf(bytes, superblock.layout().slotSize());
    Finding finding = format.host(slot, block, 0).finding().orElseThrow();
    assertThat(finding.device()).isEqualTo("/dev/x");
    assertThat(finding.offset()).isEqualTo(superblock.layout().hostOffset(slot));
    assertThat(finding.detail()).isNotBlank().doesNotContain("\n");
    assertThat(format.lock(0, slot, block, 0).finding()).isPresent();
    assertThat(read(block).finding()).isPresent();
  }
}
