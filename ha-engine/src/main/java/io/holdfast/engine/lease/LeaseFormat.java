package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockBlock.Ownership;
import java.util.Optional;
import java.util.function.Function;

/**
 * Records as bytes on a lease device, and back. Every block begins with one record of 512 bytes,
 * which every device writes whole: what it is, the version of the format, the initialisation of the
 * device, the cluster and the place that it belongs to, its values, and in the last four bytes the
 * CRC-32C of all others. So a record that was torn, flipped, misdirected, left from another
 * initialisation or copied from another device is told from one that is meant, and is never read as
 * anything else.
 */
public final class LeaseFormat {
  /** How much of each block is read; the rest of it is zero. */
  public static final int RECORD = BlockWriter.RECORD;

  static final int VERSION = 1;
  static final String SUPERBLOCK = "HOLDFAST";
  static final String HOST = "HFHOSTSL";
  static final String LOCK = "HFLOCKBL";

  private static final int NAME = 64;
  private static final int WORKLOAD = 128;

  private final String path;
  private final Superblock superblock;

  /**
   * The format of one device.
   *
   * @param path of the device, for findings
   * @param superblock as it was read there, or is to be written
   */
  public LeaseFormat(String path, Superblock superblock) {
    this.path = path;
    this.superblock = superblock;
  }

  // The superblock

  /** The first block of a device. */
  public static byte[] encode(Superblock superblock) {
    Layout layout = superblock.layout();
    return header(new BlockWriter(layout.slotSize()), SUPERBLOCK, superblock)
        .u32(layout.slotSize())
        .u32(layout.hosts())
        .u32(layout.locks())
        .u64(superblock.set().id().high())
        .u64(superblock.set().id().low())
        .u32(superblock.set().index())
        .u32(superblock.set().count())
        .flag(superblock.ready())
        .sealed();
  }

  /**
   * Reads the first block of a device.
   *
   * @param bytes its beginning, {@link #RECORD} bytes or more
   * @param size how long the device says it is, in bytes
   * @param blockSize the least that it reads and writes at once, in bytes
   * @return {@code Unsound} also for a device that is shorter than its layout, or whose blocks are
   *     larger than its slots; one that is not ready yet is {@code Sound}, and for its reader to
   *     refuse
   */
  public static Reading<Superblock> superblock(
      String path, byte[] bytes, long size, int blockSize) {
    Place place = new Place(path, 0);
    Reading<Superblock> read =
        place.read(
            bytes,
            0,
            SUPERBLOCK,
            reader -> {
              DeviceId device = new DeviceId(reader.u64(), reader.u64());
              String cluster = reader.text(NAME);
              Layout layout = new Layout(reader.u32(), reader.u32(), reader.u32());
              DeviceId set = new DeviceId(reader.u64(), reader.u64());
              DeviceSet all = new DeviceSet(set, reader.u32(), reader.u32());
              return new Reading.Sound<>(
                  new Superblock(cluster, device, all, layout, reader.flag()));
            });
    if (!(read instanceof Reading.Sound<Superblock> sound)) {
      return read;
    }
    Layout layout = sound.value().layout();
    if (size < layout.size()) {
      return place.unsound(
          Kind.TRUNCATED,
          "the device has %d bytes, its layout needs %d".formatted(size, layout.size()));
    }
    if (blockSize > layout.slotSize()) {
      return place.unsound(
          Kind.BLOCK_SIZE,
          "the device has blocks of %d bytes, its slots have %d"
              .formatted(blockSize, layout.slotSize()));
    }
    return read;
  }

  /** The superblock that this is the format of. */
  public Superblock superblock() {
    return superblock;
  }

  // Slots of hosts

  /** A host's slot, as the whole block that it fills. */
  public byte[] encode(HostSlot slot) {
    BlockWriter writer = placed(HOST, slot.slot(), 0).flag(slot.holder().isPresent());
    slot.holder()
        .ifPresent(
            holder ->
                writer
                    .text(holder.host().value(), NAME)
                    .u64(holder.incarnation().value())
                    .u64(holder.sequence())
                    .u64(holder.writer())
                    .flag(holder.released())
                    .time(holder.validity())
                    .time(holder.watchdogPeriod()));
    return writer.sealed();
  }

  /**
   * Reads a host's slot.
   *
   * @param slot which one should be there
   * @param bytes what was read
   * @param from where in it the slot begins
   */
  public Reading<HostSlot> host(int slot, byte[] bytes, int from) {
    Place place = new Place(path, superblock.layout().hostOffset(slot));
    return place.read(
        bytes,
        from,
        HOST,
        reader ->
            placed(place, reader, slot, 0)
                .<Reading<HostSlot>>map(Reading.Unsound::new)
                .orElseGet(() -> new Reading.Sound<>(new HostSlot(slot, holder(reader)))));
  }

  private static Optional<HostSlot.Holder> holder(BlockReader reader) {
    return reader.flag()
        ? Optional.of(
            new HostSlot.Holder(
                new HostId(reader.text(NAME)),
                new Incarnation(reader.u64()),
                reader.u64(),
                reader.u64(),
                reader.flag(),
                reader.time(),
                reader.time()))
        : Optional.empty();
  }

  // Blocks of locks

  /** A host's block of a lock, as the whole block that it fills. */
  public byte[] encode(LockBlock block) {
    BlockWriter writer =
        placed(LOCK, block.slot(), block.lock())
            .text(block.workload().map(WorkloadId::toString).orElse(""), WORKLOAD)
            .u64(block.instance())
            .u64(block.ballot())
            .u64(block.accepted())
            .u64(block.writer())
            .flag(block.proposal().isPresent());
    block.proposal().ifPresent(owner -> owner(writer, owner));
    writer.flag(block.decided().isPresent());
    block
        .decided()
        .ifPresent(
            decided ->
                owner(writer.u64(decided.token()).flag(decided.released()), decided.owner()));
    return writer.sealed();
  }

