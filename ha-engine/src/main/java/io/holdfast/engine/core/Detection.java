package io.holdfast.engine.core;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.HostState;
import io.holdfast.api.Incarnation;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.Waiting;
import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.core.ControllerEffect.CheckLease;
import io.holdfast.engine.core.ControllerEffect.ReadLeases;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.record.HostReport;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Follows the hosts' leases by this controller's own clock: a lease is silent since it was last
 * seen to change. Standby controllers follow them too, so that no silence is timed anew when one
 * takes over.
 *
 * <p>Silence alone accuses nobody: before a host is lost, its lease is read once more,
 * linearizable, in a read that began after the grace period; and the silence counts only while
 * others are heard, because a store that serves nobody silences everybody.
 */
final class Detection {
  private final ControllerState state;
  final Steadiness steadiness;
  private final SortedMap<HostId, OpId> checks = new TreeMap<>();
  private @Nullable OpId reading;

  /** Hosts whose leases were told of as unreadable. */
  private final SortedSet<HostId> unreadable = new TreeSet<>();

  /** Hosts whose state changed in this step. */
  final SortedSet<HostId> changed = new TreeSet<>();

  /** When any lease was last seen to change, and since when that happens without a long gap. */
  private long lastHeardAnyone = Long.MIN_VALUE / 2;

  private long heardSince = Long.MIN_VALUE / 2;

  /** Since when the store can tell us anything. */
  private long connectedSince = Long.MIN_VALUE / 2;

  Detection(ControllerState state) {
    this.state = state;
    steadiness = new Steadiness(state);
  }

  SortedSet<HostId> takeChanged() {
    if (changed.isEmpty()) {
      return Collections.emptySortedSet();
    }
    SortedSet<HostId> taken = new TreeSet<>(changed);
    changed.clear();
    return taken;
  }

  void reset() {
    checks.clear();
    unreadable.clear();
    changed.clear();
    state.silent.clear();
  }

  /** The connection is back: whoever was deaf listens for a while before accusing anybody. */
  void connected() {
    connectedSince = state.now;
  }

  /** Everything may have changed: all leases are read anew, until that has worked once. */
  void readLeases() {
    if (state.connection == Connection.CONNECTED) {
      OpId op = state.nextOp();
      reading = op;
      state.emit(new ReadLeases(op));
    }
  }

  void leasesRead(ControllerEvent.LeasesRead event) {
    if (!event.op().equals(reading)) {
      return;
    }
    reading = null;
    if (event.outcome() instanceof Outcome.Done<List<Lease>> done) {
      done.value().forEach(this::seen);
    } else {
      state.timer(TimerKind.LEASES, "all", state.now + state.timings().renewInterval().toNanos());
    }
  }

  /** Nobody is accused or fenced before: who is alive has had time to be heard by then. */
  long listensUntil() {
    return connectedSince + suspicion();
  }

  /** How long a host may be silent before that is worth asking about, by this observer's health. */
  private long suspicion() {
    return state.health.scaled(state.timings().suspectAfter());
  }

  /** A lease was read anew, here or in the store. */
  void seen(Lease lease) {
    HostEntry host = state.host(lease.host());
    Lease before = host.lease;
    if (before == null) {
      host.lease = lease;
      host.joinedAt = state.now;
      host.lastHeard = state.now;
      changed.add(host.id);
      arm(host);
      if (state.leading) {
        steadiness.recall(host);
      }
      return;
    }
    int order = lease.incarnation().compareTo(before.incarnation());
    boolean renewed = order == 0 && lease.sequence() > before.sequence();
    if (order < 0 || (order == 0 && !renewed)) {
      return;
    }
    host.lease = lease;
    host.heard = true;
    heard(host);
    if (order > 0) {
      host.joinedAt = state.now;
      host.intentCompared = false;
      host.leftBehind = false;
      steadiness.cameBack(host, lease);
      signal(host, HostSignal.JOINED, "joined as incarnation " + lease.incarnation());
    }
    if (host.hasLeft(lease.incarnation())) {
      return; // sent before its last word, and heard after it
    }
    if (host.isProvenDown(lease.incarnation())) {
      // never two: a fenced incarnation stays fenced, whatever it says.
      if (host.isProvenCutOff()) {
        return; // it is known to run on, without its storage
      }
      state.publish(
          new HaEvent.Alarm(
              host.id.value(),
              "renews the lease of incarnation %s, which was fenced: the fence device may lie"
                  .formatted(lease.incarnation())));
      return;
    }
    boolean reported = host.hasReported();
    signal(
        host,
        reported ? HostSignal.HEARD : HostSignal.HEARD_UNREPORTED,
        reported ? "renews its lease" : "has not reported yet");
  }

