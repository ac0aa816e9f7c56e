package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.LockBlock;
import io.holdfast.engine.lease.Reading;
import io.holdfast.engine.lease.Superblock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Makes a lease device of a file or block device: a superblock that says "not ready", then every
 * slot and block, then a look whether all of that is there, and at last a superblock that says
 * "ready".
 *
 * <p>Two that do so at the same time are not kept from each other. Most of the time one of them
 * finds what the other has written; but one whose look came before, and whose writes come after all
 * of the other's, leaves that one with a device that is not its own. So {@link #confirm} looks once
 * more when all devices of a set have been initialised; and whatever is left of two initialisations
 * is found by every reader.
 */
public final class DeviceInit {
  private static final int CHUNK = 1 << 20;

  /** File systems, partitions and the like have their marks here or at the very end. */
  private static final long MARKS = 4L << 20;

  private final BlockDevice device;
  private final Duration timeout;

  /** How it went. */
  public sealed interface Result {
    /** It is a lease device now. */
    record Initialised(Superblock superblock) implements Result {}

    /**
     * It holds something, and has been left as it was.
     *
     * @param detail one line for people
     */
    record Holds(String detail) implements Result {}

    /**
     * It was not made one, and what it holds does not count as one; unless the very first write has
     * failed, or it could not be read: then it holds what it did.
     *
     * @param finding what has gone wrong
     */
    record Failed(Finding finding) implements Result {}
  }

  /**
   * For one device.
   *
   * @param timeout for each read or write of a megabyte at most
   */
  public DeviceInit(BlockDevice device, Duration timeout) {
    this.device = device;
    this.timeout = timeout;
  }

  /**
   * Initialises it.
   *
   * @param superblock with an id that was drawn at random for this very call; not ready
   * @param mayGrow whether it is a file, which may be longer afterwards than before
   * @param force whether what it holds may be lost
   */
  public Result initialise(Superblock superblock, boolean mayGrow, boolean force) {
    return obstacle(superblock.layout(), mayGrow, force)
        .or(() -> force ? Optional.empty() : contents(0, 1)) // it may have changed since
        .or(() -> write(0, LeaseFormat.encode(superblock)))
        .or(() -> writeSlots(superblock))
        .or(() -> check(superblock))
        .or(() -> write(0, LeaseFormat.encode(superblock.whenReady())))
        .or(() -> confirm(superblock.whenReady()))
        .orElseGet(() -> new Result.Initialised(superblock.whenReady()));
  }

  /** Why it would not be initialised, if so. Changes nothing. */
  public Optional<Result> obstacle(Layout layout, boolean mayGrow, boolean force) {
    if (device.blockSize() > layout.slotSize()) {
      return Optional.of(
          failed(
              Kind.BLOCK_SIZE,
              0,
              "the device has blocks of %d bytes, slots of %d are asked for"
                  .formatted(device.blockSize(), layout.slotSize())));
    }
    if (!mayGrow && device.size() < layout.size()) {
      return Optional.of(
          failed(
              Kind.TRUNCATED,
              0,
              "the device has %d bytes, its layout needs %d"
                  .formatted(device.size(), layout.size())));
    }
    return force ? Optional.empty() : contents(layout);
  }

  /** What it holds where the leases would be, and where others leave the marks of their own. */
  private Optional<Result> contents(Layout layout) {
    long end = Math.min(device.size(), Math.max(layout.size(), MARKS));
    long last = Math.max(0, device.size() - CHUNK) / CHUNK * CHUNK;
    return contents(0, end).or(() -> contents(Math.max(end, last), device.size()));
  }

