package io.holdfast.engine.lease.io;

import io.holdfast.api.InvalidConfigException;
import io.holdfast.api.Outcome;
import io.holdfast.engine.lease.DeviceSet;
import io.holdfast.engine.lease.Finding;
import io.holdfast.engine.lease.Finding.Kind;
import io.holdfast.engine.lease.HostSlot;
import io.holdfast.engine.lease.Layout;
import io.holdfast.engine.lease.LeaseFormat;
import io.holdfast.engine.lease.LockBlock;
import io.holdfast.engine.lease.Reading;
import io.holdfast.engine.lease.Superblock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Makes a host's slot, or the blocks of a lock, what they were when the device was initialised: for
 * what cannot be read any more. By a person's word alone, for it forgets: {@code docs/safety.md}
 * tells when nothing depends on what is forgotten.
 *
 * <p>It looks at what stands there for a while first, and changes nothing if that changes. An owner
 * of a lock writes nothing while it owns it: that no one does is for the person to know.
 */
public final class DeviceClear {
  private static final long LOOKS = 20;

  private final List<BlockDevice> devices;
  private final Duration timeout;
  private final LongSupplier clock;
  private final Pause pause;

  /** How to wait. */
  public interface Pause {
    /** Lets so much time pass. */
    void pause(Duration time);
  }

  /** How it went. */
  public sealed interface Result {
    /** It is as nobody has ever had it. */
    record Cleared() implements Result {}

    /**
     * It is left as it was.
     *
     * @param finding why
     */
    record Refused(Finding finding) implements Result {}
  }

  /** Where on a device it is, what stood there, and what is to stand there. */
  private record Place(BlockDevice device, long offset, byte[] found, byte[] cleared) {}

  /**
   * For these devices.
   *
   * @param devices open for writing, of one set
   * @param timeout for each read or write
   * @param clock monotonic, in nanoseconds, such as {@code System::nanoTime}
   */
  public DeviceClear(
      List<BlockDevice> devices, Duration timeout, LongSupplier clock, Pause pause) {
    this.devices = List.copyOf(devices);
    this.timeout = timeout;
    this.clock = clock;
    this.pause = pause;
  }

  /**
   * Clears a host's slot on these devices.
   *
   * @param quiet for how long nothing must be written there first: H or longer, for then whoever
   *     had it is reset
   * @throws InvalidConfigException if there is no such slot
   */
  public Result slot(int slot, Duration quiet) {
    return clear(
        quiet,
        format -> format.superblock().layout().hostOffset(slot),
        format -> format.encode(HostSlot.free(slot)));
  }

  /**
   * Clears a lock on these devices, which have to be all of their set: of several, any majority
   * may be asked who owns it.
   *
   * @param quiet for how long nothing must be written there first
   * @throws InvalidConfigException if there is no such lock
   */
  public Result lock(int lock, Duration quiet) {
    Optional<Finding> missing = missing();
    return missing.isPresent()
        ? new Result.Refused(missing.get())
        : clear(
            quiet,
            format -> format.superblock().layout().lockOffset(lock),
            format -> blocks(format, lock));
  }

  private static byte[] blocks(LeaseFormat format, int lock) {
    Layout layout = format.superblock().layout();
    byte[] all = new byte[layout.hosts() * layout.slotSize()];
    for (int slot = 0; slot < layout.hosts(); slot++) {
      byte[] block = format.encode(LockBlock.empty(lock, slot));
      System.arraycopy(block, 0, all, slot * layout.slotSize(), block.length);
    }
    return all;
  }

  private Optional<Finding> missing() {
    List<DeviceSet> sets = new ArrayList<>();
    for (BlockDevice device : devices) {
      Reading<Superblock> superblock = DeviceScan.superblock(device, timeout);
      if (superblock.finding().isPresent()) {
        return superblock.finding();
      }
      sets.add(superblock.sound().orElseThrow().set());
    }
    DeviceSet first = sets.get(0);
    boolean all =
        sets.stream().map(DeviceSet::index).distinct().count() == first.count()
            && sets.stream().allMatch(set -> set.id().equals(first.id()));
    return all
        ? Optional.empty()
        : Optional.of(
            new Finding(
                Kind.CONTRADICTORY,
                devices.get(0).path(),
                0,
                "is used together with %d others: a lock is cleared on all of them or on none"
                    .formatted(first.count() - 1)));
  }

  private interface Of<T> {
    T of(LeaseFormat format);
  }

  private Result clear(Duration quiet, Of<Long> offset, Of<byte[]> cleared) {
    List<Place> places = new ArrayList<>();
    for (BlockDevice device : devices) {
      Reading<Superblock> superblock = DeviceScan.superblock(device, timeout);
      if (superblock.finding().isPresent()) {
        return new Result.Refused(superblock.finding().get());
      }
      LeaseFormat format = new LeaseFormat(device.path(), superblock.sound().orElseThrow());
      byte[] bytes = cleared.of(format);
      long at = offset.of(format);
      Outcome<byte[]> found = device.read(at, bytes.length, timeout);
      if (!(found instanceof Outcome.Done<byte[]> done)) {
        return refused(Kind.NO_ANSWER, device, at, BlockDevice.why(found));
      }
      places.add(new Place(device, at, done.value(), bytes));
    }
    return watched(places, quiet).or(() -> written(places)).orElseGet(Result.Cleared::new);
  }

  private Optional<Result> watched(List<Place> places, Duration quiet) {
    long began = clock.getAsLong();
    while (true) {
      boolean last = clock.getAsLong() - began >= quiet.toNanos();
      for (Place place : places) {
        Optional<Result> changed =
            shows(place, place.found(), "it is written while it is watched: somebody has it");
        if (changed.isPresent()) {
          return changed;
        }
      }
      if (last) {
        return Optional.empty();
      }
      pause.pause(quiet.dividedBy(LOOKS).plusNanos(1));
    }
  }

  private Optional<Result> written(List<Place> places) {
    for (Place place : places) {
      Outcome<Outcome.Ack> write =
          place.device().write(place.offset(), place.cleared(), timeout);
      if (!write.isDone()) {
        return Optional.of(
            refused(Kind.NO_ANSWER, place.device(), place.offset(), BlockDevice.why(write)));
      }
      Optional<Result> other = shows(place, place.cleared(), "it is not what was written");
      if (other.isPresent()) {
        return other;
      }
    }
    return Optional.empty();
  }

  private Optional<Result> shows(Place place, byte[] expected, String otherwise) {
    Outcome<byte[]> read = place.device().read(place.offset(), expected.length, timeout);
    if (!(read instanceof Outcome.Done<byte[]> done)) {
      return Optional.of(
          refused(Kind.NO_ANSWER, place.device(), place.offset(), BlockDevice.why(read)));
    }
    return Arrays.equals(done.value(), expected)
        ? Optional.empty()
        : Optional.of(refused(Kind.CONTRADICTORY, place.device(), place.offset(), otherwise));
  }

  private static Result refused(Kind kind, BlockDevice device, long offset, String detail) {
    return new Result.Refused(new Finding(kind, device.path(), offset, detail));
  }
}
