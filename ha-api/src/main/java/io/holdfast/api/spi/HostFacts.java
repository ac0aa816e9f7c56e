package io.holdfast.api.spi;

import io.holdfast.api.Fact;
import java.time.Duration;
import java.util.SortedMap;
import java.util.SortedSet;

/**
 * What a host can say of itself besides what it runs: whether the storage of its workloads works,
 * whether a lockspace is mounted, whether a network is up. The host's agent looks every so often,
 * reports what it saw, and looks at what it knows before it starts a workload that asks for a
 * condition.
 *
 * <p><b>Guarantees asked for:</b>
 *
 * <ul>
 *   <li>A look has no effect on workloads, and none on the host but what it writes to find out, as
 *       a storage heartbeat does.
 *   <li>{@link Fact#FAILS} is said only of what was tried and did not work: a shared file system
 *       that does not take a write within a time that is far longer than usual has failed. What
 *       could not be tried is {@link Fact#UNKNOWN}, and never a failure.
 * </ul>
 *
 * <p><b>Not asked for:</b> that a fact still holds when the answer arrives.
 *
 * <p>{@link #look} is called by one thread at a time. A call that does not return in time makes all
 * of its conditions unknown, and none of another implementation's.
 */
public interface HostFacts extends AutoCloseable {
  /**
   * The condition that stands for the storage of the host's workloads. A host on which it fails is
   * given nothing new, and each workload's {@code onStorageLoss} says what becomes of it.
   */
  String STORAGE = "storage";

  /** A name for logs, such as {@code nfs-heartbeat}; unique among those of a host. */
  String name();

  /**
   * The conditions that it can tell of: 1 to 64 letters, digits, '.', '_', '-', ':' or '/' each,
   * the first a letter or digit, as in {@code lockspace:vms}. Never empty, never changes.
   */
  SortedSet<String> conditions();

  /** How each of its {@link #conditions} stands: all of them, and no others. */
  SortedMap<String, Fact> look(Duration timeout);

  @Override
  default void close() {}
}
