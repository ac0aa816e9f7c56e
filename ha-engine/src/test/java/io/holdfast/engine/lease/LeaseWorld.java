package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.LeaseTiming;
import io.holdfast.engine.lease.FaultyDisk.ReadEnded;
import io.holdfast.engine.lease.HostSlot.Holder;
import io.holdfast.engine.lease.VirtualTime.Drifting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongFunction;

/**
 * Several processes that all believe to be the host of one slot, and an observer, on devices that
 * fail in every way that they may: the cores are the real ones, time is virtual, and each process
 * has a clock whose rate is wrong. It knows when each holder is reset at the latest, and what it
 * finds against the promise is in {@link #violations}.
 */
final class LeaseWorld {
  private static final long MS = FaultyDisk.MS;
  private static final long SECOND = FaultyDisk.SECOND;
  private static final HostId HOST = new HostId("h1");

  final List<String> violations = new ArrayList<>();
  int holders;
  int deaths;
  int contested;
  int restored;

  /** Leases that were held and have ended, though their process was not stopped. */
  int lost;

  private final VirtualTime time = new VirtualTime();
  private final SplittableRandom dice;
  private final StorageTiming timing;
  private final int drift;
  private final List<FaultyDisk<HostSlot>> disks = new ArrayList<>();
  private final List<Contender> processes = new ArrayList<>();
  private final HostObserver observer;
  private final Drifting observersClock;

  /** Of how many effects one comes late, because the process is stopped before it. */
  private final int stallOdds;

  /** Whether all begin at about the same time. */
  private final boolean together;

  /** Whether one of three devices, and no other, is set back to what stood there before. */
  private final boolean restoring;

  private boolean calm;

  /**
   * A world.
   *
   * @param timing that all count by
   * @param drift the most by which a clock is wrong, in parts per million
   */
  LeaseWorld(long seed, StorageTiming timing, int drift) {
    this(seed, timing, drift, false);
  }

  /**
   * A world of one process after another, which are never stopped, on three devices, of which one
   * fails in every way and is set back to former contents, again and again; the two others are
   * well.
   */
  static LeaseWorld restoring(long seed, StorageTiming timing, int drift) {
    return new LeaseWorld(seed, timing, drift, true);
  }

  private LeaseWorld(long seed, StorageTiming timing, int drift, boolean restoring) {
    dice = new SplittableRandom(seed);
    this.timing = timing;
    this.drift = drift;
    this.restoring = restoring;
    int some = 1 + 2 * dice.nextInt(2) + dice.nextInt(4) / 3; // 1, 3, seldom 2 or 4
    int count = restoring ? 3 : some;
    for (int i = 0; i < count; i++) {
      disks.add(new FaultyDisk<>(time, dice.split(), "/dev/" + i, List.of(HostSlot.free(0))));
    }
    observer = new HostObserver(timing, 1, count);
    observersClock = clock();
    int odds = dice.nextBoolean() ? 100 : 8;
    stallOdds = restoring ? Integer.MAX_VALUE : odds;
    together = dice.nextBoolean();
  }

  static StorageTiming timing(int ppm) {
    return StorageTiming.of(
        Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(1), ppm);
  }

  private Drifting clock() {
    return new Drifting(dice.nextLong(1_000 * SECOND), dice.nextInt(2 * drift + 1) - drift);
  }

  /** One process, until it is reset. */
  private final class Contender {
    final HostLeaseConfig config;
    final HostLeaseCore core;
    final Drifting clock = clock();
    boolean dead;
    boolean held;
    boolean released;
    long validUntil;
    long pausedUntil;
    long tickAt = Long.MAX_VALUE;

    Contender(int number) {
      LeaseTiming lease = timing.lease();
      config =
          new HostLeaseConfig(
              timing,
              0,
              HOST,
              new Incarnation(number + 1),
              1000 + number,
              lease.watchdogPeriod(),
              disks.size());
      core = new HostLeaseCore(config);
    }