  /**
   * Reads a host's block of a lock.
   *
   * @param lock which one should be there
   * @param slot the host's number
   * @param from where in {@code bytes} the block begins
   */
  public Reading<LockBlock> lock(int lock, int slot, byte[] bytes, int from) {
    Place place = new Place(path, superblock.layout().blockOffset(lock, slot));
    return place.read(
        bytes,
        from,
        LOCK,
        reader ->
            placed(place, reader, slot, lock)
                .<Reading<LockBlock>>map(Reading.Unsound::new)
                .orElseGet(() -> new Reading.Sound<>(block(lock, slot, reader))));
  }

  private static LockBlock block(int lock, int slot, BlockReader reader) {
    String workload = reader.text(WORKLOAD);
    long instance = reader.u64();
    long ballot = reader.u64();
    long accepted = reader.u64();
    long writer = reader.u64();
    Optional<Owner> proposal = reader.flag() ? Optional.of(owner(reader)) : Optional.empty();
    Optional<Ownership> decided = Optional.empty();
    if (reader.flag()) {
      long token = reader.u64();
      boolean released = reader.flag();
      decided = Optional.of(new Ownership(token, owner(reader), released));
    }
    return new LockBlock(
        lock,
        slot,
        workload.isEmpty() ? Optional.empty() : Optional.of(WorkloadId.parse(workload)),
        instance,
        ballot,
        accepted,
        proposal,
        decided,
        writer);
  }

  private static BlockWriter owner(BlockWriter writer, Owner owner) {
    return writer
        .u32(owner.slot())
        .text(owner.host().value(), NAME)
        .u64(owner.incarnation().value());
  }

  private static Owner owner(BlockReader reader) {
    return new Owner(reader.u32(), new HostId(reader.text(NAME)), new Incarnation(reader.u64()));
  }

  // What all records have

  private static BlockWriter header(BlockWriter writer, String magic, Superblock superblock) {
    for (int i = 0; i < magic.length(); i++) {
      writer.u8(magic.charAt(i));
    }
    return writer
        .u32(VERSION)
        .u64(superblock.device().high())
        .u64(superblock.device().low())
        .text(superblock.cluster(), NAME);
  }

  private BlockWriter placed(String magic, int slot, int lock) {
    return header(new BlockWriter(superblock.layout().slotSize()), magic, superblock)
        .u32(slot)
        .u32(lock);
  }

  /** What is wrong with the place that a record says it belongs to. */
  private Optional<Finding> placed(Place place, BlockReader reader, int slot, int lock) {
    DeviceId device = new DeviceId(reader.u64(), reader.u64());
    String cluster = reader.text(NAME);
    int foundSlot = reader.u32();
    int foundLock = reader.u32();
    if (!device.equals(superblock.device()) || !cluster.equals(superblock.cluster())) {
      return Optional.of(
          place.finding(
              Kind.OTHER_DEVICE,
              "of cluster %s, device %s, on a device of cluster %s, %s"
                  .formatted(cluster, device, superblock.cluster(), superblock.device())));
    }
    if (foundSlot != slot || foundLock != lock) {
      return Optional.of(
          place.finding(
              Kind.MISPLACED,
              "of slot %d and lock %d, at the place of %d and %d"
                  .formatted(foundSlot, foundLock, slot, lock)));
    }
    return Optional.empty();
  }

  /** Where a record is read from. */
  private record Place(String path, long offset) {
    Finding finding(Kind kind, String detail) {
      return new Finding(kind, path, offset, detail);
    }

    <T> Reading<T> unsound(Kind kind, String detail) {
      return new Reading.Unsound<>(finding(kind, detail));
    }

    <T> Reading<T> read(
        byte[] bytes, int from, String magic, Function<BlockReader, Reading<T>> values) {
      if (bytes.length - from < RECORD) {
        return unsound(
            Kind.TRUNCATED,
            "%d of %d bytes are there".formatted(Math.max(0, bytes.length - from), RECORD));
      }
      if (isBlank(bytes, from)) {
        return unsound(Kind.BLANK, "zeros instead of " + magic);
      }
      BlockReader reader = new BlockReader(bytes, from);
      for (int i = 0; i < magic.length(); i++) {
        if (reader.u8() != magic.charAt(i)) {
          return unsound(
              Kind.FOREIGN, "begins with %s instead of %s".formatted(hex(bytes, from), magic));
        }
      }
      int sum = BlockWriter.checksum(bytes, from);
      int found = new BlockReader(bytes, from + BlockWriter.CHECKSUM_AT).u32();
      if (sum != found) {
        return unsound(Kind.DAMAGED, "checksum %08x instead of %08x".formatted(found, sum));
      }
      int version = reader.u32();
      if (version != VERSION) {
        return unsound(Kind.OTHER_VERSION, "version %d, known is %d".formatted(version, VERSION));
      }
      try {
        return values.apply(reader);
      } catch (InvalidConfigException e) {
        return unsound(Kind.DAMAGED, String.valueOf(e.getMessage()));
      }
    }

    private static boolean isBlank(byte[] bytes, int from) {
      for (int i = 0; i < RECORD; i++) {
        if (bytes[from + i] != 0) {
          return false;
        }
      }
      return true;
    }

    private static String hex(byte[] bytes, int from) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < Long.BYTES; i++) {
        text.append("%02x".formatted(bytes[from + i]));
      }
      return text.toString();
    }
  }
}
