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

  /** What it would be with this load, given its number now; never less with greater arguments. */
  double with(double now, double[] shares, double[] perUnits, int offset, long[] load) {
    if (byCount) {
      return now;
    }
    double sum = now;
    for (int d = 0; d < weights.length; d++) {
      double more = load[d] * perUnits[offset + d];
      sum += weights[d] * more * (2 * shares[offset + d] + more);
    }
    return sum;
  }

  /** The same for one host. */
  double with(HostSlot host, long[] load) {
    double[] shares = new double[weights.length];
    double[] perUnits = new double[weights.length];
    for (int d = 0; d < weights.length; d++) {
      shares[d] = host.share(d);
      perUnits[d] = host.perUnit(d);
    }
    return with(now(host), shares, perUnits, 0, load);
  }
}
