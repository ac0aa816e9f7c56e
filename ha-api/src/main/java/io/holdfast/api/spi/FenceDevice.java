package io.holdfast.api.spi;

import io.holdfast.api.FenceOutcome;
import java.time.Duration;

/**
 * Controls the power of one host, or its access to the storage of its workloads.
 *
 * <p>{@link #off} and {@link #on} aim at a state, not at a command: they read the state, act if
 * they must, and read it back until it is there or the time is up. Already there is success. {@code
 * off} of the power is hard, never a reset and never a request to the operating system.
 *
 * <p><b>Guarantees asked for:</b> {@link FenceOutcome.Confirmed} and {@link
 * FenceOutcome.AlreadyThere} are returned only for a state that was read from the device during
 * this call. Several controllers may call devices of the same host at the same time from different
 * processes.
 *
 * <p><b>Not asked for:</b> that an operation that timed out has no effect later; except that one of
 * a device for the {@link Target#STORAGE}, also one that is under way in another process, has none
 * any more once a later one has read the state that it was to bring about. Access that comes back
 * late would be that of a host which is taken for cut off.
 *
 * <p>Implementations show no secret in {@link #name}, {@code toString}, outcomes, logs or the
 * process list. {@link #off} and {@link #on} of one object are called by one thread at a time,
 * {@link #status} by one thread at a time too, which may be another: asking whether a silent host
 * has power must not hold up the call that takes it away.
 */
public interface FenceDevice extends AutoCloseable {

  /** What it takes away. */
  enum Target {
    /** The host's power. */
    POWER,
    /**
     * The host's access to the storage, as by a persistent reservation, an access list or a
     * blocklist. {@code OFF} means that it has none: no write of the host lands any more, also none
     * that was under way, and no reboot of the host changes that. What runs there runs on.
     */
    STORAGE
  }

  /** What it takes away. Never changes. */
  default Target target() {
    return Target.POWER;
  }

  /** A name for logs and evidence, such as {@code bmc-host1}; unique among the host's devices. */
  String name();

  /**
   * Reads the power state.
   *
   * @return {@link FenceOutcome.Confirmed} with the state read, or why it could not be read
   */
  FenceOutcome status(Duration timeout);

  /** Brings the host's power to off and reads it back. */
  FenceOutcome off(Duration timeout);

  /** Brings the host's power to on and reads it back. Says nothing about its operating system. */
  FenceOutcome on(Duration timeout);

  @Override
  default void close() {}
}