    /** When its watchdog has reset it for certain, and all that it wrote has landed. */
    long goneAt() {
      LeaseTiming lease = timing.lease();
      return clock.realOf(validUntil + lease.watchdog().toNanos()) + lease.drain().toNanos();
    }

    void tell(LongFunction<LeaseEvent> event) {
      if (dead) {
        return;
      }
      if (time.now() < pausedUntil) {
        time.at(pausedUntil, () -> tell(event));
        return;
      }
      for (LeaseEffect effect : core.step(event.apply(clock.shows(time.now())))) {
        // it may be stopped between deciding and doing, too
        long delay = !calm && dice.nextInt(stallOdds) == 0 ? stall() : 0;
        if (delay == 0) {
          carryOut(effect);
        } else {
          time.after(delay, () -> carryOut(effect));
        }
      }
      long wakeup = core.nextWakeup();
      if (wakeup != Long.MAX_VALUE) {
        long at = Math.max(time.now(), clock.realOf(Math.max(wakeup, clock.shows(0))));
        if (at < tickAt || tickAt <= time.now()) {
          tickAt = at;
          time.at(
              at,
              () -> {
                if (tickAt == at) {
                  tickAt = Long.MAX_VALUE;
                  tell(LeaseEvent.Tick::new);
                }
              });
        }
      }
    }

    private long stall() {
      return dice.nextLong(dice.nextBoolean() ? 8 * SECOND : 30 * SECOND);
    }

    private void carryOut(LeaseEffect effect) {
      if (dead) {
        return;
      }
      if (effect instanceof LeaseEffect.Read read) {
        disks
            .get(read.device())
            .read(
                this,
                (done, seen) ->
                    tell(
                        now ->
                            new LeaseEvent.ReadEnded(
                                now, read.device(), read.op(), reading(done, seen))));
      } else if (effect instanceof LeaseEffect.Write write) {
        disks
            .get(write.device())
            .write(
                this,
                0,
                write.slot(),
                done ->
                    tell(now -> new LeaseEvent.WriteEnded(now, write.device(), write.op(), done)));
      } else if (effect instanceof LeaseEffect.Held until) {
        holds(until.until());
      } else if (effect instanceof LeaseEffect.Ended ended) {
        if (ended.end() == LeaseEffect.End.CONTESTED) {
          contested++;
        }
        lost += held && !released ? 1 : 0;
      }
    }

    private Reading<HostSlot> reading(boolean done, List<Reading<HostSlot>> seen) {
      return done
          ? seen.get(0)
          : new Reading.Unsound<>(
              new Finding(Finding.Kind.NO_ANSWER, "/dev", 4096, "an error was injected"));
    }

    private void holds(long until) {
      if (clock.shows(time.now()) >= until) {
        return; // it was stopped before it could act on that
      }
      validUntil = held ? Math.max(validUntil, until) : until;
      if (!held) {
        held = true;
        holders++;
      }
      for (Contender other : processes) {
        if (other != this && other.held && !other.released && other.goneAt() > time.now()) {
          violations.add(
              "at %d %s holds the lease, and %s may run until %d"
                  .formatted(time.now(), this, other, other.goneAt()));
        }
      }
    }

    void dies() {
      dead = true;
      disks.forEach(disk -> disk.dies(this, timing.lease().drain().toNanos()));
    }

    @Override
    public String toString() {
      return "incarnation " + config.incarnation();
    }
  }

  /** Plays it, with faults at first and without them at the end. */
  LeaseWorld play(long chaosSeconds, long calmSeconds) {
    int some = 2 + dice.nextInt(3);
    int count = restoring ? 1 : some;
    for (int i = 0; i < count; i++) {
      time.at(dice.nextLong(i == 0 || together ? SECOND : 40 * SECOND), this::begin);
    }
    for (int disk = 0; disk < disks.size(); disk++) {
      scan(disk);
    }
    for (long second = 1; second < chaosSeconds; second += 1 + dice.nextLong(8)) {
      time.at(second * SECOND, restoring ? this::restores : this::mischief);
    }
    if (restoring) {
      disks.subList(1, disks.size()).forEach(FaultyDisk::calmDown);
    }
    time.runUntil(chaosSeconds * SECOND);
    calm = true;
    disks.forEach(FaultyDisk::calmDown);
    time.runUntil((chaosSeconds + calmSeconds) * SECOND);
    return this;
  }

