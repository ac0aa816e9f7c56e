package io.holdfast.engine.lease;

import io.holdfast.api.LeaseTiming;
import io.holdfast.engine.lease.HostSlot.Holder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Watches the slots of all hosts on all devices. Pure: times are given to it, in nanoseconds of one
 * monotonic clock, and never compared with what stands on a device. A fresh observer has seen
 * nothing and calls nobody dead before it has watched for all of H itself.
 */
public final class HostObserver {
  private final StorageTiming timing;
  private final int devices;
  private final List<SlotWatch> watches = new ArrayList<>();

  /**
   * An observer that has seen nothing.
   *
   * @param hosts how many slots there are
   * @param devices how many devices hold them; more than half have to agree
   */
  public HostObserver(StorageTiming timing, int hosts, int devices) {
    this.timing = timing;
    this.devices = devices;
    for (int i = 0; i < hosts; i++) {
      watches.add(new SlotWatch(devices));
    }
  }

  /**
   * Takes one read of all slots of a device, or of the first ones.
   *
   * @param began before the read was asked for
   * @param ended after its answer was there
   * @param slots in their order
   */
  public void scanned(int device, long began, long ended, List<Reading<HostSlot>> slots) {
    for (int i = 0; i < slots.size(); i++) {
      watches.get(i).read(device, began, ended, slots.get(i));
    }
  }

  /** What may be said of a slot now. */
  public LeaseVerdict verdict(int slot, long now) {
    SlotWatch watch = watches.get(slot);
    HostSlot newest = watch.newest();
    if (newest == null) {
      return new LeaseVerdict.Unknown("no device has shown it yet");
    }
    Optional<Holder> held = newest.holder();
    if (held.isEmpty()) {
      return watch.isSilentFor(Duration.ZERO)
          ? new LeaseVerdict.Free()
          : new LeaseVerdict.Unknown("fewer than half of the devices have shown it free");
    }
    Holder holder = held.get();
    if (holder.released()) {
      return new LeaseVerdict.Released(holder);
    }
    Duration age = Duration.ofNanos(Math.max(0, now - watch.since()));
    if (age.compareTo(holder.validity().plus(timing.lease().renewInterval())) <= 0) {
      return watch.hasChanged()
          ? new LeaseVerdict.Live(holder, age)
          : new LeaseVerdict.Unknown("seen for " + age + ", and not yet seen to change");
    }
    return silent(watch, holder, age);
  }

  private LeaseVerdict silent(SlotWatch watch, Holder holder, Duration age) {
    LeaseTiming lease = timing.lease();
    Duration required = lease.takeoverWait();
    if (holder.watchdogPeriod().isZero()) {
      return new LeaseVerdict.Failing(holder, age, "no watchdog resets it");
    }
    if (!lease.covers(holder.validity(), holder.watchdogPeriod())) {
      return new LeaseVerdict.Failing(
          holder,
          age,
          "it relies on its lease for %s with a watchdog of %s, and %s and %s are covered here"
              .formatted(
                  holder.validity(),
                  holder.watchdogPeriod(),
                  lease.validity(),
                  lease.watchdogPeriod()));
    }
    if (watch.isSilentFor(required)) {
      return new LeaseVerdict.Dead(holder, age, required);
    }
    return new LeaseVerdict.Failing(
        holder,
        age,
        age.compareTo(required) < 0
            ? "dead after " + required
            : "not read on %d of %d devices since then"
                .formatted(SlotWatch.majority(devices), devices));
  }
}
