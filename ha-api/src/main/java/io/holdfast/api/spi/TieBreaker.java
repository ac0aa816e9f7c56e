package io.holdfast.api.spi;

import io.holdfast.api.Fact;
import java.time.Duration;

/**
 * Something outside the hosts that only one of two halves of a cluster can reach, or be given: a
 * gateway that answers, a lock on a third machine. Where {@link
 * io.holdfast.api.ClusterPolicy.Quorum#TIE_BREAKER} is the policy, a controller has no host's power
 * cut unless it says so, each time anew.
 *
 * <p>The coordination service alone decides who leads. This is for clusters in which having that is
 * not enough to accuse others: of two hosts whose store stands beside one of them, say, or on a
 * network of its own.
 *
 * <p><b>Guarantees asked for:</b> {@link Fact#HOLDS} is said only of what was found during this
 * call. What could not be found out is {@link Fact#UNKNOWN}, and nobody is fenced for it.
 *
 * <p>Called by one thread at a time. A call that does not return in time counts as unknown.
 */
public interface TieBreaker extends AutoCloseable {

  /** A name for logs and reasons, such as {@code gateway}. */
  String name();

  /** Whether this side may fence the other. */
  Fact ask(Duration timeout);

  @Override
  default void close() {}
}