  private Optional<Result> contents(long from, long end) {
    for (long offset = from; offset < end; offset += CHUNK) {
      // whole blocks, also at the end of a file that has half of one
      int length = CHUNK;
      Outcome<byte[]> read = device.read(offset, length, timeout);
      if (!(read instanceof Outcome.Done<byte[]> done)) {
        return failed(offset, read);
      }
      byte[] bytes = done.value();
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] != 0) {
          return Optional.of(new Result.Holds(told(bytes, offset, i)));
        }
      }
    }
    return Optional.empty();
  }

  private String told(byte[] bytes, long offset, int index) {
    Optional<Superblock> superblock =
        offset == 0
            ? LeaseFormat.superblock(device.path(), bytes, Long.MAX_VALUE, 1).sound()
            : Optional.empty();
    return superblock
        .map(
            found ->
                "it is a lease device of cluster %s, %s%s"
                    .formatted(
                        found.cluster(),
                        found.device(),
                        found.ready() ? "" : ", whose initialisation has not come to its end"))
        .orElseGet(() -> "it holds something from byte %d on".formatted(offset + index));
  }

  private Optional<Result> writeSlots(Superblock superblock) {
    Layout layout = superblock.layout();
    LeaseFormat format = new LeaseFormat(device.path(), superblock);
    int perChunk = Math.max(1, CHUNK / layout.slotSize());
    for (long index = 1; index < layout.slots(); index += perChunk) {
      int count = (int) Math.min(perChunk, layout.slots() - index);
      byte[] bytes = new byte[count * layout.slotSize()];
      for (int i = 0; i < count; i++) {
        byte[] block = block(format, layout, index + i);
        for (int at = 0; at < LeaseFormat.RECORD; at++) {
          bytes[i * layout.slotSize() + at] = block[at];
        }
      }
      Optional<Result> failure = write(index * layout.slotSize(), bytes);
      if (failure.isPresent()) {
        return failure;
      }
    }
    return Optional.empty();
  }

  private static byte[] block(LeaseFormat format, Layout layout, long index) {
    if (index <= layout.hosts()) {
      return format.encode(HostSlot.free((int) index - 1));
    }
    long number = index - 1 - layout.hosts();
    return format.encode(
        LockBlock.empty((int) (number / layout.hosts()), (int) (number % layout.hosts())));
  }

  /** Whether all of it is what was written. */
  private Optional<Result> check(Superblock superblock) {
    Layout layout = superblock.layout();
    LeaseFormat format = new LeaseFormat(device.path(), superblock);
    int perChunk = Math.max(1, CHUNK / layout.slotSize());
    for (long index = 1; index < layout.slots(); index += perChunk) {
      int count = (int) Math.min(perChunk, layout.slots() - index);
      long offset = index * layout.slotSize();
      Outcome<byte[]> read = device.read(offset, count * layout.slotSize(), timeout);
      if (!(read instanceof Outcome.Done<byte[]> done)) {
        return failed(offset, read);
      }
      if (done.value().length < count * layout.slotSize()) {
        return Optional.of(
            failed(
                Kind.TRUNCATED,
                offset + done.value().length,
                "it ends here, though more was written"));
      }
      for (int i = 0; i < count; i++) {
        byte[] found =
            Arrays.copyOfRange(done.value(), i * layout.slotSize(), (i + 1) * layout.slotSize());
        if (!Arrays.equals(found, block(format, layout, index + i))) {
          return Optional.of(
              failed(
                  Kind.DAMAGED,
                  offset + (long) i * layout.slotSize(),
                  "is not what was written: another initialises it at the same time, or it keeps"
                      + " nothing"));
        }
      }
    }
    return confirm(superblock);
  }

  /** What has gone wrong if it does not show this superblock any more. */
  public Optional<Result> confirm(Superblock superblock) {
    int length = superblock.layout().slotSize();
    Outcome<byte[]> read = device.read(0, length, timeout);
    if (!(read instanceof Outcome.Done<byte[]> done)) {
      return failed(0, read);
    }
    Reading<Superblock> found =
        LeaseFormat.superblock(device.path(), done.value(), Long.MAX_VALUE, 1);
    return found.sound().filter(superblock::equals).isPresent()
        ? Optional.empty()
        : Optional.of(
            failed(
                Kind.OTHER_DEVICE,
                0,
                "another initialises it at the same time, or it is another of these by another"
                    + " name: found "
                    + found
                        .sound()
                        .map(other -> "that of " + other.cluster() + ", " + other.device())
                        .or(() -> found.finding().map(Finding::detail))
                        .orElse("")));
  }

  private Optional<Result> write(long offset, byte[] bytes) {
    Outcome<Ack> written = device.write(offset, bytes, timeout);
    return written.isDone() ? Optional.empty() : failed(offset, written);
  }

  private Optional<Result> failed(long offset, Outcome<?> outcome) {
    return Optional.of(failed(Kind.NO_ANSWER, offset, BlockDevice.why(outcome)));
  }

  private Result failed(Kind kind, long offset, String detail) {
    return new Result.Failed(new Finding(kind, device.path(), offset, detail));
  }
}
