package io.holdfast.engine.lease;

import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.lease.LockBlock.Owner;
import io.holdfast.engine.lease.LockEffect.Answer;
import io.holdfast.engine.lease.LockEvent.Written;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * Several hosts that want the lock of one workload, on devices that fail in every way that they
 * may. Hosts are stopped and reset, and come back with a new incarnation once all that they wrote
 * has landed. It knows who believes to be the owner; what it finds against the promise is in {@link
 * #violations}.
 */
final class LockWorld {
  private static final long MS = FaultyDisk.MS;
  private static final long SECOND = FaultyDisk.SECOND;
  private static final long DRAIN = 2 * SECOND;
  private static final WorkloadId WORKLOAD = WorkloadId.parse("vm:1");

  final List<String> violations = new ArrayList<>();
  int acquired;
  int unknown;
  long highest;

  private final VirtualTime time = new VirtualTime();
  private final SplittableRandom dice;
  private final boolean believesAnything;
  private final List<FaultyDisk<LockBlock>> disks = new ArrayList<>();
  private final List<Contender> hosts = new ArrayList<>();
  private Optional<Owner> ownerOfHighest = Optional.empty();
  private long incarnations;

  /** Whether all ask again at once, so that they meet in the midst of a vote. */
  private final boolean eager;

  private boolean calm;
  private boolean hasty;

  /**
   * A world of one device, or of three.
   *
   * @param believesAnything whether hosts take a living owner for gone
   */
  LockWorld(long seed, boolean believesAnything) {
    this(seed, believesAnything, 0);
  }

  /**
   * A world.
   *
   * @param given how many devices there are; 0: one, or three
   */
  LockWorld(long seed, boolean believesAnything, int given) {
    dice = new SplittableRandom(seed);
    this.believesAnything = believesAnything;
    int drawn = 1 + 2 * dice.nextInt(2);
    int devices = given > 0 ? given : drawn;
    int count = 2 + dice.nextInt(3);
    eager = dice.nextBoolean();
    for (int i = 0; i < devices; i++) {
      List<LockBlock> blocks =
          IntStream.range(0, count).mapToObj(slot -> LockBlock.empty(0, slot)).toList();
      disks.add(new FaultyDisk<>(time, dice.split(), "/dev/" + i, blocks));
    }
    for (int slot = 0; slot < count; slot++) {
      hosts.add(new Contender(slot, count));
    }
  }

  /** One host, until it is reset. */
  private final class Contender {
    final int slots;
    final Owner me;
    final LockCore core;
    boolean dead;
    boolean owns;
    long token;
    long askedAt;

    /** When it was told that it does not own it any more; it has not asked for it since. */
    long releasedAt = Long.MAX_VALUE;

    long pausedUntil;
    Optional<Answer> last = Optional.empty();

    Contender(int slot, int slots) {
      this.slots = slots;
      incarnations++;
      me = new Owner(slot, new HostId("h" + slot), new Incarnation(incarnations));
      core =
          new LockCore(
              new LockConfig(
                  0,
                  WORKLOAD,
                  me,
                  1000 + incarnations,
                  slots,
                  disks.size(),
                  Duration.ofSeconds(20),
                  Duration.ofMillis(100)));
    }

    void tell(LongFunction<LockEvent> event) {
      if (dead) {
        return;
      }
      if (time.now() < pausedUntil) {
        time.at(pausedUntil, () -> tell(event));
        return;
      }
      List<LockEffect> effects = core.step(event.apply(time.now()));
      for (LockEffect effect : effects) {
        long delay = !calm && dice.nextInt(100) == 0 ? dice.nextLong(20 * SECOND) : 0;
        if (delay == 0) {
          carryOut(effect);
        } else {
          time.after(delay, () -> carryOut(effect));
        }
      }
      long wakeup = core.nextWakeup();
      if (wakeup != Long.MAX_VALUE) {
        time.at(wakeup, () -> tell(LockEvent.Tick::new));
      }
    }

    private void carryOut(LockEffect effect) {
      if (dead) {
        return;
      }
      if (effect instanceof LockEffect.Read read) {
        disks
            .get(read.device())
            .read(
                this,
                (done, seen) ->
                    tell(
                        now ->
                            new LockEvent.BlocksRead(
                                now, read.device(), read.op(), done ? seen : List.of())));
      } else if (effect instanceof LockEffect.Write write) {
        disks
            .get(write.device())
            .write(
                this,
                write.block().slot(),
                write.block(),
                done ->
                    tell(
                        now ->
                            new LockEvent.WriteEnded(
                                now,
                                write.device(),
                                write.op(),
                                done ? Written.DONE : Written.UNKNOWN)));
      } else if (effect instanceof LockEffect.Answered answered) {
        answered(answered.answer());
      }
    }

    private void answered(Answer answer) {
      last = Optional.of(answer);
      if (answer instanceof Answer.Acquired won) {
        acquires(won.token());
      } else if (isUnknown(answer)) {
        unknown++;
      } else if (answer instanceof Answer.Released) {
        releasedAt = time.now();
      } else if (answer instanceof Answer.HeldBy other) {
        neverReleased(other.ownership().owner());
      } else if (answer instanceof Answer.Refused refused) {
        violations.add("at %d %s is refused: %s".formatted(time.now(), me, refused.detail()));
      }
      time.after(
          MS + dice.nextLong(eager && !calm ? 50 * MS : 5 * SECOND),
          core.isSpent() ? this::dies : this::acts);
    }

    /** Whoever was told that it does not own it any more is not found to own it later. */
    private void neverReleased(Owner owner) {
      for (Contender other : hosts) {
        if (!other.dead && other.me.equals(owner) && other.releasedAt < askedAt) {
          violations.add(
              "at %d %s finds that %s owns it, which has given it up"
                  .formatted(time.now(), me, owner));
        }
      }
    }

    private void acquires(long won) {
      for (Contender other : hosts) {
        if (other != this && !other.dead && other.owns) {
          violations.add(
              "at %d %s owns it with token %d, and so does %s with %d"
                  .formatted(time.now(), me, won, other.me, other.token));
        }
      }
      boolean again = won == highest && ownerOfHighest.equals(Optional.of(me));
      if (won <= highest && !again) {
        violations.add(
            "at %d %s got token %d, and %s had %d"
                .formatted(time.now(), me, won, ownerOfHighest, highest));
      }
      if (!again) {
        acquired++;
      }
      highest = Math.max(highest, won);
      ownerOfHighest = Optional.of(me);
      owns = true;
      token = won;
    }

    void acts() {
      if (dead || core.isBusy()) {
        return;
      }
      askedAt = time.now();
      boolean maybe = last.filter(LockWorld::isUnknown).isPresent();
      if ((owns || maybe) && dice.nextInt(3) == 0) {
        owns = false; // the workload has stopped
        tell(LockEvent.Release::new);
      } else {
        releasedAt = Long.MAX_VALUE;
        Optional<Owner> gone = gone();
        tell(now -> new LockEvent.Acquire(now, gone));
      }
    }

    /** What it has evidence about: an owner that is reset. */
    private Optional<Owner> gone() {
      return last.filter(Answer.HeldBy.class::isInstance)
          .map(answer -> ((Answer.HeldBy) answer).ownership().owner())
          .filter(owner -> believesAnything || isGone(owner));
    }

    void dies() {
      if (dead) {
        return;
      }
      dead = true;
      disks.forEach(disk -> disk.dies(this, DRAIN));
      time.after(DRAIN + 1 + dice.nextLong(30 * SECOND), this::isFollowed);
    }

    /** Its process alone ends, and the next begins when nothing of it is under way any more. */
    void ends() {
      if (!dead) {
        dead = true;
        isFollowedWhenQuiet();
      }
    }

    private void isFollowedWhenQuiet() {
      if (!hasty && disks.stream().anyMatch(disk -> disk.isUnderWay(this))) {
        time.after(100 * MS, this::isFollowedWhenQuiet);
      } else {
        isFollowed();
      }
    }

    private void isFollowed() {
      Contender next = new Contender(me.slot(), slots);
      hosts.set(hosts.indexOf(this), next);
      next.acts();
    }
  }

  private static boolean isUnknown(Answer answer) {
    return answer instanceof Answer.Unknown || answer instanceof Answer.Spent;
  }

  private boolean isGone(Owner owner) {
    return hosts.stream().noneMatch(process -> !process.dead && process.me.equals(owner));
  }

  /**
   * Processes end now and then, without their hosts, and the next begin.
   *
   * @param early whether they do so though a write of the former ones is under way
   */
  LockWorld withRestarts(long seed, boolean early) {
    hasty = early;
    SplittableRandom others = new SplittableRandom(~seed);
    for (long second = 1; second < 300; second += 1 + others.nextLong(20)) {
      int victim = others.nextInt(hosts.size());
      time.at(second * SECOND, () -> hosts.get(victim).ends());
    }
    return this;
  }

  /** Plays it, with faults at first and without them at the end. */
  LockWorld play(long longest, long calmSeconds) {
    long chaosSeconds = eager ? longest / 5 : longest;
    for (Contender host : List.copyOf(hosts)) {
      time.at(dice.nextLong(SECOND), host::acts);
    }
    for (long second = 1; second < chaosSeconds; second += 1 + dice.nextLong(8)) {
      time.at(second * SECOND, this::mischief);
    }
    time.runUntil(chaosSeconds * SECOND);
    calm = true;
    disks.forEach(FaultyDisk::calmDown);
    time.runUntil((chaosSeconds + calmSeconds) * SECOND);
    return this;
  }

  private void mischief() {
    int die = dice.nextInt(10);
    Contender victim = hosts.get(dice.nextInt(hosts.size()));
    if (die < 2) {
      disks.get(dice.nextInt(disks.size())).failsFor(dice.nextLong(30 * SECOND));
    } else if (die < 4) {
      victim.pausedUntil = time.now() + dice.nextLong(30 * SECOND);
    } else if (die == 4 && !victim.dead) {
      victim.dies();
    } else if (die > 7) {
      disks.get(dice.nextInt(disks.size())).cutsOff(victim, dice.nextLong(30 * SECOND));
    }
  }

  /** How many owners there have been since then, counted by tokens. */
  long tokensUntil(long seconds) {
    time.runUntil(time.now() + seconds * SECOND);
    return highest;
  }
}
