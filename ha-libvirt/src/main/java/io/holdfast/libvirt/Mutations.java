package io.holdfast.libvirt;

import io.holdfast.api.WorkloadId;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Which workloads have calls under way that change them, the abandoned ones included. A start that
 * was given up may still come into effect: nothing may be called "not running" before it has ended.
 */
final class Mutations {
  private final Map<WorkloadId, Integer> underWay = new HashMap<>();

  synchronized void begin(WorkloadId workload) {
    underWay.merge(workload, 1, Integer::sum);
  }

  synchronized void end(WorkloadId workload) {
    underWay.computeIfPresent(workload, (w, count) -> count > 1 ? count - 1 : null);
    notifyAll();
  }

  synchronized boolean quiet(WorkloadId workload) {
    return !underWay.containsKey(workload);
  }

  /** Waits until nothing is under way for the workload; false if the time is up before that. */
  synchronized boolean awaitQuiet(WorkloadId workload, Deadline deadline) {
    try {
      while (!quiet(workload)) {
        long left = deadline.nanosLeft();
        if (left == 0) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
