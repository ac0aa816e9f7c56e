package io.holdfast.libvirt;

import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Starts whose connection broke before the daemon answered. The request may lie in the socket of a
 * daemon that hangs, to be carried out when it goes on: nothing may be called "not running" while
 * that can be.
 *
 * <p>A doubt ends when the domain has been seen to run, for no other start of it is made meanwhile;
 * or when it has stood for the settling time, all of it with a connection to the daemon. A daemon
 * that goes on finds the old request in a socket that was readable all the time, and so hands it to
 * its workers before it answers on any connection made later. One that hangs again is found out by
 * the keepalive, which the settling time covers once, so that the workers have the rest of it.
 *
 * <p>Moments are those of {@link System#nanoTime}.
 */
final class Doubts {
  private final long settlingNanos;
  private final Map<WorkloadId, Long> since = new HashMap<>();

  Doubts(Duration settling) {
    settlingNanos = settling.toNanos();
  }

  synchronized void begin(WorkloadId workload, long now) {
    since.put(workload, now);
  }

  synchronized void end(WorkloadId workload) {
    since.remove(workload);
  }

  /**
   * Whether a start of the workload may still come into effect.
   *
   * @param connectedSince when the connection that stands now was made, if one does
   */
  synchronized boolean stand(WorkloadId workload, OptionalLong connectedSince, long now) {
    Long began = since.get(workload);
    if (began == null) {
      return false;
    }
    if (connectedSince.isEmpty()) {
      return true;
    }
    if (now - began < settlingNanos || now - connectedSince.getAsLong() < settlingNanos) {
      return true;
    }
    since.remove(workload);
    return false;
  }
}
