package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy.DisarmMode;
import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadStatus;
import io.holdfast.engine.record.HostIntent.GuardOrder;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Takes the cluster out of service, as its policy says, and into it again. What is under way (a
 * fence operation, a recovery, a move) is finished first. Then nothing is decided any more, and
 * every host is told to release its watchdog; a host that falls silent meanwhile is not fenced.
 */
final class Disarming {
  private final ControllerState state;
  private final Fencing fencing;
  private final Recovery recovery;
  private final Books books;

  /** Hosts that have not yet said that their watchdogs are released. */
  private final SortedSet<HostId> guarded = new TreeSet<>();

  Disarming(ControllerState state, Fencing fencing, Recovery recovery, Books books) {
    this.state = state;
    this.fencing = fencing;
    this.recovery = recovery;
    this.books = books;
  }

  void reset() {
    guarded.clear();
  }

  /** Whether the policy asks for it, whether or not it has come to that. */
  static boolean isWanted(ControllerState state) {
    return state.policy.disarmed().isPresent();
  }

  /** Follows the policy as soon as that is possible. */
  void settle() {
    boolean wanted = isWanted(state);
    if (wanted == state.disarmed || !state.mayAct()) {
      return;
    }
    boolean underWay =
        !state.moving.isEmpty() || fencing.isUnderWay() || recovery.isAnyoneRecovering();
    if (wanted && underWay) {
      return;
    }
    state.disarmed = wanted;
    state.hosts.values().forEach(this::order);
    state.touched.addAll(state.workloads.keySet());
    state.worthPlacing = true;
    if (wanted) {
      tellIfReleased();
    } else {
      guarded.clear();
      state.hosts.values().stream().filter(HostEntry::isSilent).forEach(fencing::consider);
    }
  }

  /** A host joined or reported. */
  void look(HostEntry host) {
    if (!state.disarmed) {
      return;
    }
    if (host.isToldToGuard()) {
      order(host);
    }
    boolean released = host.report != null && host.report.guarded().isEmpty();
    if ((released || !host.state.isHeard()) && guarded.remove(host.id)) {
      tellIfReleased();
    }
  }

  private void order(HostEntry host) {
    host.guardWanted = state.disarmed ? GuardOrder.RELEASED : GuardOrder.REQUIRED;
    if (host.lease == null || host.intentUnreadable) {
      return;
    }
    state.writeIntent(host, state.intentOf(host));
    boolean armed = host.report != null && host.report.guarded().isPresent();
    if (state.disarmed && armed && host.state.isHeard()) {
      guarded.add(host.id);
    }
  }

  private void tellIfReleased() {
    if (guarded.isEmpty()) {
      state.publish(
          new HaEvent.Alarm("cluster", "fully disarmed: no host has its watchdog armed any more"));
    }
  }

  /** Whether a workload is left as it is because of this. */
  boolean leavesAlone(WorkloadEntry workload) {
    if (!state.disarmed) {
      return false;
    }
    boolean freeze = state.policy.disarmed().filter(DisarmMode.FREEZE::equals).isPresent();
    if (freeze) {
      books.become(
          workload,
          WorkloadStatus.FROZEN,
          "the cluster is disarmed: kept as it is until it is armed");
    } else {
      books.become(
          workload, workload.status, "the cluster is disarmed: left alone until it is armed");
    }
    return true;
  }
}
