package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Incarnation;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.HostReturns;
import io.holdfast.engine.record.HostReturns.Return;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Which hosts come and go: counted by each controller, and kept in the store for the next one. */
final class Steadiness {
  private final ControllerState state;

  Steadiness(ControllerState state) {
    this.state = state;
  }

  /** It has joined with a new incarnation, which this core has seen. */
  void cameBack(HostEntry host, Lease lease) {
    boolean begins = !isPlanned(host) && host.flapping.joined(lease.incarnation(), state.now);
    quarantine(host, begins);
    keep(host, lease);
  }

  /**
   * What another has seen counts, too, from when the lease of the host is known: at the beginning
   * of leadership, or after it.
   */
  void recall(HostEntry host) {
    Lease lease = host.lease;
    if (!host.isRegistered()) {
      forget(host);
    } else if (lease != null) {
      SortedMap<Incarnation, Long> seen = seenByOthers(host, lease);
      boolean told = state.now < Flapping.endAfter(seen.values());
      if (isUnseen(host, lease)) {
        seen.put(lease.incarnation(), joinedBy(host, lease));
      }
      host.flapping.recall(seen);
      boolean quarantined = host.flapping.isQuarantined(state.now);
      quarantine(host, quarantined && !told && !host.returnsUnreadable);
      keep(host, lease);
    }
  }

  private SortedMap<Incarnation, Long> seenByOthers(HostEntry host, Lease lease) {
    SortedMap<Incarnation, Long> seen = new TreeMap<>();
    HostReturns kept = host.returns;
    if (kept != null) {
      long from =
          host.flapping.firstSince(kept.incarnation()).orElseGet(() -> joinedBy(host, lease));
      kept.returns().forEach(r -> seen.put(r.incarnation(), from - r.ago().toNanos()));
    }
    return seen;
  }

  /** Whether it has come back since what is stored was written, and not as it said it would. */
  private static boolean isUnseen(HostEntry host, Lease lease) {
    HostReturns kept = host.returns;
    return kept != null
        && lease.incarnation().compareTo(kept.incarnation()) > 0
        && !(isPlanned(host) && !host.hasReported());
  }

  /** Whether the last word of its former incarnation was that it leaves. */
  private static boolean isPlanned(HostEntry host) {
    return host.report != null && host.report.leaving().isPresent();
  }

  /** By how often it has renewed its lease, about; no later than this core has seen it. */
  private long joinedBy(HostEntry host, Lease lease) {
    long interval = state.timings().renewInterval().toNanos();
    long most = Flapping.FORGOTTEN.toNanos() / interval + 1;
    return Math.min(host.joinedAt, host.lastHeard - Math.min(lease.sequence(), most) * interval);
  }

  private void quarantine(HostEntry host, boolean begins) {
    if (begins && state.leading) {
      state.publish(new HaEvent.Alarm(host.id.value(), host.flapping.describe(state.now)));
    }
    if (host.flapping.isQuarantined(state.now)) {
      state.quarantined.add(host.id);
      state.room.changed(host);
      state.timer(TimerKind.QUARANTINE, host.id.value(), host.flapping.until());
    }
  }

  /** One that comes back only now and then is not worth a write. */
  private void keep(HostEntry host, Lease lease) {
    if (!state.leading || host.returnsUnreadable) {
      return;
    }
    SortedMap<Incarnation, Long> recent = host.flapping.recent(state.now);
    if (recent.size() < Flapping.MANY - 1 || !host.isRegistered()) {
      forget(host);
      return;
    }
    long joined = joinedBy(host, lease);
    List<Return> returns = new ArrayList<>();
    recent.forEach(
        (incarnation, at) ->
            returns.add(new Return(incarnation, Duration.ofNanos(Math.max(0, joined - at)))));
    HostReturns next = new HostReturns(host.id, lease.incarnation(), returns);
    if (!next.equals(host.returns)) {
      host.returns = next;
      state.commits.put(next);
    }
    long last = recent.values().stream().max(Long::compare).orElse(state.now);
    state.timer(TimerKind.RETURNS, host.id.value(), last + Flapping.FORGOTTEN.toNanos() + 1);
  }

  private void forget(HostEntry host) {
    if (host.returns != null) {
      host.returns = null;
      state.commits.delete(HostReturns.keyOf(host.id));
    }
  }

  /** It has been steady for so long that nothing of it counts any more. */
  void due(HostEntry host) {
    Lease lease = host.lease;
    if (lease != null) {
      keep(host, lease);
    }
  }
}
