package io.holdfast.examples.cli;

import java.util.Arrays;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** The option to do something several times, and how long it takes then. */
final class Repeated {
  private static final int MOST = 100_000;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description =
          "do it so many times, and tell the median time of the second half, when the JVM is warm;"
              + " default: once")
  private int times = 1;

  /** What came of it the last time. */
  record Timed<T>(T result, double millis) {}

  /**
   * Does it.
   *
   * @param command whose option this is
   */
  <T> Timed<T> time(String command, Supplier<T> work) {
    if (times < 1 || times > MOST) {
      throw new BadInputException(
          "%s: --repeat: found %d, allowed: 1 to %d".formatted(command, times, MOST));
    }
    double[] millis = new double[times];
    T result = timed(work, millis, 0);
    for (int i = 1; i < times; i++) {
      result = timed(work, millis, i);
    }
    double[] warm = Arrays.copyOfRange(millis, times / 2, times);
    Arrays.sort(warm);
    return new Timed<>(result, warm[warm.length / 2]);
  }

  private static <T> T timed(Supplier<T> work, double[] millis, int index) {
    long start = System.nanoTime();
    T result = work.get();
    millis[index] = (System.nanoTime() - start) / 1e6;
    return result;
  }
}
