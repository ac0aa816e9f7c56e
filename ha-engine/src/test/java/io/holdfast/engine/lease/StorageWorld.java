package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.HostSlot.Holder;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockEffect.Answer;
import io.holdfast.engine.lease.LockEvent.Written;
import io.holdfast.engine.lease.VirtualTime.Drifting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * All of it together: hosts with leases of their own that watch each other, and one workload whose
 * lock they take from each other on the evidence of an expired lease alone. Its guest writes until
 * it is stopped, or its host is reset: by a watchdog that is fed while the lease is held. No two
 * guests may ever write at the same time.
 */
final class StorageWorld {
  private static final long MS = FaultyDisk.MS;
  private static final long SECOND = FaultyDisk.SECOND;
  private static final WorkloadId WORKLOAD = WorkloadId.parse("vm:1");

  final List<String> violations = new ArrayList<>();
  int started;
  int takenOver;

  private final VirtualTime time = new VirtualTime();
  private final SplittableRandom dice;
  private final StorageTiming timing;
  private final int drift;
  private final boolean impatient;
  private final int slots;
  private final List<FaultyDisk<HostSlot>> leases = new ArrayList<>();
  private final List<FaultyDisk<LockBlock>> locks = new ArrayList<>();
  private final List<Host> all = new ArrayList<>();
  private boolean calm;

  /**
   * A world of one device, or of three.
   *
   * @param impatient whether a lease that only fails counts as evidence, which it is not
   */
  StorageWorld(long seed, StorageTiming timing, int drift, boolean impatient) {
    this(seed, timing, drift, impatient, 0);
  }

  /**
   * A world.
   *
   * @param given how many devices there are; 0: one, or three
   */
  StorageWorld(long seed, StorageTiming timing, int drift, boolean impatient, int given) {
    dice = new SplittableRandom(seed);
    this.timing = timing;
    this.drift = drift;
    this.impatient = impatient;
    slots = 2 + dice.nextInt(3);
    int drawn = 1 + 2 * dice.nextInt(2);
    int devices = given > 0 ? given : drawn;
    for (int i = 0; i < devices; i++) {
      leases.add(
          new FaultyDisk<>(
              time,
              dice.split(),
              "/dev/" + i,
              IntStream.range(0, slots).mapToObj(HostSlot::free).toList()));
      locks.add(
          new FaultyDisk<>(
              time,
              dice.split(),
              "/dev/" + i,
              IntStream.range(0, slots).mapToObj(slot -> LockBlock.empty(0, slot)).toList()));
    }
  }

  /** One host, from its boot until it is reset. */
  private final class Host {
    final Owner me;
    final Drifting clock =
        new Drifting(dice.nextLong(1_000 * SECOND), dice.nextInt(2 * drift + 1) - drift);
    final HostLeaseCore lease;
    final LockCore lock;
    final HostObserver observer = new HostObserver(timing, slots, leases.size());
    boolean dead;
    boolean held;
    boolean runs;
    boolean waits;
    long diedAt;
    long validUntil;
    long pausedUntil;
    Optional<Owner> lastOwner = Optional.empty();

    Host(int slot) {
      int number = all.size() + 1;
      me = new Owner(slot, new HostId("h" + slot), new Incarnation(number));
      lease =
          new HostLeaseCore(
              new HostLeaseConfig(
                  timing,
                  slot,
                  me.host(),
                  me.incarnation(),
                  1000 + number,
                  timing.lease().watchdogPeriod(),
                  leases.size()));
      lock =
          new LockCore(
              new LockConfig(
                  0,
                  WORKLOAD,
                  me,
                  1000 + number,
                  slots,
                  locks.size(),
                  Duration.ofSeconds(20),
                  Duration.ofMillis(50)));
    }

    long now() {
      return clock.shows(time.now());
    }

    /** What its processes do, when they are not stopped. */
    void act(Runnable what) {
      if (dead) {
        return;
      }
      if (time.now() < pausedUntil) {
        time.at(pausedUntil, () -> act(what));
        return;
      }
      what.run();
    }

    /** They may be stopped between deciding and doing, too. */
    private void soon(Runnable what) {
      if (!calm && dice.nextInt(60) == 0) {
        time.after(dice.nextLong(20 * SECOND), () -> alive(what));
      } else {
        what.run();
      }
    }

