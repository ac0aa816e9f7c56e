package io.holdfast.engine.lease;

import io.holdfast.api.LeaseTiming;
import io.holdfast.engine.lease.HostSlot.Holder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One slot, watched on all devices that hold it, by somebody else's clock than its holder's. The
 * claim that it makes possible: if for H nothing has changed on a majority of the devices, in reads
 * that began after H was over, then the holder whose record stands there is reset and all that it
 * wrote has landed. {@code docs/safety.md} has the proof.
 *
 * <p>Any change of any device counts, whatever it changes to: an older record that turns up again
 * costs time, and overlooking one could cost a workload.
 */
final class SlotWatch {
  /** What one device has shown, and when the read began that showed it last. */
  private static final class Seen {
    private @Nullable HostSlot slot;
    private boolean read;
    private long began;
  }

  private final List<Seen> devices;
  private boolean begun;
  private long since;
  private boolean changed;
  private Duration longestValidity = Duration.ZERO;
  private Duration longestPeriod = Duration.ZERO;

  SlotWatch(int devices) {
    this.devices = new ArrayList<>(devices);
    for (int i = 0; i < devices; i++) {
      this.devices.add(new Seen());
    }
  }

  /** How many devices are more than half of all. */
  static int majority(int devices) {
    return devices / 2 + 1;
  }

  /**
   * Takes what was read.
   *
   * @param began before the read was asked for, by the watcher's clock
   * @param ended after its answer was there, by the same
   * @return whether the slot has changed on this device since it was read there before
   */
  boolean read(int device, long began, long ended, Reading<HostSlot> reading) {
    Seen seen = devices.get(device);
    if (!(reading instanceof Reading.Sound<HostSlot> sound)) {
      seen.read = false; // never two: what cannot be read says nothing
      return false;
    }
    boolean first = seen.slot == null;
    boolean news = !sound.value().equals(seen.slot);
    if (news) {
      seen.slot = sound.value();
      since = ended;
      begun = true;
      changed |= !first;
      sound.value().holder().ifPresent(this::reliesOn);
    }
    seen.read = true;
    seen.began = began;
    return news && !first;
  }

  private void reliesOn(Holder holder) {
    longestValidity = longer(longestValidity, holder.validity());
    longestPeriod = longer(longestPeriod, holder.watchdogPeriod());
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  /**
   * For how long it has to be silent before another takes it: H, or more where somebody was seen in
   * it who counts by longer times than those that H was computed from.
   */
  Duration takeoverWait(LeaseTiming lease) {
    // never two: the numbers of whoever has it count, not only those of who wants it.
    return longer(
        lease.takeoverWait(),
        LeaseTiming.leastTakeoverWait(
            longer(lease.validity(), longestValidity),
            longer(lease.watchdog(), longestPeriod.multipliedBy(2)),
            lease.drain(),
            lease.rateErrorPpm()));
  }

  /** Since when nothing has changed; only once something was read. */
  long since() {
    return since;
  }

  /** Whether it was ever seen to change. */
  boolean hasChanged() {
    return changed;
  }

  /** Whether nothing has changed for so long, as a majority of the devices says. */
  boolean isSilentFor(Duration wait) {
    long nanos = wait.toNanos();
    long silent =
        devices.stream().filter(seen -> begun && seen.read && seen.began - since >= nanos).count();
    return silent >= majority(devices.size());
  }

  /** What the device showed last; null if it has shown nothing. */
  @Nullable HostSlot seen(int device) {
    return devices.get(device).slot;
  }

  /** The record of the greatest incarnation and sequence; a free slot is less than any. */
  @Nullable HostSlot newest() {
    HostSlot newest = null;
    for (Seen seen : devices) {
      if (seen.slot != null && (newest == null || isNewer(seen.slot, newest))) {
        newest = seen.slot;
      }
    }
    return newest;
  }

  private static boolean isNewer(HostSlot one, HostSlot other) {
    return Arrays.compare(key(one), key(other)) > 0;
  }

  private static long[] key(HostSlot slot) {
    return slot.holder()
        .map(holder -> new long[] {holder.incarnation().value(), holder.sequence()})
        .orElseGet(() -> new long[] {0, 0});
  }
}
