package io.holdfast.engine.placement;

/**
 * How full a host would be, as one number: the fewest workloads, or the least sum of the squares of
 * the used shares, so that a dimension that is nearly used up counts more than several that are
 * not.
 */
final class Scale {
  private final boolean byCount;
  private final double[] weights;

  Scale(boolean byCount, Dimensions dimensions) {
    this.byCount = byCount;
    this.weights = new double[dimensions.count()];
    for (int d = 0; d < weights.length; d++) {
      weights[d] = dimensions.weight(d);
    }
  }

  boolean byCount() {
    return byCount;
  }

  int dimensions() {
    return weights.length;
  }

  double weight(int dimension) {
    return weights[dimension];
  }

  /** A host as it is. */
  double now(HostSlot host) {
    if (byCount) {
      return host.residents.size();
    }
    double sum = 0;
    for (int d = 0; d < weights.length; d++) {
      double share = host.share(d);
      sum += weights[d] * share * share;
    }
    return sum;
  }

  /** A host as numbers that only grow as it fills: what it is now, its shares, shares per unit. */
  void write(HostSlot host, double[] to, int at) {
    to[at] = now(host);
    for (int d = 0; d < weights.length; d++) {
      to[at + 1 + d] = host.share(d);
      to[at + 1 + weights.length + d] = host.perUnit(d);
    }
  }

  /** What it would be with this load; never less where these numbers are greater. */
  double with(double[] numbers, int at, long[] load) {
    double sum = numbers[at];
    if (byCount) {
      return sum;
    }
    for (int d = 0; d < weights.length; d++) {
      double more = load[d] * numbers[at + 1 + weights.length + d];
      sum += weights[d] * more * (2 * numbers[at + 1 + d] + more);
    }
    return sum;
  }

  /** The same for one host. */
  double with(HostSlot host, long[] load) {
    double[] numbers = new double[1 + 2 * weights.length];
    write(host, numbers, 0);
    return with(numbers, 0, load);
  }
}