  private void begin() {
    Contender process = new Contender(processes.size());
    processes.add(process);
    process.tell(LeaseEvent.Tick::new);
  }

  private void restores() {
    FaultyDisk<HostSlot> disk = disks.get(0);
    List<Reading<HostSlot>> snapshot = disk.snapshot();
    time.after(
        dice.nextLong(dice.nextBoolean() ? 3 * SECOND : 60 * SECOND),
        () -> {
          if (!calm) {
            disk.restore(snapshot);
            restored++;
          }
        });
    Contender host = processes.get(processes.size() - 1);
    if (host.core.state() == HostLeaseCore.State.ENDED) {
      host.dies(); // it has found the slot written: so it tries again
      begin();
    } else if (dice.nextInt(12) == 0 && !host.dead) {
      host.dies();
      time.after(dice.nextLong(20 * SECOND), this::begin);
    }
  }

  private void mischief() {
    int die = dice.nextInt(12);
    Contender victim = processes.isEmpty() ? null : processes.get(dice.nextInt(processes.size()));
    if (die < 2) {
      disks.get(dice.nextInt(disks.size())).failsFor(dice.nextLong(40 * SECOND));
    } else if (victim == null) {
      return;
    } else if (die < 5) {
      victim.pausedUntil = time.now() + dice.nextLong(30 * SECOND);
    } else if (die == 5) {
      victim.dies();
      time.after(dice.nextLong(20 * SECOND), this::begin);
    } else if (die == 6 && !victim.dead && victim.core.state() == HostLeaseCore.State.HELD) {
      victim.released = true; // whatever rested on it has ended
      victim.tell(LeaseEvent.Release::new);
      time.after(dice.nextLong(20 * SECOND), this::begin);
    } else if (die == 7 && processes.size() < 12) {
      begin();
    } else if (die < 10) {
      disks.get(dice.nextInt(disks.size())).cutsOff(victim, dice.nextLong(60 * SECOND));
    } else if (die == 10) {
      disks.get(dice.nextInt(disks.size())).cutsOff(this, dice.nextLong(60 * SECOND));
    }
  }

  /** Reads a disk again and again, and says what the observer says. */
  private void scan(int disk) {
    long began = observersClock.shows(time.now());
    ReadEnded<HostSlot> ended =
        (done, seen) -> {
          long now = observersClock.shows(time.now());
          if (done) {
            observer.scanned(disk, began, now, seen);
          }
          judge(now);
          time.after(100 * MS + dice.nextLong(2 * SECOND), () -> scan(disk));
        };
    disks.get(disk).read(this, ended);
  }

  private void judge(long now) {
    if (!(observer.verdict(0, now) instanceof LeaseVerdict.Dead dead)) {
      return;
    }
    deaths++;
    Holder holder = dead.holder();
    if (dead.waited().compareTo(timing.lease().takeoverWait()) < 0) {
      violations.add("dead before H: " + dead.describe());
    }
    for (Contender process : processes) {
      if (process.config.writer() == holder.writer()
          && process.held
          && !process.released
          && process.goneAt() > time.now()) {
        violations.add(
            "at %d %s is called dead, and may run until %d"
                .formatted(time.now(), process, process.goneAt()));
      }
    }
  }

  /** Whether somebody holds it now. */
  boolean isHeld() {
    return processes.stream()
        .anyMatch(
            process ->
                !process.dead
                    && process.core.state() == HostLeaseCore.State.HELD
                    && process.clock.shows(time.now()) < process.validUntil);
  }

  /** Lets one more begin, and everything go well from now on. */
  void playOn(long seconds) {
    begin();
    time.runUntil(time.now() + seconds * SECOND);
  }
}
