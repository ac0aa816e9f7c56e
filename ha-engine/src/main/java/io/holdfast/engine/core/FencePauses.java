package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.record.FenceRecord;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Until when a lost host's devices are left alone: after attempts that came to nothing, longer each
 * time, or because it is spared in a race. What a former controller has begun goes on where it was,
 * for there is one event that all controllers have seen, each by its own clock: the host's last
 * renewal. The record says how long after that. Whoever saw that renewal late, because it was
 * started since, waits for no longer than if it had begun the pause itself.
 */
final class FencePauses {

  /**
   * @param failed attempts in a row that came to nothing
   * @param until in the events' time
   */
  private record Standing(int failed, long until) {
    static final Standing NONE = new Standing(0, Long.MIN_VALUE);
  }

  private final ControllerState state;
  private final SortedMap<HostId, Standing> standings = new TreeMap<>();

  FencePauses(ControllerState state) {
    this.state = state;
  }

  void reset() {
    standings.clear();
  }

  /** How often it was tried in vain since it was heard last, whoever tried. */
  int failed(HostEntry host) {
    return of(host).failed();
  }

  /** Whether none of its devices gives evidence, or it has none. */
  boolean haveDevicesFailed(HostEntry host) {
    return failed(host) > 0 || state.config.fencing().stepsOf(host.id).isEmpty();
  }

  /** Before when it is not tried again. */
  long until(HostEntry host) {
    return of(host).until();
  }

  /**
   * An attempt has come to nothing.
   *
   * @return how long nothing is tried from now on
   */
  Duration failedAgain(HostEntry host) {
    int failed = failed(host) + 1;
    Duration pause = pauseAfter(failed);
    standings.put(host.id, new Standing(failed, state.now + pause.toNanos()));
    return pause;
  }

  /** There is nothing to say of it before then; that is no attempt. */
  void notBefore(HostEntry host, long at) {
    standings.put(host.id, new Standing(failed(host), at));
  }

  /**
   * It was heard, or is proven down: whatever was tried before does not count any more. It may
   * still be in the record.
   */
  void over(HostEntry host) {
    standings.remove(host.id);
  }

  /**
   * What others go on with.
   *
   * @param lease the host's, as it was seen last
   */
  FenceRecord.Pause pause(HostEntry host, Lease lease, long until) {
    Duration after = Duration.ofNanos(Math.max(0, until - host.lastHeard));
    return new FenceRecord.Pause(lease.incarnation(), lease.sequence(), failed(host), after);
  }

  /**
   * Until when the more important of two hosts is spared.
   *
   * @param delay of this controller, counted from when it found the host lost
   */
  long raceOver(HostEntry host, long delay) {
    Duration own = Duration.ofNanos(host.lostSince + delay - host.lastHeard);
    Duration after =
        stored(host)
            .map(pause -> pause.failed() > 0 ? Duration.ZERO : pause.after()) // it was tried since
            .filter(stored -> stored.compareTo(own) < 0)
            .orElse(own);
    return host.lastHeard + after.toNanos();
  }

  private Standing of(HostEntry host) {
    Standing known = standings.get(host.id);
    if (known != null) {
      return known;
    }
    Standing found =
        stored(host).filter(pause -> pause.failed() > 0).map(p -> left(host, p)).orElse(null);
    if (found == null) {
      return Standing.NONE;
    }
    standings.put(host.id, found);
    return found;
  }

  private Standing left(HostEntry host, FenceRecord.Pause pause) {
    Duration left = pause.after().minusNanos(state.now - host.lastHeard);
    Duration most = pauseAfter(pause.failed());
    Duration wait = left.compareTo(most) < 0 ? left : most;
    return new Standing(pause.failed(), state.now + wait.toNanos());
  }

  /** What the record says of this very silence. */
  private static Optional<FenceRecord.Pause> stored(HostEntry host) {
    return Optional.ofNullable(host.fence)
        .flatMap(FenceRecord::pause)
        .filter(pause -> host.renewedLast(pause.incarnation(), pause.renewal()));
  }

  private Duration pauseAfter(int failed) {
    Duration pause = state.timings().fenceRetryMin();
    Duration most = state.timings().fenceRetryMax();
    for (int i = 1; i < failed && pause.compareTo(most) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    return pause.compareTo(most) < 0 ? pause : most;
  }
}
