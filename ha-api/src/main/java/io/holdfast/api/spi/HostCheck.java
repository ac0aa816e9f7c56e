package io.holdfast.api.spi;

import io.holdfast.api.HostId;
import io.holdfast.api.SignOfLife;
import java.time.Duration;

/**
 * Asks through another channel whether a silent host is alive: its hypervisor's port, a peer, its
 * heartbeat on shared storage. A controller asks as soon as a host is suspected. A host that is
 * alive there is cut off and not dead, and is left running for as long as the cluster's policy
 * says; one that is silent on every channel is given up sooner.
 *
 * <p><b>Guarantees asked for:</b> {@link SignOfLife#ALIVE} is only said of something that the host
 * did after this call began, or of a heartbeat that is younger than the cluster's silence; {@link
 * SignOfLife#DEAD_SILENT} only when the channel itself was seen to work meanwhile, as by an answer
 * of somebody else on it. Everything else is {@link SignOfLife#UNKNOWN}.
 *
 * <p><b>Not asked for:</b> certainty. No answer makes a workload start elsewhere: that takes
 * evidence.
 *
 * <p>Called by several threads for different hosts, by one at a time for the same host. A call that
 * does not return in time counts as unknown.
 */
public interface HostCheck extends AutoCloseable {

  /** A name for logs and reasons, such as {@code storage-heartbeat}; unique within an engine. */
  String name();

  /** Looks for a sign of life of this host. */
  SignOfLife ask(HostId host, Duration timeout);

  @Override
  default void close() {}
}
