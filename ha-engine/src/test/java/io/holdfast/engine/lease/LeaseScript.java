package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.engine.lease.Finding.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** One lease, whose devices answer what the test says, when it says so. */
final class LeaseScript {
  static final StorageTiming TIMING =
      StorageTiming.of(Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(1), 0);
  static final HostId HOST = new HostId("h1");
  static final long WRITER = 42;

  final HostLeaseCore core;
  final List<HostSlot> disks = new ArrayList<>();
  final List<LeaseEffect> effects = new ArrayList<>();
  private final List<LeaseEffect> underWay = new ArrayList<>();
  private final List<Integer> silent = new ArrayList<>();
  long now = 1_000_000_000L;

  LeaseScript(int devices) {
    for (int i = 0; i < devices; i++) {
      disks.add(HostSlot.free(0));
    }
    core =
        new HostLeaseCore(
            new HostLeaseConfig(
                TIMING, 0, HOST, new Incarnation(5), WRITER, Duration.ofSeconds(2), devices));
  }

  static HostSlot heldBy(String host, long incarnation, long sequence, long writer) {
    return slotOf(host, incarnation, sequence, writer, false);
  }

  static HostSlot slotOf(
      String host, long incarnation, long sequence, long writer, boolean released) {
    return new HostSlot(
        0,
        Optional.of(
            new HostSlot.Holder(
                new HostId(host),
                new Incarnation(incarnation),
                sequence,
                writer,
                released,
                TIMING.lease().validity(),
                Duration.ofSeconds(2))));
  }

  /** This device answers nothing until {@link #speaksAgain}. */
  void fallsSilent(int device) {
    silent.add(device);
  }

  /** Lets time pass, unnoticed. */
  void later(Duration time) {
    now += time.toNanos();
  }

  /** And now it answers what it was asked meanwhile. */
  void speaksAgain(int device) {
    silent.remove((Integer) device);
    answer();
  }

  void step(LeaseEvent event) {
    for (LeaseEffect effect : core.step(event)) {
      effects.add(effect);
      if (effect instanceof LeaseEffect.Read || effect instanceof LeaseEffect.Write) {
        underWay.add(effect);
      }
    }
  }

  /** Lets time pass; what is asked of a device is answered at once. */
  void passes(Duration time) {
    long end = now + time.toNanos();
    step(new LeaseEvent.Tick(now));
    answer();
    while (core.nextWakeup() <= end) {
      now = Math.max(now, core.nextWakeup());
      step(new LeaseEvent.Tick(now));
      answer();
    }
    now = end;
    step(new LeaseEvent.Tick(now));
    answer();
  }

  private void answer() {
    for (boolean again = true; again; ) {
      again = false;
      for (LeaseEffect effect : List.copyOf(underWay)) {
        if (!silent.contains(device(effect))) {
          underWay.remove(effect);
          again = true;
          answer(effect);
        }
      }
    }
  }

  private static int device(LeaseEffect effect) {
    return effect instanceof LeaseEffect.Read read
        ? read.device()
        : ((LeaseEffect.Write) effect).device();
  }

  private void answer(LeaseEffect effect) {
    if (effect instanceof LeaseEffect.Read read) {
      HostSlot slot = disks.get(read.device());
      Reading<HostSlot> reading =
          slot.slot() == 0
              ? new Reading.Sound<>(slot)
              : new Reading.Unsound<>(new Finding(Kind.DAMAGED, "/dev/x", 4096, "checksum"));
      step(new LeaseEvent.ReadEnded(now, read.device(), read.op(), reading));
    } else if (effect instanceof LeaseEffect.Write write) {
      disks.set(write.device(), write.slot());
      step(new LeaseEvent.WriteEnded(now, write.device(), write.op(), true));
    }
  }

  /** From now on the device shows a record that is damaged. */
  void isDamaged(int device) {
    disks.set(device, HostSlot.free(1));
  }

  <E extends LeaseEffect> List<E> all(Class<E> type) {
    return effects.stream().filter(type::isInstance).map(type::cast).toList();
  }

  Optional<LeaseEffect.Ended> ended() {
    return all(LeaseEffect.Ended.class).stream().findFirst();
  }

  boolean isHeld() {
    return core.heldUntil().filter(until -> until > now).isPresent();
  }

  long writesTo(int device) {
    Predicate<LeaseEffect.Write> there = write -> write.device() == device;
    return all(LeaseEffect.Write.class).stream().filter(there).count();
  }

  /** Whether a device is asked for something. */
  static Predicate<LeaseEffect> on(int device) {
    return effect ->
        (effect instanceof LeaseEffect.Read read && read.device() == device)
            || (effect instanceof LeaseEffect.Write write && write.device() == device);
  }
}
