package io.holdfast.engine.sim;

import java.time.Duration;

/**
 * One piece of bad luck in a random run of a {@link SimWorld}. What it means is decided when it
 * strikes, by its own luck and by how the world stands then.
 *
 * @param at since the run began
 * @param luck which host or workload it meets, and for how long
 */
public record SimStrike(Duration at, Kind kind, long luck) {

  /** What goes wrong, or what people do in the middle of it. */
  public enum Kind {
    CRASH,
    POWER_CUT,
    KILL_AGENT,
    KILL_CONTROLLER,
    PAUSE_AGENT,
    PAUSE_CONTROLLER,
    PARTITION,
    PARTITION_AGENT,
    PARTITION_CONTROLLER,
    EXPIRE_AGENT,
    EXPIRE_CONTROLLER,
    SERVICE_DOWN,
    BMC,
    FENCE_DEVICES,
    OUTLET,
    WATCHDOG,
    HYPERVISOR_DOWN,
    FAULT_START,
    DEAF_GUEST,
    UNENDABLE_GUEST,
    CRASH_GUEST,
    LOSE_CALL,
    DESIRED,
    LOCK,
    STOP_REQUEST,
    CLEANUP,
    POLICY,
    PROTECTION,
    MOVE,
    FAULT_MIGRATION,
    MAINTENANCE,
    RULE,
    DISARM,
    /** Not one of those before: see {@link SimChaos}. */
    STORAGE,
    CONDITION,
    HOST_CHECK,
    TIE_BREAKER,
    SHUTDOWN,
    REBOOT,
    AGENT_RESTART,
    FROZEN_GUEST,
    ONE_WAY,
    DISK,
    /** What people do, see {@link SimPeople}. */
    CONFIRM_DOWN,
    TAKE_OUT,
    CLUSTER_POLICY,
    WORKLOAD_POLICY,
    MOVE_BY_HAND,
    /** In worlds with {@link SimConfig.More#WIDE}. */
    FENCE_LIE,
    DISARMED_WORK,
    MOVE_UNSEEN,
    MAKE_ROOM
  }
}
