package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A loop whose core has thrown: it is told once, and nothing is kept of what comes after. */
class CoreLoopTest {
  private final CompletableFuture<Throwable> broken = new CompletableFuture<>();
  private final CoreLoop<String, String> loop =
      new CoreLoop<>(
          "loop",
          new CoreLoop.Core<>(CoreLoopTest::step, () -> Long.MAX_VALUE, now -> "tick"),
          System::nanoTime,
          (effects, took) -> {},
          broken::complete);

  private static List<String> step(String event) {
    throw new IllegalStateException(event);
  }

  @Test
  void whatComesAfterABrokenInvariantFillsNoMemory() throws Exception {
    loop.start();
    loop.post(now -> "broken");
    assertThat(broken.get(60, TimeUnit.SECONDS)).hasMessage("broken");
    loop.stop();

    for (int i = 0; i < 1000; i++) {
      loop.post(now -> "news");
    }
    assertThatThrownBy(() -> loop.ask(() -> "answer").get(60, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("loop has ended");
    loop.post(now -> "more news");
    loop.stop();
    assertThat(loop.waiting()).isZero();
  }
}
