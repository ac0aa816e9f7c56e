package io.holdfast.engine.placement;

import io.holdfast.api.PlacementMode;

/**
 * How good a host would be, as one number, the less the better: the fewest workloads, or the least
 * sum of the squares of the used shares, so that a dimension that is nearly used up counts more
 * than several that are not. Where hosts are to be filled it is the same sum below zero: the
 * fuller, the better.
 */
final class Scale {
  private final boolean byCount;
  private final boolean fills;

  /** Below zero where the fuller one is the better. */
  private final double sign;

  private final double[] weights;

  Scale(PlacementMode mode, Dimensions dimensions) {
    this.byCount = mode == PlacementMode.BASIC;
    this.fills = mode == PlacementMode.PACKED;
    this.sign = fills ? -1 : 1;
    this.weights = new double[dimensions.count()];
    for (int d = 0; d < weights.length; d++) {
      weights[d] = dimensions.weight(d);
    }
  }

  boolean byCount() {
    return byCount;
  }

  /** Whether hosts are to be about as full as each other. */
  boolean evens() {
    return !byCount && !fills;
  }

  /** Of two hosts that are as good, the one of the less of this is taken. */
  int tie(HostSlot host) {
    return fills ? -host.residents.size() : host.residents.size();
  }

  int dimensions() {
    return weights.length;
  }

  double weight(int dimension) {
    return weights[dimension];
  }

  /** A host as it is. */
  private double now(HostSlot host) {
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

  /**
   * A host as numbers that only grow as it becomes worse: what it is now, its shares, shares per
   * unit.
   */
  void write(HostSlot host, double[] to, int at) {
    to[at] = sign * now(host);
    for (int d = 0; d < weights.length; d++) {
      to[at + 1 + d] = sign * host.share(d);
      to[at + 1 + weights.length + d] = sign * host.perUnit(d);
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
      sum += sign * weights[d] * more * (2 * numbers[at + 1 + d] + more);
    }
    return sum;
  }

  /**
   * The same for one host.
   *
   * @param demand all that is to find room there
   */
  double with(HostSlot host, long[] load, long[] demand) {
    double[] numbers = new double[1 + 2 * weights.length];
    write(host, numbers, 0);
    return withRoom(host, with(numbers, 0, load), demand);
  }

  /**
   * What this cost is for a host with so much room: where hosts are filled, one that does not hold
   * what comes is worse than any that does, and of several the less full is the better.
   */
  double withRoom(HostSlot host, double cost, long[] demand) {
    return fills && !host.hasRoom(demand) ? 1 - cost : cost;
  }
}
