package io.holdfast.engine.planning;

import io.holdfast.api.InvalidConfigException;
import java.util.Arrays;

/**
 * Whole amounts, one for each dimension of a {@link ClusterSnapshot}, in its order. Immutable. What
 * an amount counts is for the platform to say (thousandths of a CPU, MiB); only amounts of the same
 * dimension are compared and added.
 */
public final class Amounts {
  /** The greatest amount; sums over a whole cluster stay far from overflowing. */
  public static final long MOST = 1_000_000_000_000_000L;

  private final long[] values;

  private Amounts(long[] values) {
    this.values = values;
  }

  /**
   * These amounts.
   *
   * @param values each 0 to {@link #MOST}
   * @throws InvalidConfigException naming the first that is not
   */
  public static Amounts of(long... values) {
    for (int d = 0; d < values.length; d++) {
      if (values[d] < 0 || values[d] > MOST) {
        throw new InvalidConfigException("amounts[" + d + "]", values[d], "0 to " + MOST);
      }
    }
    return new Amounts(values.clone());
  }

  /** The same amount in so many dimensions. */
  static Amounts all(int size, long value) {
    long[] values = new long[size];
    Arrays.fill(values, value);
    return of(values);
  }

  /** How many dimensions there are. */
  public int size() {
    return values.length;
  }

  /** The amount in a dimension. */
  public long get(int dimension) {
    return values[dimension];
  }

  /** All of them, in a new array. */
  public long[] toArray() {
    return values.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Amounts amounts && Arrays.equals(values, amounts.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return Arrays.toString(values);
  }
}
