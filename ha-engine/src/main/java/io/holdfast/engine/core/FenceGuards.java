package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Why a host that ought to be fenced is not fenced now, nor taken for down without being fenced. A
 * storm is first suspected of being our own: only a share of the hosts at once, with a pause after
 * each. What a former controller has begun, or has ended just now, counts as if this one had: there
 * is no clock in common, so it counts from when leadership began, which is longer rather than less.
 */
final class FenceGuards {

  /**
   * @param until when it is to be asked again, in the events' time
   */
  record Spared(String why, long until) {}

  private final ControllerState state;
  private final Detection detection;
  private final TieBreaking tie;
  private final FencePauses pauses;
  private final SortedSet<HostId> underWay = new TreeSet<>();

  /** What former controllers have begun, and until when others wait on account of it. */
  private final SortedMap<HostId, Long> inherited = new TreeMap<>();

  /**
   * Until when no further host is fenced, so that one that was silenced by another's end is heard.
   */
  private long quietUntil = Long.MIN_VALUE;

  FenceGuards(ControllerState state, Detection detection, TieBreaking tie, FencePauses pauses) {
    this.tie = tie;
    this.pauses = pauses;
    this.state = state;
    this.detection = detection;
  }

  void reset() {
    underWay.clear();
    inherited.clear();
    quietUntil = Long.MIN_VALUE;
  }

  void begun(HostId host) {
    underWay.add(host);
  }

  /**
   * A former controller has begun it: its devices may be about to act.
   *
   * @param patience in which they have acted, or do not act any more
   * @return until when others wait on account of it
   */
  long inherits(HostId host, Duration patience) {
    long until = state.now + patience.toNanos() + pause();
    inherited.put(host, until);
    return until;
  }

  /**
   * It came to nothing before anything was asked of a device.
   *
   * @return whether others wait on account of it all the same
   */
  boolean abandoned(HostId host) {
    underWay.remove(host);
    return inherited.getOrDefault(host, state.now) > state.now;
  }

  /**
   * One way or another.
   *
   * @return whether others wait on account of it
   */
  boolean ended(HostId host) {
    boolean wasInherited = inherited.remove(host) != null;
    boolean wasUnderWay = underWay.remove(host) || wasInherited;
    if (wasUnderWay) {
      pauses();
    }
    return wasUnderWay;
  }

  /**
   * A host has ended just now.
   *
   * @return until when no other one does
   */
  long pauses() {
    quietUntil = state.now + pause();
    return quietUntil;
  }

  /** Until when others wait on account of this host at the latest. */
  long pausedFor(HostId host) {
    return Math.max(quietUntil, inherited.getOrDefault(host, quietUntil));
  }

  private long pause() {
    return 2 * state.timings().renewInterval().toNanos();
  }

  /** Also of a host that no device can fence, before it is taken for down. */
  Optional<Spared> whyNotNow(HostEntry host) {
    if (state.now < detection.listensUntil()) {
      return spared("whoever is alive is given the time to be heard", detection.listensUntil());
    }
    Optional<Spared> deaf = whyNobody();
    if (deaf.isPresent()) {
      return deaf;
    }
    if (host.askedForLifeUntil > state.now) {
      return spared("other channels are being asked whether it lives", host.askedForLifeUntil);
    }
    if (quietUntil > state.now) {
      return spared("another host has just been fenced", quietUntil);
    }
    SortedSet<HostId> others = othersUnderWay(host.id);
    if (others.size() >= atOnce()) {
      return spared(
          others + " being fenced already", state.now + state.timings().renewInterval().toNanos());
    }
    long raceOver = raceOver(host);
    return raceOver > state.now
        ? spared("it has the more important workloads of the two hosts", raceOver)
        : tie.whyNotNow(host);
  }

  /** Why none at all is fenced now. */
  Optional<Spared> whyNobody() {
    return state.hosts.values().stream().anyMatch(host -> host.state.isHeard())
        ? Optional.empty()
        : spared(
            "no host is heard at all: it may be this engine that is cut off, and none is left that"
                + " could take over what ran there",
            state.now + state.timings().renewInterval().toNanos());
  }

  /** Until when it is spared as the more important one of two, in the past if it is not. */
  long raceOver(HostEntry host) {
    long delay = raceDelay(host);
    return delay == 0 ? Long.MIN_VALUE : pauses.raceOver(host, delay);
  }

  private SortedSet<HostId> othersUnderWay(HostId host) {
    SortedSet<HostId> others = new TreeSet<>(underWay);
    inherited.forEach(
        (other, until) -> {
          if (until > state.now) {
            others.add(other);
          }
        });
    others.remove(host);
    return others;
  }

  private static Optional<Spared> spared(String why, long until) {
    return Optional.of(new Spared(why, until));
  }

  private int atOnce() {
    return Math.max(1, state.registered.size() * state.policy.fencedShare() / 100);
  }

  private long raceDelay(HostEntry host) {
    long delay = state.config.fencing().raceDelay().toNanos();
    if (delay == 0 || state.registered.size() != 2) {
      return 0;
    }
    long others =
        state.hosts.values().stream()
            .filter(other -> !other.id.equals(host.id))
            .mapToLong(this::importance)
            .sum();
    return importance(host) > others ? delay : 0;
  }

  /** A workload counts the more the more important it is, and more than none. */
  private long importance(HostEntry host) {
    return host.placed.stream()
        .map(state::workload)
        .map(WorkloadEntry::priority)
        .mapToLong(priority -> 1 + Math.max(0L, (long) priority.value() - Priority.LOW.value()))
        .sum();
  }
}
