package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * Whether calls keep their time-outs. A machine that stands still for a while makes any call late;
 * one that does not keep its time-out is late each time. So a call that came late is made again.
 */
final class Punctuality {
  /** How often a call is made at most. */
  static final int ATTEMPTS = 5;

  private Punctuality() {}

  /**
   * What a call answers that is back within the bound.
   *
   * @param call may be made several times
   */
  static <T> T within(Duration bound, Supplier<T> call) {
    for (int attempt = 1; true; attempt++) {
      long begun = System.nanoTime();
      T answer = call.get();
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      if (took.compareTo(bound) <= 0) {
        return answer;
      }
      assertThat(attempt)
          .as("attempts to be back within %s; the last took %s, answer %s", bound, took, answer)
          .isLessThan(ATTEMPTS);
    }
  }
}
