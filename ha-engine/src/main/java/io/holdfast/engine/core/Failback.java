package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting.Kind;
import io.holdfast.api.Workload;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.core.ControllerState.TimerKind;
import io.holdfast.engine.core.WorkloadTable.Stand;
import io.holdfast.engine.placement.Choice;
import io.holdfast.engine.placement.Wish;
import io.holdfast.engine.record.Placement.Owner;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Whether it is worth moving a workload that could stay where it is, only because it would rather
 * be elsewhere. What a strict rule, maintenance or a person wants is not asked about here.
 */
final class Failback {
  private final ControllerState state;
  private final Mobility mobility;

  /** Those that would rather be on a host that can be used, and are better left where they are. */
  private final SortedMap<WorkloadId, Wait> settled = new TreeMap<>();

  Failback(ControllerState state, Mobility mobility) {
    this.state = state;
    this.mobility = mobility;
  }

  void reset() {
    settled.clear();
  }

  /** It is looked at anew. */
  void forget(WorkloadEntry workload) {
    settled.remove(workload.id);
  }

  /** Keeps account of since when it runs where it is. */
  static void follow(WorkloadEntry workload, WorkloadFacts facts, long now) {
    if (facts.isSeenRunning()) {
      HostId here = facts.owner().map(Owner::host).orElseThrow();
      if (!here.equals(workload.runsOn)) {
        workload.runsOn = here;
        workload.runsSince = now;
      }
    } else if (facts.stand() == Stand.PRESENT && !mayRunOn(facts)) {
      workload.runsOn = null;
    }
  }

  private static boolean mayRunOn(WorkloadFacts facts) {
    return switch (facts.entry().condition()) {
      case RUNNING, MIGRATING, UNKNOWN -> true;
      case PENDING, STARTING, STOPPING, STOPPED, STOP_FAILED, GIVEN_UP, SHUT_DOWN, GONE -> false;
    };
  }

  /**
   * Whether it is to be moved now, to where it would rather be.
   *
   * @param stay the wish with which it stays wherever strict rules let it
   */
  boolean isWorthIt(WorkloadEntry workload, Relocation wanted, Wish stay) {
    Optional<Wait> against = whyNot(workload, wanted, stay);
    against.ifPresent(wait -> settled.put(workload.id, wait));
    return against.isEmpty();
  }

  private Optional<Wait> whyNot(WorkloadEntry workload, Relocation wanted, Wish stay) {
    // The return is a part of maintenance: its operator was shown that it interrupts it again.
    boolean returns = workload.placement.wayBack().equals(Optional.of(wanted.target()));
    List<WorkloadEntry> along = mobility.goingAlong(workload, wanted.target());
    boolean interrupts =
        !returns
            && (!wanted.live() || along.stream().anyMatch(partner -> !wanted.isLiveFor(partner)));
    long until = staysUntil(workload, state.host(wanted.target()));
    for (WorkloadEntry partner : along) {
      until = Math.max(until, staysUntil(partner, state.host(wanted.target())));
    }
    if ((!interrupts && state.now >= until) || !mayStay(workload, stay)) {
      return Optional.empty();
    }
    if (interrupts) {
      return Optional.of(Wait.of(Kind.INTERRUPTION, wanted.target()));
    }
    state.timer(TimerKind.STAY, workload.id.toString(), until);
    return Optional.of(new Wait(Kind.STAY, wanted.target().value(), until));
  }

  /** What it waits for before it goes where it would rather be, while that one can be used. */
  Optional<Wait> waitOf(WorkloadEntry workload) {
    return Optional.ofNullable(settled.get(workload.id))
        .filter(wait -> state.whyNotUsable(state.host(new HostId(wait.on()))).isEmpty());
  }

  /** What it waits for if a host that it would rather be on comes and goes. */
  Optional<Wait> waitForSteadiness(WorkloadEntry workload, Workload spec, HostEntry here) {
    return wouldRatherBeOn(workload, spec, here)
        .filter(other -> state.quarantined.contains(other.id) && other.whyNotUsable().isEmpty())
        .map(other -> new Wait(Kind.QUARANTINE, other.id.value(), other.flapping.until()))
        .findFirst();
  }

  /** Where it goes back to, and what its rules prefer to where it is. */
  Stream<HostEntry> wouldRatherBeOn(WorkloadEntry workload, Workload spec, HostEntry here) {
    return spec.policy().failback()
        ? Stream.concat(
                workload.placement.wayBack().filter(back -> !back.equals(here.id)).stream(),
                state.room.preferredTo(workload.id, here.id).stream())
            .map(state::host)
        : Stream.empty();
  }

  private long staysUntil(WorkloadEntry workload, HostEntry target) {
    Workload spec = workload.spec;
    if (spec == null || spec.policy().failbackAfter().isZero()) {
      return Long.MIN_VALUE;
    }
    long hostSince = Math.max(target.usableSince, state.leadingSince);
    return Math.max(workload.runsSince, hostSince) + spec.policy().failbackAfter().toNanos();
  }

  private boolean mayStay(WorkloadEntry workload, Wish stay) {
    Optional<HostId> here = workload.placement.owner().map(Owner::host);
    return state.room.choose(workload, stay) instanceof Choice.Chosen chosen
        && here.equals(Optional.of(chosen.host()));
  }

  /** Whether it may be moved for the sake of others' loads. */
  static boolean isWorthBalancing(WorkloadEntry workload, Workload spec, long now) {
    return Leaving.isLive(spec, Optional.empty())
        && now >= workload.runsSince + spec.policy().failbackAfter().toNanos();
  }
}
