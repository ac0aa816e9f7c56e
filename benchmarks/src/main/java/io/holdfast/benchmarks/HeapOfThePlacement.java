package io.holdfast.benchmarks;

import io.holdfast.api.PlacementMode;
import io.holdfast.engine.placement.Placer;
import java.lang.ref.Reference;

/**
 * How much heap a placement state holds per workload, all indexes, hosts and rules included; what
 * hosts, workloads and rules are given as is there anyway and does not count.
 */
public final class HeapOfThePlacement {
  private static final int HOSTS = 10_000;

  private HeapOfThePlacement() {}

  /** Prints the figure. */
  public static void main(String[] args) throws InterruptedException {
    new PlacedCluster(100).placer(PlacementMode.STATIC); // what is loaded once does not count
    PlacedCluster cluster = new PlacedCluster(HOSTS);
    long before = UsedHeap.bytes();
    Placer placer = cluster.placer(PlacementMode.STATIC);
    long after = UsedHeap.bytes();
    Reference.reachabilityFence(cluster);
    Reference.reachabilityFence(placer);
    int workloads = HOSTS * PlacedCluster.PER_HOST;
    System.out.printf(
        "heap of a placement state with %d hosts and %d workloads: %d MiB, %d bytes per workload%n",
        HOSTS, workloads, (after - before) >> 20, (after - before) / workloads);
  }
}
