package io.holdfast.engine.agent;

import io.holdfast.api.OpId;
import io.holdfast.api.ProbePolicy;
import io.holdfast.api.WorkloadId;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether what runs here serves, where that can be asked and its policy wants it. One failure is
 * not enough to call a guest that was ready anything else.
 */
final class GuestProbes {

  /** What is known of a workload since it began to run. */
  private static final class Guest {
    final ProbePolicy policy;
    final long runsSince;
    long due;
    @Nullable OpId asking;
    boolean ready;
    int failures;

    Guest(ProbePolicy policy, long now) {
      this.policy = policy;
      runsSince = now;
      due = now;
    }
  }

  private final AgentState state;
  private final SortedMap<WorkloadId, Guest> guests = new TreeMap<>();

  GuestProbes(AgentState state) {
    this.state = state;
  }

  /** It is seen running under this order. */
  void runs(Order order) {
    Optional<ProbePolicy> policy =
        order.entry.probe().filter(p -> state.config.probedKinds().contains(order.workload.kind()));
    if (policy.isEmpty()) {
      guests.remove(order.workload);
      return;
    }
    Guest guest = guest(order, policy.get());
    if (guest.asking == null && state.now >= guest.due) {
      OpId op = state.nextOp();
      guest.asking = op;
      state.emit(new AgentEffect.ProbeGuest(op, order.workload, guest.policy.timeout()));
    }
  }

  /**
   * It is seen here, and does not execute: whoever wants it restarted when it does not serve counts
   * that as an answer, without asking.
   */
  void standsStill(Order order) {
    Optional<ProbePolicy> policy = order.entry.probe().filter(p -> p.failuresToRestart() > 0);
    if (policy.isEmpty()) {
      return;
    }
    Guest guest = guest(order, policy.get());
    if (guest.asking == null && state.now >= guest.due) {
      guest.due = state.now + guest.policy.interval().toNanos();
      failed(guest);
    }
  }

  private Guest guest(Order order, ProbePolicy policy) {
    Guest before = guests.get(order.workload);
    if (before != null && before.policy.equals(policy)) {
      return before;
    }
    Guest guest = new Guest(policy, state.now);
    guests.put(order.workload, guest);
    return guest;
  }

  /** It does not run now: what it said before counts no more. */
  void runsNot(WorkloadId workload) {
    guests.remove(workload);
  }

  void forgetAll() {
    guests.clear();
  }

  void answered(AgentEvent.GuestProbed event) {
    Guest guest = guests.get(event.workload());
    if (guest == null || !event.op().equals(guest.asking)) {
      return;
    }
    guest.asking = null;
    guest.due = state.now + guest.policy.interval().toNanos();
    switch (event.answer()) {
      case HOLDS -> {
        guest.ready = true;
        guest.failures = 0;
      }
      case FAILS -> failed(guest);
      case UNKNOWN -> {
        // Never a failure: asked again.
      }
    }
  }

  private void failed(Guest guest) {
    boolean young = state.now - guest.runsSince < guest.policy.grace().toNanos();
    guest.failures += guest.ready || !young ? 1 : 0;
    guest.ready &= guest.failures < Facts.LOOKS_THAT_AGREE;
  }

  /** Whether others may rely on it, as far as its guest can be asked. */
  boolean isReady(WorkloadId workload) {
    Guest guest = guests.get(workload);
    return guest == null || guest.ready;
  }

  /** Whether it has failed so often in a row that it is to be restarted. */
  boolean isToBeRestarted(WorkloadId workload) {
    Guest guest = guests.get(workload);
    return guest != null
        && guest.policy.failuresToRestart() > 0
        && guest.failures >= guest.policy.failuresToRestart();
  }

  /** One line for people, empty where there is nothing to say. */
  String detailOf(WorkloadId workload) {
    Guest guest = guests.get(workload);
    if (guest == null || guest.ready) {
      return "";
    }
    return guest.failures == 0 ? "its guest is not ready yet" : "its guest does not serve";
  }

  long nextWakeup() {
    return guests.values().stream()
        .filter(guest -> guest.asking == null && guest.due > state.now)
        .mapToLong(guest -> guest.due)
        .min()
        .orElse(Long.MAX_VALUE);
  }
}
