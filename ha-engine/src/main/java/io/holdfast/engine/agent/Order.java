package io.holdfast.engine.agent;

import io.holdfast.api.HaEvent;
import io.holdfast.api.HostId;
import io.holdfast.api.WorkloadId;
import io.holdfast.engine.record.HostIntent;
import io.holdfast.engine.record.HostReport.Condition;
import java.util.ArrayDeque;

/** One order of the controller and how it stands. Confined to the core. */
final class Order {
  final WorkloadId workload;
  HostIntent.Entry entry;
  Condition condition = Condition.PENDING;
  String detail = "";

  /** Whether a start was attempted under this order, or it was found running. */
  boolean begun;

  /** Whether a stop or a destroy was observed to have worked under this order. */
  boolean ended;

  /** When it was restarted here, within the window. */
  final ArrayDeque<Long> restarts = new ArrayDeque<>();

  /** Whether the detail says that the hypervisor cannot be asked. */
  boolean blind;

  long notBefore = Long.MIN_VALUE;

  Order(WorkloadId workload, HostIntent.Entry entry) {
    this.workload = workload;
    this.entry = entry;
  }

  /** Neither of these ever ends under the same order. */
  boolean isFinal() {
    return condition == Condition.GIVEN_UP || condition == Condition.GONE;
  }

  /** Counts a restart if the policy has one left. */
  boolean mayRestart(long now) {
    long oldest = now - entry.restart().window().toNanos();
    while (!restarts.isEmpty() && restarts.peekFirst() < oldest) {
      restarts.removeFirst();
    }
    return restarts.size() < entry.restart().maxRestarts();
  }

  HaEvent.WorkloadTrouble trouble(HostId host, String what) {
    return new HaEvent.WorkloadTrouble(workload, host, what);
  }
}
