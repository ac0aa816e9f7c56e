package io.holdfast.api.spi;

import io.holdfast.api.Fact;
import io.holdfast.api.WorkloadId;
import java.time.Duration;
import java.util.Set;

/**
 * Asks whether a workload that runs on this host serves: by its guest agent, a port that answers, a
 * heartbeat. How it is reached is the implementation's configuration. A workload whose policy has a
 * {@link io.holdfast.api.ProbePolicy} is ready, for those that depend on it, only once this says
 * so.
 *
 * <p><b>Guarantees asked for:</b> a question changes nothing in the guest. {@link Fact#FAILS} is
 * said only when the guest was asked and did not serve; what could not be asked, and a workload
 * that does not run here, is {@link Fact#UNKNOWN}, and never a reason to restart it.
 *
 * <p>Called by several threads for different workloads, by one at a time for the same one. A call
 * that does not return in time counts as unknown: whoever means "did not answer in time" by it has
 * to say {@link Fact#FAILS} before.
 */
public interface GuestProbe extends AutoCloseable {

  /** The kinds of workload it can ask, such as {@code vm}. Never empty, never changes. */
  Set<String> kinds();

  /** Whether the workload serves. */
  Fact ask(WorkloadId workload, Duration timeout);

  @Override
  default void close() {}
}
