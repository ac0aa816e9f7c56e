package io.holdfast.engine.core;

import io.holdfast.api.HostId;
import io.holdfast.api.Waiting;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedSet;

/**
 * What a host or a workload waits for, in the core's own time.
 *
 * @param until when it ends at the latest, {@link #OPEN} if nothing but the thing itself ends it
 */
record Wait(Waiting.Kind kind, String on, long until) {
  static final long OPEN = Long.MAX_VALUE;

  static final Wait FOR_ROOM = of(Waiting.Kind.ROOM, "any registered host");
  static final Wait FOR_THE_POLICY =
      of(Waiting.Kind.STORE, "a policy of the cluster that can be read");
  static final Wait FOR_THE_STORE = of(Waiting.Kind.STORE, "the coordination service");
  static final Wait UNTIL_ARMED = of(Waiting.Kind.FROZEN, "the cluster");

  static Wait of(Waiting.Kind kind, HostId host) {
    return new Wait(kind, host.value(), OPEN);
  }

  static Wait of(Waiting.Kind kind, String on) {
    return new Wait(kind, on, OPEN);
  }

  /** For each of these workloads to be further on. */
  static Wait[] forAll(SortedSet<WorkloadId> others) {
    return others.stream()
        .map(other -> of(Waiting.Kind.DEPENDENCY, other.toString()))
        .toArray(Wait[]::new);
  }

  Waiting at(long now) {
    Optional<Duration> remaining =
        until == OPEN ? Optional.empty() : Optional.of(Duration.ofNanos(Math.max(0, until - now)));
    return new Waiting(kind, on, remaining);
  }
}