    private void alive(Runnable what) {
      if (!dead) {
        what.run();
      }
    }

    void tellLease(LeaseEvent event) {
      for (LeaseEffect effect : lease.step(event)) {
        soon(() -> carryOut(effect));
      }
      long wakeup = lease.nextWakeup();
      if (wakeup != Long.MAX_VALUE) {
        time.at(
            clock.realOf(Math.max(wakeup, now() + MS)),
            () -> act(() -> tellLease(new LeaseEvent.Tick(now()))));
      }
    }

    private void carryOut(LeaseEffect effect) {
      if (effect instanceof LeaseEffect.Read read) {
        leases
            .get(read.device())
            .read(
                this,
                (done, seen) ->
                    act(
                        () ->
                            tellLease(
                                new LeaseEvent.ReadEnded(
                                    now(),
                                    read.device(),
                                    read.op(),
                                    done ? seen.get(me.slot()) : unread()))));
      } else if (effect instanceof LeaseEffect.Write write) {
        leases
            .get(write.device())
            .write(
                this,
                me.slot(),
                write.slot(),
                done ->
                    act(
                        () ->
                            tellLease(
                                new LeaseEvent.WriteEnded(
                                    now(), write.device(), write.op(), done))));
      } else if (effect instanceof LeaseEffect.Held until && now() < until.until()) {
        holds(until.until());
      } else if (effect instanceof LeaseEffect.Ended && !held) {
        time.after(dice.nextLong(5 * SECOND), this::dies); // and tries again from the beginning
      }
    }

    private Reading<HostSlot> unread() {
      return new Reading.Unsound<>(
          new Finding(Finding.Kind.NO_ANSWER, "/dev", 4096, "an error was injected"));
    }

    private void holds(long until) {
      validUntil = held ? Math.max(validUntil, until) : until;
      if (!held) {
        held = true;
        for (int device = 0; device < leases.size(); device++) {
          scan(device);
        }
        asks();
      }
      time.at(
          resetAt(),
          () -> {
            if (time.now() >= resetAt()) {
              dies();
            }
          });
    }

    boolean isHeld() {
      return held && now() < validUntil;
    }

    /** When its watchdog resets it, unless the lease is renewed. */
    long resetAt() {
      return clock.realOf(validUntil + timing.lease().watchdog().toNanos());
    }

    /** Until when its guest may write, as far as it is known now. */
    long writesUntil() {
      long end = dead ? diedAt : resetAt();
      return runs ? end + timing.lease().drain().toNanos() : 0;
    }

    private void scan(int device) {
      long began = now();
      leases
          .get(device)
          .read(
              this,
              (done, seen) ->
                  act(
                      () -> {
                        if (done) {
                          observer.scanned(device, began, now(), seen);
                        }
                        time.after(200 * MS + dice.nextLong(SECOND), () -> act(() -> scan(device)));
                      }));
    }

    private void asks() {
      if (isHeld() && !waits) {
        if (runs && !calm && dice.nextInt(8) == 0) {
          runs = false;
          waits = true;
          tellLock(new LockEvent.Release(now()));
        } else if (!runs) {
          waits = true;
          tellLock(new LockEvent.Acquire(now(), lastOwner.filter(this::isGone)));
        }
      }
      time.after(100 * MS + dice.nextLong(2 * SECOND), () -> act(this::asks));
    }

    /**
     * On the evidence of its lease: silent for H, or followed by a later incarnation, which here
     * begins only when the host was reset.
     */
    private boolean isGone(Owner owner) {
      LeaseVerdict verdict = observer.verdict(owner.slot(), now());
      if (impatient && verdict instanceof LeaseVerdict.Failing) {
        return true;
      }
      return (verdict instanceof LeaseVerdict.Dead dead
              && dead.holder().incarnation().compareTo(owner.incarnation()) >= 0)
          || (verdict instanceof LeaseVerdict.Live live && isLater(live.holder(), owner));
    }

    private boolean isLater(Holder holder, Owner owner) {
      return holder.incarnation().compareTo(owner.incarnation()) > 0;
    }

