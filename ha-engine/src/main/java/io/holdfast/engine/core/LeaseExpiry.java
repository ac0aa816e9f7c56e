package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The evidence that needs no device: a guarded host's lease has not changed for so long that its
 * watchdog has reset it. The wait counts on this controller's clock since it saw the lease change
 * last, and ends with a linearizable read that began after it. {@code docs/safety.md} has the
 * proof.
 */
final class LeaseExpiry {

  /** A read that began when the wait was over, and the lease that it has to find unchanged. */
  private record Check(OpId op, Lease unchanged, Duration waited) {}

  /** What is said of a host that its watchdog has reset. */
  @FunctionalInterface
  interface Proof {
    void proven(HostEntry host, Incarnation incarnation, Evidence evidence);
  }

  private final ControllerState state;
  private final Detection detection;
  private final Proof proof;
  private final SortedMap<HostId, Check> checks = new TreeMap<>();

  LeaseExpiry(ControllerState state, Detection detection, Proof proof) {
    this.state = state;
    this.detection = detection;
    this.proof = proof;
  }

  void reset() {
    checks.clear();
  }

  /** When this host is known to have been reset, if it stays silent; empty if nobody can know. */
  Optional<Long> dueAt(HostEntry host) {
    return state
        .config
        .leaseTiming()
        .filter(host::isGuarded)
        .map(timing -> host.lastHeard + timing.takeoverWait().toNanos());
  }

  /** A host without which something waits is silent: looks now, or as soon as it is time. */
  void consider(HostEntry host) {
    Optional<Long> due = dueAt(host);
    if (due.isEmpty() || !state.mayAct() || checks.containsKey(host.id)) {
      return;
    }
    if (due.get() > state.now) {
      state.timer(TimerKind.LEASE_EXPIRY, host.id.value(), due.get());
      return;
    }
    Lease lease = host.lease;
    if (lease != null) {
      Duration waited = Duration.ofNanos(state.now - host.lastHeard);
      Check check = new Check(state.nextOp(), lease, waited);
      checks.put(host.id, check);
      state.emit(new ControllerEffect.CheckLease(check.op(), host.id));
    }
  }

  /**
   * Takes the answer in.
   *
   * @return whether it was an answer to a question of this class
   */
  boolean checked(ControllerEvent.LeaseChecked event) {
    Check check = checks.get(event.host());
    if (check == null || !check.op().equals(event.op())) {
      return false;
    }
    checks.remove(event.host());
    HostEntry host = state.host(event.host());
    if (!(event.outcome() instanceof Outcome.Done<Optional<Lease>> done)) {
      long again = state.now + state.timings().renewInterval().toNanos();
      state.timer(TimerKind.LEASE_EXPIRY, host.id.value(), again);
      return true;
    }
    done.value().ifPresent(detection::seen);
    Optional<LeaseTiming> timing = state.config.leaseTiming().filter(host::isGuarded);
    // never two: whatever changed meanwhile, here or in the store, makes the question a new one.
    boolean unchanged =
        done.value().filter(found -> isSame(found, check.unchanged())).isPresent()
            && host.lease != null
            && isSame(host.lease, check.unchanged());
    if (unchanged && timing.isPresent() && host.isSilent() && state.mayAct()) {
      Evidence evidence = new Evidence.LeaseExpired(check.waited(), timing.get().takeoverWait());
      proof.proven(host, check.unchanged().incarnation(), evidence);
    } else if (host.isSilent()) {
      consider(host);
    }
    return true;
  }

  private static boolean isSame(Lease one, Lease other) {
    return one.incarnation().equals(other.incarnation()) && one.sequence() == other.sequence();
  }
}
