package io.holdfast.engine.placement;

import java.util.Collection;

/**
 * What a workload on each of the hosts would do to the cluster as a whole: TOPSIS over the mean
 * square and the greatest of the hosts' used shares, in every dimension. It looks at every host, so
 * it is for small clusters.
 *
 * <p>Source: Hwang and Yoon, Multiple Attribute Decision Making (1981). One is added to every value
 * so that tiny loads are not told apart by their ratio.
 */
final class ClusterEffect {
  private static final double OF_MEAN = 1;
  private static final double OF_GREATEST = 2;

  private ClusterEffect() {}

  /** Gives each host its score, the lower the better: less its closeness to the ideal. */
  static void score(Collection<HostSlot> hosts, long[] load, Scale scale) {
    int dimensions = scale.dimensions();
    double[][] values = new double[hosts.size()][2 * dimensions];
    for (int d = 0; d < dimensions; d++) {
      criteria(hosts, load, d, values);
    }
    double[] best = new double[2 * dimensions];
    double[] worst = new double[2 * dimensions];
    for (int c = 0; c < 2 * dimensions; c++) {
      double weight = scale.weight(c / 2) * (c % 2 == 0 ? OF_MEAN : OF_GREATEST);
      normalise(values, c, weight);
      best[c] = Double.POSITIVE_INFINITY;
      worst[c] = Double.NEGATIVE_INFINITY;
      for (double[] row : values) {
        best[c] = Math.min(best[c], row[c]);
        worst[c] = Math.max(worst[c], row[c]);
      }
    }
    int i = 0;
    for (HostSlot host : hosts) {
      double toBest = distance(values[i], best);
      double toWorst = distance(values[i], worst);
      host.score = toBest + toWorst == 0 ? 0 : -toWorst / (toBest + toWorst);
      i++;
    }
  }

  private static void criteria(
      Collection<HostSlot> hosts, long[] load, int dimension, double[][] values) {
    double squares = 0;
    double greatest = 0;
    for (HostSlot host : hosts) {
      double share = host.share(dimension);
      squares += share * share;
      greatest = Math.max(greatest, share);
    }
    int i = 0;
    for (HostSlot host : hosts) {
      double before = host.share(dimension);
      double after = before + load[dimension] * host.perUnit(dimension);
      double sum = Math.max(0, squares - before * before) + after * after;
      values[i][2 * dimension] = 1 + Math.sqrt(sum / hosts.size());
      values[i][2 * dimension + 1] = 1 + Math.max(greatest, after);
      i++;
    }
  }

  private static void normalise(double[][] values, int criterion, double weight) {
    double sum = 0;
    for (double[] row : values) {
      sum += row[criterion] * row[criterion];
    }
    double norm = Math.sqrt(sum) / weight;
    for (double[] row : values) {
      row[criterion] /= norm;
    }
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }
}
