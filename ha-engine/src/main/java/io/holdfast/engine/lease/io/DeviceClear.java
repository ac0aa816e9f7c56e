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
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Makes a host's slot, or the blocks of a lock, what they were when the device was initialised: for
 * what is read, and is no record any more. What the device itself cannot read is left as it is, for
 * nobody can tell that it is not written meanwhile. By a person's word alone, for it forgets:
 * {@code docs/safety.md} tells when nothing depends on what is forgotten.
 *
 * <p>It looks at what stands there for a while first, and changes nothing if that changes. An owner
 * of a lock writes nothing while it owns it: that no one does is for the person to know.
 */
public final class DeviceClear {
  private static final long LOOKS = 20;

  private final List<BlockDevice> devices;
  private final Caches caches;
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
    /** It is as nobody has ever had it, or its holder has joined again since. */
    record Cleared() implements Result {}

    /**
     * It is left as it was.
     *
     * @param finding why
     */
    record Refused(Finding finding) implements Result {}

    /**
     * It is neither what it was nor cleared, and a write may yet land over what others write there
     * after it. Nobody may use it before this host was restarted, and it was cleared to the end.
     *
     * @param finding what has gone wrong
     */
    record Begun(Finding finding) implements Result {}
  }

  /** Where on a device it is, what stood there, and what is to stand there. */
  private static final class Place {
    final BlockDevice device;
    final LeaseFormat format;
    final long offset;
    final byte[] found;
    final byte[] cleared;

    Place(BlockDevice device, LeaseFormat format, long offset, byte[] found, byte[] cleared) {
      this.device = device;
      this.format = format;
      this.offset = offset;
      this.found = found;
      this.cleared = cleared;
    }

    Finding finding(Kind kind, String detail) {
      return new Finding(kind, device.path(), offset, detail);
    }
  }

  /**
   * For these devices.
   *
   * @param devices open for writing, of one set
   * @param caches what is known of those between this host and the devices: behind one that never
   *     changes, nobody seems to write
   * @param timeout for each read or write
   * @param clock monotonic, in nanoseconds, such as {@code System::nanoTime}
   */
  public DeviceClear(
      List<BlockDevice> devices, Caches caches, Duration timeout, LongSupplier clock, Pause pause) {
    this.devices = List.copyOf(devices);
    this.caches = caches;
    this.timeout = timeout;
    this.clock = clock;
    this.pause = pause;
  }

  /**
   * Clears a host's slot on these devices.
   *
   * @param quiet for how long nothing must be written there first: H or longer, for then whoever
   *     had it is reset
   * @return {@code Refused} also where somebody stands who relies on it for longer than that
   * @throws InvalidConfigException if there is no such slot
   */
  public Result slot(int slot, Duration quiet) {
    List<Place> places = new ArrayList<>();
    return found(
            places,
            format -> format.superblock().layout().hostOffset(slot),
            format -> format.encode(HostSlot.free(slot)))
        .or(() -> strange(places, false))
        .or(() -> tooShort(places, slot, quiet))
        .or(() -> watched(places, quiet))
        .<Result>map(Result.Refused::new)
        .or(
            () ->
                written(places, place -> place.cleared, place -> isTaken(place, slot))
                    .map(Result.Begun::new))
        .orElseGet(Result.Cleared::new);
  }

  /** Whether somebody has it by now: its holder joins again as soon as it is free. */
  private boolean isTaken(Place place, int slot) {
    return place.device.read(place.offset, place.cleared.length, timeout)
            instanceof Outcome.Done<byte[]> shown
        && !Arrays.equals(shown.value(), place.found)
        && place.format.host(slot, shown.value(), 0).sound().isPresent();
  }

  /**
   * Clears a lock on these devices, which have to be all of their set: of several, any majority may
   * be asked who owns it.
   *
   * @param quiet for how long nothing must be written there first
   * @throws InvalidConfigException if there is no such lock
   */
  public Result lock(int lock, Duration quiet) {
    List<Place> places = new ArrayList<>();
    return found(
            places,
            format -> format.superblock().layout().lockOffset(lock),
            format -> blocks(format, lock))
        .or(() -> strange(places, true))
        .or(() -> watched(places, quiet))
        .<Result>map(Result.Refused::new)
        // never two: while some devices know an owner, none that has forgotten it counts.
        .or(
            () ->
                written(places, place -> new byte[place.cleared.length], place -> false)
                    .map(Result.Begun::new))
        .or(() -> written(places, place -> place.cleared, place -> false).map(Result.Begun::new))
        .orElseGet(Result.Cleared::new);
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

  /** What is wrong with a device, or with all of them together. */
  private Optional<Finding> found(
      List<Place> places, Function<LeaseFormat, Long> offset, Function<LeaseFormat, byte[]> to) {
    for (BlockDevice device : devices) {
      Optional<Finding> cached = Disk.cached(device, caches);
      if (cached.isPresent()) {
        return cached;
      }
      Reading<Superblock> superblock = DeviceScan.superblock(device, timeout);
      if (superblock.finding().isPresent()) {
        return superblock.finding();
      }
      LeaseFormat format = new LeaseFormat(device.path(), superblock.sound().orElseThrow());
      byte[] cleared = to.apply(format);
      long at = offset.apply(format);
      Outcome<byte[]> found = device.read(at, cleared.length, timeout);
      if (!(found instanceof Outcome.Done<byte[]> done)) {
        return Optional.of(new Finding(Kind.NO_ANSWER, device.path(), at, BlockDevice.why(found)));
      }
      places.add(new Place(device, format, at, done.value(), cleared));
    }
    return Optional.empty();
  }

  private static Optional<Finding> strange(List<Place> places, boolean all) {
    List<DeviceSet> sets = places.stream().map(place -> place.format.superblock().set()).toList();
    DeviceSet first = sets.get(0);
    if (sets.stream().anyMatch(set -> !set.id().equals(first.id()))) {
      return contradictory(places, "was not initialised together with all others");
    }
    long distinct = sets.stream().map(DeviceSet::index).distinct().count();
    return all && distinct != first.count()
        ? contradictory(
            places,
            "is used together with %d others: a lock is cleared on all of them or on none"
                .formatted(first.count() - 1))
        : Optional.empty();
  }

  private static Optional<Finding> contradictory(List<Place> places, String detail) {
    return Optional.of(new Finding(Kind.CONTRADICTORY, places.get(0).device.path(), 0, detail));
  }

  /** The least that whoever stands there says of itself; H is longer. */
  private static Optional<Finding> tooShort(List<Place> places, int slot, Duration quiet) {
    for (Place place : places) {
      Optional<HostSlot.Holder> holder =
          place.format.host(slot, place.found, 0).sound().flatMap(HostSlot::holder);
      Duration least =
          holder
              .map(has -> has.validity().plus(has.watchdogPeriod().multipliedBy(2)))
              .orElse(Duration.ZERO);
      if (quiet.compareTo(least) < 0) {
        return Optional.of(
            place.finding(
                Kind.CONTRADICTORY,
                "%s relies on it for %s: %s is too short"
                    .formatted(holder.orElseThrow().describe(), least, quiet)));
      }
    }
    return Optional.empty();
  }

  private Optional<Finding> watched(List<Place> places, Duration quiet) {
    long began = clock.getAsLong();
    while (true) {
      boolean last = clock.getAsLong() - began >= quiet.toNanos();
      for (Place place : places) {
        Optional<Finding> changed =
            shows(place, place.found, "it is written while it is watched: somebody has it");
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

  private Optional<Finding> written(
      List<Place> places, Function<Place, byte[]> what, Predicate<Place> isTaken) {
    for (Place place : places) {
      byte[] bytes = what.apply(place);
      Outcome<Outcome.Ack> write = place.device.write(place.offset, bytes, timeout);
      Optional<Finding> wrong =
          write.isDone()
              ? shows(place, bytes, "it is not what was written")
                  .filter(otherwise -> !isTaken.test(place))
              : Optional.of(place.finding(Kind.NO_ANSWER, BlockDevice.why(write)));
      if (wrong.isPresent()) {
        return wrong;
      }
    }
    return Optional.empty();
  }

  private Optional<Finding> shows(Place place, byte[] expected, String otherwise) {
    Outcome<byte[]> read = place.device.read(place.offset, expected.length, timeout);
    if (!(read instanceof Outcome.Done<byte[]> done)) {
      return Optional.of(place.finding(Kind.NO_ANSWER, BlockDevice.why(read)));
    }
    return Arrays.equals(done.value(), expected)
        ? Optional.empty()
        : Optional.of(place.finding(Kind.CONTRADICTORY, otherwise));
  }
}