  /**
   * Its intent is addressed to an incarnation that this core has not seen the lease of yet. What it
   * saw is of a former one, and nothing more is written to that: the order to the next one would be
   * lost.
   */
  void isKnownAs(HostEntry host, Incarnation incarnation) {
    Lease seen = host.lease;
    if (seen != null && incarnation.compareTo(seen.incarnation()) > 0) {
      host.lease = new Lease(host.id, incarnation, 0, seen.sessionPresent());
      host.heard = false;
      host.joinedAt = state.now;
      host.lastHeard = state.now;
    }
  }

  /** A report arrived; it makes a host online if its lease is alive. */
  void reported(HostEntry host, HostReport report) {
    HostReport before = host.report;
    if (before != null && !isNewer(report, before)) {
      return;
    }
    host.report = report;
    if (host.heard && host.hasReported()) {
      signal(host, HostSignal.REPORTED, "renews its lease");
    }
    standing(host);
    if (before != null && !before.leaving().equals(report.leaving()) && host.hasReported()) {
      changed.add(host.id);
    }
  }

  /** A host that is heard is shown, and used, by what is special about it. */
  void standing(HostEntry host) {
    if (host.state.isHeard() && HostConditions.hasLostStorage(host)) {
      signal(host, HostSignal.STORAGE_FAILED, "its storage does not work");
    } else if (host.state.isHeard() && host.directive.maintenance()) {
      signal(host, HostSignal.MAINTENANCE_WANTED, "an operator wants it empty");
    } else if (host.state.isHeard() && host.plan().isPresent()) {
      signal(host, HostSignal.SHUTDOWN_ANNOUNCED, host.whyLeaving());
      explain(host, host.whyLeaving());
    } else if (host.state.isHeard()) {
      signal(host, HostSignal.ORDINARY, "renews its lease");
    }
  }

  /** Takes over what this core saw as a standby: alive if it was heard a moment ago. */
  void leadershipBegins(HostEntry host) {
    host.state = HostState.JOINING;
    host.since = state.now;
    host.reason = host.lease == null ? "has not been seen yet" : "has not been heard yet";
    boolean fresh = state.now - host.lastHeard < state.timings().suspectAfter().toNanos();
    if (host.lease != null && host.isProvenDown(host.lease.incarnation())) {
      host.state = HostState.FENCED;
      host.reason = "fenced";
    } else if (host.heard && host.hasReported() && fresh) {
      host.state = HostState.ONLINE;
      host.reason = "renews its lease";
    }
    if (host.state != HostState.JOINING) {
      state.publish(
          new HaEvent.HostStateChanged(host.id, HostState.JOINING, host.state, host.reason));
    }
    state.comesUp(host);
    standing(host);
    changed.add(host.id);
    arm(host);
  }

  void suspicionDue(HostEntry host) {
    if (!state.leading || host.lease == null) {
      return;
    }
    long silent = state.now - host.lastHeard;
    if (silent < suspicion()) {
      arm(host);
      return;
    }
    signal(host, HostSignal.SUSPICION_DUE, "silent for " + seconds(silent));
  }

  void silenceDue(HostEntry host) {
    if (host.lease == null) {
      return;
    }
    long due = silentAt(host);
    boolean isAwaited = host.state == HostState.SUSPECT || host.isolationOver.isPresent();
    if (due > state.now) {
      state.timer(TimerKind.SILENCE, host.id.value(), due);
    } else if (state.mayAct() && isAwaited) {
      check(host);
    }
  }

  /** Whether nothing was heard of it for so long that it may be gone. */
  boolean isSilent(HostEntry host) {
    return host.lease != null && silentAt(host) <= state.now;
  }

  void check(HostEntry host) {
    if (!checks.containsKey(host.id)) {
      OpId op = state.nextOp();
      checks.put(host.id, op);
      state.emit(new CheckLease(op, host.id));
    }
  }

  /**
   * Takes the answer to a check in.
   *
   * @return whether the silence is confirmed
   */
  boolean checked(ControllerEvent.LeaseChecked event) {
    HostEntry host = state.host(event.host());
    if (!event.op().equals(checks.get(host.id))) {
      return false;
    }
    checks.remove(host.id);
    if (!(event.outcome() instanceof Outcome.Done<Optional<Lease>> done)) {
      state.health.unanswered();
      describeUnread(host, event.outcome());
      // Without an answer of the majority nobody is accused.
      state.timer(
          TimerKind.SILENCE,
          host.id.value(),
          state.now + state.timings().renewInterval().toNanos());
      return false;
    }
    unreadable.remove(host.id);
    done.value().ifPresent(this::seen);
    if (silentAt(host) > state.now) {
      state.timer(TimerKind.SILENCE, host.id.value(), silentAt(host));
      return false;
    }
    if (state.leading) {
      String silent = "silent for " + seconds(state.now - host.lastHeard);
      Optional<String> over = host.isolationOver;
      signal(
          host,
          over.isPresent() ? HostSignal.ISOLATION_OVER : HostSignal.SILENCE_CONFIRMED,
          over.map(why -> silent + ", " + why).orElse(silent));
    }
    return true;
  }

