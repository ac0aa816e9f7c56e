package io.holdfast.engine.core;

import io.holdfast.api.Evidence;
import io.holdfast.api.HostId;
import io.holdfast.api.Incarnation;
import io.holdfast.api.LeaseTiming;
import io.holdfast.api.OpId;
import io.holdfast.api.Outcome;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.engine.core.ControllerState.TimerKey;
import io.holdfast.engine.core.ControllerState.TimerKind;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The evidence that needs no device: a guarded host's lease has not changed for so long that its
 * watchdog has reset it. The wait counts on this controller's clock since it saw the lease change
 * last, and ends with a linearizable read that began after it. {@code docs/safety.md} has the
 * proof. Where the cluster was configured to accept the risk, a host that no device could fence and
 * that nobody guards is taken for down in the same way.
 */
final class LeaseExpiry {

  /**
   * What is known of a host once it has been silent for long enough.
   *
   * @param at in the events' time
   */
  record Claim(long at, Duration required, boolean watchdog) {
    Evidence evidence(Duration waited) {
      return watchdog
          ? new Evidence.LeaseExpired(waited, required)
          : new Evidence.AssumedByPolicy("cluster.assumeDownAfter " + required);
    }

    String describe(long now) {
      Duration left = Duration.ofNanos(Math.max(0, at - now));
      return watchdog
          ? "in " + left + " its watchdog has certainly reset it"
          : "in " + left + " it is taken for down, a risk that the cluster's policy accepts";
    }
  }

  /** A read that began when the wait was over, and the lease that it has to find unchanged. */
  private record Check(OpId op, Lease unchanged, Claim claim, Duration waited) {}

  /** What is said of a host that runs nothing any more. */
  @FunctionalInterface
  interface Proof {
    void proven(HostEntry host, Incarnation incarnation, Evidence evidence);
  }

  private final ControllerState state;
  private final Detection detection;
  private final FenceGuards guards;
  private final Predicate<HostEntry> devicesHaveFailed;
  private final Proof proof;
  private final SortedMap<HostId, Check> checks = new TreeMap<>();

  LeaseExpiry(
      ControllerState state,
      Detection detection,
      FenceGuards guards,
      Predicate<HostEntry> devicesHaveFailed,
      Proof proof) {
    this.state = state;
    this.detection = detection;
    this.guards = guards;
    this.devicesHaveFailed = devicesHaveFailed;
    this.proof = proof;
  }

  void reset() {
    checks.clear();
  }

  /** What will be known of this host if it stays silent; empty if nothing ever will. */
  Optional<Claim> claimOn(HostEntry host) {
    Optional<LeaseTiming> timing = state.config.leaseTiming().filter(host::isGuarded);
    if (timing.isPresent()) {
      return Optional.of(claim(host, timing.get().takeoverWait(), true));
    }
    // never two, but for whoever said in so many words that two may be.
    return state
        .policy
        .assumeDownAfter()
        .filter(after -> host.isSilent() && devicesHaveFailed.test(host))
        .map(after -> claim(host, after, false));
  }

  private static Claim claim(HostEntry host, Duration required, boolean watchdog) {
    return new Claim(host.lastHeard + required.toNanos(), required, watchdog);
  }

  /** What evidence there may be when no device gives any. */
  String lastResort(HostEntry host) {
    return claimOn(host)
        .map(claim -> "; " + claim.describe(state.now))
        .orElse("; its watchdog is not known to be armed, so a person has to say that it is down");
  }

  /** A host without which something waits is silent: looks now, or as soon as it is time. */
  void consider(HostEntry host) {
    Optional<Claim> claim = claimOn(host);
    if (claim.isEmpty() || !state.mayAct() || checks.containsKey(host.id)) {
      return;
    }
    if (claim.get().at() > state.now) {
      state.timer(TimerKind.LEASE_EXPIRY, host.id.value(), claim.get().at());
      return;
    }
    if (isSpared(host, claim.get())) {
      return;
    }
    Lease lease = host.lease;
    if (lease != null) {
      Duration waited = Duration.ofNanos(state.now - host.lastHeard);
      Check check = new Check(state.nextOp(), lease, claim.get(), waited);
      checks.put(host.id, check);
      state.emit(new ControllerEffect.CheckLease(check.op(), host.id));
    }
  }

  /**
   * What nobody proves is assumed under the guards under which hosts are fenced: a silence of many
   * is first suspected of being our own.
   */
  private boolean isSpared(HostEntry host, Claim claim) {
    if (claim.watchdog()) {
      return false;
    }
    if (state.holdsStill()) {
      return true; // nobody is taken for down by policy any more, and arming looks again
    }
    Optional<FenceGuards.Spared> spared = guards.whyNotNow(host);
    spared.ifPresent(
        not -> {
          state.timer(TimerKind.LEASE_EXPIRY, host.id.value(), not.until());
          detection.explain(
              host,
              "silent, to be taken for down in %s: %s"
                  .formatted(Duration.ofNanos(not.until() - state.now), not.why()));
        });
    return spared.isPresent();
  }

  /** When this claim is looked at, as far as is known. */
  long dueAt(HostEntry host, Claim claim) {
    return state
        .timers
        .at(new TimerKey(TimerKind.LEASE_EXPIRY, host.id.value()))
        .filter(at -> at > claim.at())
        .orElse(claim.at());
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
    // never two: whatever changed meanwhile, here or in the store, makes the question a new one.
    boolean unchanged =
        done.value().filter(found -> isSame(found, check.unchanged())).isPresent()
            && host.lease != null
            && isSame(host.lease, check.unchanged())
            && claimOn(host).equals(Optional.of(check.claim()));
    if (unchanged && host.isSilent() && state.mayAct()) {
      if (isSpared(host, check.claim())) {
        return true; // another one was assumed meanwhile
      }
      proof.proven(host, check.unchanged().incarnation(), check.claim().evidence(check.waited()));
    } else if (host.isSilent()) {
      consider(host);
    }
    return true;
  }

  private static boolean isSame(Lease one, Lease other) {
    return one.incarnation().equals(other.incarnation()) && one.sequence() == other.sequence();
  }
}
