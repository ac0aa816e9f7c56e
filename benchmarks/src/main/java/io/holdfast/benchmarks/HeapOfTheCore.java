package io.holdfast.benchmarks;

import java.lang.ref.Reference;

/**
 * How much heap a core holds per workload, all indexes and the hosts' records included: the used
 * heap after garbage collection, once with the core and once without.
 */
public final class HeapOfTheCore {
  private static final int HOSTS = 10_000;

  private HeapOfTheCore() {}

  /** Prints the figure. */
  public static void main(String[] args) throws InterruptedException {
    Cluster.led(100); // what is loaded and compiled once does not count
    long before = UsedHeap.bytes();
    Cluster cluster = Cluster.led(HOSTS);
    long after = UsedHeap.bytes();
    Reference.reachabilityFence(cluster);
    int workloads = HOSTS * Cluster.WORKLOADS_PER_HOST;
    System.out.printf(
        "heap of a core with %d hosts and %d workloads: %d MiB, %d bytes per workload%n",
        HOSTS, workloads, (after - before) >> 20, (after - before) / workloads);
  }
}