  /** It stays what it is, and whoever asks is told why. A corrupt record is told of once. */
  private void describeUnread(HostEntry host, Outcome<Optional<Lease>> outcome) {
    if (!state.leading) {
      return;
    }
    String detail;
    if (outcome instanceof Outcome.Failed<Optional<Lease>> failed) {
      detail = failed.detail();
      if (failed.cause() == Outcome.Cause.INVALID && unreadable.add(host.id)) {
        state.publish(new HaEvent.RecordRejected("lease " + host.id, detail));
      }
    } else {
      detail = ((Outcome.Unknown<Optional<Lease>>) outcome).detail();
    }
    if (host.state == HostState.SUSPECT) {
      host.reason =
          "silent for %s, and its lease cannot be read: %s"
              .formatted(seconds(state.now - host.lastHeard), detail);
    }
  }

  /** The only place where a host's state changes. */
  void signal(HostEntry host, HostSignal signal, String reason) {
    if (!state.leading) {
      return;
    }
    HostState before = host.state;
    HostState after = HostTable.next(before, signal);
    if (after == before && !(before == HostState.LOST && signal == HostSignal.FENCE_EXHAUSTED)) {
      return;
    }
    if (after == HostState.LOST && before != HostState.FENCING) {
      host.lostSince = state.now;
    }
    host.state = after;
    host.reason = reason;
    host.since = state.now;
    changed.add(host.id);
    state.counts(host);
    if (after != before) {
      state.publish(new HaEvent.HostStateChanged(host.id, before, after, reason));
      if (!before.isHeard() && after.isHeard()) {
        standing(host);
      }
    }
  }

  /** Nothing happens, and there is more to say about why. */
  void explain(HostEntry host, String reason) {
    host.reason = reason;
  }

  private void heard(HostEntry host) {
    host.lastHeard = state.now;
    host.deadSilent = false;
    long pause = state.now - lastHeardAnyone;
    if (pause > state.timings().suspectAfter().toNanos()) {
      heardSince = state.now;
    }
    if (lastHeardAnyone > connectedSince) { // hardly all of them: it is this observer that is late
      state.health.late(pause - state.timings().renewInterval().toNanos());
    }
    lastHeardAnyone = state.now;
    arm(host);
  }

  /**
   * A renewal does not move the deadline of the last one, which would cost more than all else that
   * is done for it, unless that would be due before the next. Silence is timed once a host is
   * suspected, or the controller's is looked at.
   */
  private void arm(HostEntry host) {
    if (state.leading) {
      long due = host.lastHeard + suspicion();
      long next = state.now + state.timings().renewInterval().toNanos();
      state.timerBetween(TimerKind.SUSPICION, host.id.value(), next, due);
    }
  }

  /** Whether nothing has come to this core for long since then, though it was hearing others. */
  boolean isDeafSince(long ran) {
    return state.connection == Connection.CONNECTED
        && state.now - ran > state.timings().suspectAfter().toNanos()
        && ran - lastHeardAnyone <= state.timings().renewInterval().toNanos();
  }

  private long silentAt(HostEntry host) {
    long silence = state.health.scaled(state.timings().silence());
    // Silent everywhere: there is nothing to wait for.
    long patience = host.deadSilent ? suspicion() : silence;
    long due = Math.max(host.lastHeard, heardSince) + Math.min(patience, silence);
    if (mostAreSilent()) {
      due += silence; // suspect ourselves first, and look again
    }
    due = Math.max(due, listensUntil());
    boolean nobodyIsHeard = state.now - lastHeardAnyone >= state.timings().suspectAfter().toNanos();
    // All silent at once: suspect the store, or ourselves, twice as long before anybody else.
    return nobodyIsHeard ? Math.max(due, lastHeardAnyone + 2 * silence) : due;
  }

  /** Until when a silent host is given the benefit of the doubt. */
  Wait silenceOf(HostEntry host) {
    return new Wait(Waiting.Kind.SILENCE, host.id.value(), silentAt(host));
  }

  /** More than half of at least three: hardly all of them at once. */
  private boolean mostAreSilent() {
    return state.registered.size() > 2 && state.silent.size() * 2 > state.registered.size();
  }

  private static boolean isNewer(HostReport report, HostReport before) {
    int order = report.incarnation().compareTo(before.incarnation());
    return order > 0 || (order == 0 && report.sequence() > before.sequence());
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
  }
}
