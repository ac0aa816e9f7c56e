package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Priority;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Why a host that ought to be fenced is not fenced now. A storm is first suspected of being our
 * own: only a share of the hosts at once, with a pause after each.
 */
final class FenceGuards {

  /**
   * @param until when it is to be asked again, in the events' time
   */
  record Spared(String why, long until) {}

  private final ControllerState state;
  private final Detection detection;
  private final TieBreaking tie;
  private final SortedSet<HostId> underWay = new TreeSet<>();

  /**
   * Until when no further host is fenced, so that one that was silenced by another's end is heard.
   */
  private long quietUntil = Long.MIN_VALUE;

  FenceGuards(ControllerState state, Detection detection, TieBreaking tie) {
    this.tie = tie;
    this.state = state;
    this.detection = detection;
  }

  void reset() {
    underWay.clear();
    quietUntil = Long.MIN_VALUE;
  }

  void begun(HostId host) {
    underWay.add(host);
  }

  /** It came to nothing before anything was asked of a device. */
  void abandoned(HostId host) {
    underWay.remove(host);
  }

  void ended(HostId host) {
    if (underWay.remove(host)) {
      quietUntil = state.now + 2 * state.timings().renewInterval().toNanos();
    }
  }

  Optional<Spared> whyNotNow(HostEntry host) {
    if (state.now < detection.listensUntil()) {
      return spared("whoever is alive is given the time to be heard", detection.listensUntil());
    }
    if (quietUntil > state.now) {
      return spared("another host has just been fenced", quietUntil);
    }
    if (underWay.size() >= atOnce()) {
      return spared(
          underWay + " being fenced already",
          state.now + state.timings().renewInterval().toNanos());
    }
    long raceOver = host.lostSince + raceDelay(host);
    return raceOver > state.now
        ? spared("it has the more important workloads of the two hosts", raceOver)
        : tie.whyNotNow(host);
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
