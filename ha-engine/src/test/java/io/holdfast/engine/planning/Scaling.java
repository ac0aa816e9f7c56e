package io.holdfast.engine.planning;

import java.util.stream.LongStream;

/** The same cluster in smaller units: greater numbers. */
final class Scaling {
  private static final long AMOUNTS = 80_000_000_000_003L;
  private static final long WEIGHTS = 60_000_000_001L;

  private Scaling() {}

  static ClusterSnapshot up(ClusterSnapshot cluster) {
    return new ClusterSnapshot(
        cluster.dimensions(),
        cluster.hosts().stream()
            .map(
                h ->
                    new HostSnapshot(
                        h.id(), up(h.capacity()), h.domain(), h.condition(), h.labels(), h.kinds()))
            .toList(),
        cluster.workloads().stream()
            .map(
                w ->
                    new WorkloadSnapshot(
                        w.id(),
                        up(w.demand()),
                        w.weight() * WEIGHTS,
                        w.priority(),
                        w.host(),
                        w.desired(),
                        w.requires(),
                        w.movable(),
                        w.load()))
            .toList(),
        cluster.rules());
  }

  private static Amounts up(Amounts amounts) {
    return Amounts.of(LongStream.of(amounts.toArray()).map(amount -> amount * AMOUNTS).toArray());
  }
}
