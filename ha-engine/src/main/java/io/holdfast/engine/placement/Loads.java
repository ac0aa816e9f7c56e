package io.holdfast.engine.placement;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The loads of hosts, and how uneven they are: the coefficient of variation. The load of a host is
 * the mean of its used shares over the dimensions that it has and that limit it.
 */
final class Loads {
  private final int hosts;
  private double sum;
  private double squares;

  Loads(Collection<HostSlot> slots) {
    hosts = slots.size();
    for (HostSlot host : slots) {
      double load = of(host);
      sum += load;
      squares += load * load;
    }
  }

  double imbalance() {
    return imbalance(sum, squares);
  }

  /** How many hosts are compared. */
  int hosts() {
    return hosts;
  }

  /** What it would be with load moved. */
  double after(HostSlot from, HostSlot to, long[] load) {
    double source = of(from);
    double target = of(to);
    double sourceAfter = source - more(from, load);
    double targetAfter = target + more(to, load);
    return imbalance(
        sum - source - target + sourceAfter + targetAfter,
        squares
            - source * source
            - target * target
            + sourceAfter * sourceAfter
            + targetAfter * targetAfter);
  }

  private double imbalance(double total, double ofSquares) {
    if (hosts == 0 || total <= 0) {
      return 0;
    }
    double mean = total / hosts;
    return Math.sqrt(Math.max(0, ofSquares / hosts - mean * mean)) / mean;
  }

  static double of(HostSlot host) {
    return more(host, host.load);
  }

  /** What a load adds to that of a host. */
  private static double more(HostSlot host, long[] load) {
    double shares = 0;
    int limited = 0;
    for (int d = 0; d < load.length; d++) {
      double perUnit = host.perUnit(d);
      if (perUnit > 0 && host.capacity[d] > 0) {
        shares += load[d] * perUnit;
        limited++;
      }
    }
    return limited == 0 ? 0 : shares / limited;
  }

  /** The most loaded first, ties by name. */
  static List<HostSlot> byLoad(Collection<HostSlot> hosts) {
    List<HostSlot> sorted = new ArrayList<>(hosts);
    sorted.sort(
        (a, b) -> {
          int byLoad = Double.compare(of(b), of(a));
          return byLoad != 0 ? byLoad : a.compareTo(b);
        });
    return sorted;
  }
}
