package io.holdfast.api;

/** Why a workload stopped, as its hypervisor tells it. */
public enum StopReason {
  /** The guest shut itself down. */
  GUEST_SHUTDOWN,
  /** The guest or its emulator crashed. */
  CRASHED,
  /** It was destroyed through the hypervisor. */
  DESTROYED,
  /** The host is shutting down and took it along. */
  HOST_SHUTDOWN,
  /** It was migrated away and runs on another host. */
  MIGRATED,
  /** The hypervisor did not say. */
  UNKNOWN
}