    private void tellLock(LockEvent event) {
      for (LockEffect effect : lock.step(event)) {
        soon(() -> carryOut(effect));
      }
      long wakeup = lock.nextWakeup();
      if (wakeup != Long.MAX_VALUE) {
        time.at(
            clock.realOf(Math.max(wakeup, now() + MS)),
            () -> act(() -> tellLock(new LockEvent.Tick(now()))));
      }
    }

    private void carryOut(LockEffect effect) {
      if (effect instanceof LockEffect.Read read) {
        locks
            .get(read.device())
            .read(
                this,
                (done, seen) ->
                    act(
                        () ->
                            tellLock(
                                new LockEvent.BlocksRead(
                                    now(), read.device(), read.op(), done ? seen : List.of()))));
      } else if (effect instanceof LockEffect.Write write) {
        if (isHeld()) {
          locks
              .get(write.device())
              .write(
                  this,
                  me.slot(),
                  write.block(),
                  done -> act(() -> written(write, done ? Written.DONE : Written.UNKNOWN)));
        } else {
          time.after(MS, () -> act(() -> written(write, Written.NOT_BEGUN)));
        }
      } else if (effect instanceof LockEffect.Answered answered) {
        waits = false;
        lastOwner = Optional.empty();
        if (answered.answer() instanceof Answer.Acquired) {
          starts();
        } else if (answered.answer() instanceof Answer.HeldBy other) {
          lastOwner = Optional.of(other.ownership().owner());
        }
        if (lock.isSpent()) {
          time.after(dice.nextLong(5 * SECOND), this::dies); // and begins anew
        }
      }
    }

    private void written(LockEffect.Write write, Written how) {
      tellLock(new LockEvent.WriteEnded(now(), write.device(), write.op(), how));
    }

    private void starts() {
      if (!isHeld()) {
        return; // it owns it, and may not start anything any more
      }
      runs = true;
      started++;
      for (Host other : all) {
        if (other != this && other.writesUntil() > time.now()) {
          violations.add(
              "at %d %s starts it, and it may write at %s until %d"
                  .formatted(time.now(), me, other.me, other.writesUntil()));
        }
        takenOver += other != this && other.runs ? 1 : 0;
        other.runs &= other == this || other.writesUntil() > time.now();
      }
    }

    void dies() {
      if (dead) {
        return;
      }
      dead = true;
      diedAt = time.now();
      long drain = timing.lease().drain().toNanos();
      leases.forEach(disk -> disk.dies(this, drain));
      locks.forEach(disk -> disk.dies(this, drain));
      time.after(SECOND + dice.nextLong(30 * SECOND), () -> boots(me.slot()));
    }
  }

  private void boots(int slot) {
    Host host = new Host(slot);
    all.add(host);
    host.act(() -> host.tellLease(new LeaseEvent.Tick(host.now())));
  }

  /** Plays it, with faults at first and without them at the end. */
  StorageWorld play(long chaosSeconds, long calmSeconds) {
    for (int slot = 0; slot < slots; slot++) {
      int number = slot;
      time.at(dice.nextLong(5 * SECOND), () -> boots(number));
    }
    for (long second = 10; second < chaosSeconds; second += 1 + dice.nextLong(12)) {
      time.at(second * SECOND, this::mischief);
    }
    time.runUntil(chaosSeconds * SECOND);
    calm = true;
    leases.forEach(FaultyDisk::calmDown);
    locks.forEach(FaultyDisk::calmDown);
    time.runUntil((chaosSeconds + calmSeconds) * SECOND);
    return this;
  }

  private void mischief() {
    Host victim = all.get(dice.nextInt(all.size()));
    int device = dice.nextInt(leases.size());
    switch (dice.nextInt(5)) {
      case 0 -> {
        long nanos = dice.nextLong(20 * SECOND);
        leases.get(device).failsFor(nanos);
        locks.get(device).failsFor(nanos);
      }
      case 1 -> {
        long nanos = dice.nextLong(40 * SECOND);
        leases.get(device).cutsOff(victim, nanos);
        locks.get(device).cutsOff(victim, nanos);
      }
      case 2 -> victim.dies();
      default -> victim.pausedUntil = time.now() + dice.nextLong(30 * SECOND);
    }
  }

  /** Whether the workload runs somewhere. */
  boolean runs() {
    return all.stream().anyMatch(host -> host.runs && !host.dead);
  }
}
