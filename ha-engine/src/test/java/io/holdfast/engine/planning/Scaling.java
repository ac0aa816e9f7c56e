package io.holdfast.engine.planning;

import java.util.stream.LongStream;

/** The same cluster in smaller units: greater numbers. */
final class Scaling {
  private static final long AMOUNTS = 40_000_000_000_003L;
  static final long WEIGHTS = 60_000_000_001L;

  private Scaling() {}

  static ClusterSnapshot up(ClusterSnapshot cluster) {
    return new ClusterSnapshot(
        cluster.dimensions(),
        cluster.hosts().stream()
            .map(h -> h.having(up(h.capacity())).promising(up(h.promised()).toArray()))
            .toList(),
        cluster.workloads().stream()
            .map(w -> w.taking(up(w.demand())).weighing(w.weight() * WEIGHTS))
            .toList(),
        cluster.rules());
  }

  private static Amounts up(Amounts amounts) {
    return Amounts.of(LongStream.of(amounts.toArray()).map(amount -> amount * AMOUNTS).toArray());
  }
}
