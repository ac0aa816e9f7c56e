package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Whether what is kept for others is to be looked at. Most events, as a lease that is renewed, can
 * change nothing for any of it, and cost nothing for it; what only time changes has its timer.
 */
final class RoomReviews {
  /** All that counts beside those that something happened to. */
  private record Circumstances(
      long changes,
      ClusterPolicy policy,
      boolean policyOutdated,
      boolean policyUnread,
      boolean mayAct) {}

  private final ControllerState state;
  private @Nullable Circumstances seen;

  RoomReviews(ControllerState state) {
    this.state = state;
  }

  void reset() {
    seen = null;
  }

  /**
   * Whether anything may be another than when all was looked at.
   *
   * @param happened whether something happened to any workload, or may be placed
   */
  boolean areDue(boolean happened) {
    return happened || !now().equals(seen);
  }

  /** All was looked at, as it is now. */
  void areDone() {
    seen = now();
  }

  private Circumstances now() {
    return new Circumstances(
        state.room.changes(),
        state.policy,
        state.policyOutdated,
        state.policyUnread,
        state.mayAct());
  }
}
