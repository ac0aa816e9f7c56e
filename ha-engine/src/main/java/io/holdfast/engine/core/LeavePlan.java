package io.holdfast.engine.core;

import io.holdfast.api.ClusterPolicy.ShutdownPolicy;
import io.holdfast.api.Departure;
import io.holdfast.engine.record.HostIntent.Parting;
import java.util.Optional;

/** What becomes of the workloads of a host that is about to be away as planned. */
enum LeavePlan {
  /** They wait for it, frozen, and are started where they were. */
  FREEZE,
  /** They are ended there, and each is started elsewhere as soon as it has. */
  FAILOVER,
  /** They are moved away first. */
  MIGRATE;

  /**
   * @param maintenance whether an operator wants the host empty: that wins over every policy
   */
  static LeavePlan of(Departure departure, boolean maintenance, ShutdownPolicy policy) {
    if (departure == Departure.AGENT_RESTART) {
      return FREEZE; // what runs there runs on
    }
    if (maintenance) {
      return MIGRATE;
    }
    return switch (policy) {
      case CONDITIONAL -> departure == Departure.REBOOT ? FREEZE : FAILOVER;
      case FREEZE -> FREEZE;
      case FAILOVER -> FAILOVER;
      case MIGRATE -> MIGRATE;
    };
  }

  /** What the host is told. */
  static Optional<Parting> parting(Departure departure, LeavePlan plan) {
    if (departure == Departure.AGENT_RESTART) {
      return Optional.empty();
    }
    return Optional.of(plan == MIGRATE ? Parting.MOVE_AWAY : Parting.END);
  }
}
