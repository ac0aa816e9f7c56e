package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import io.holdfast.api.Timings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A core that echoes its events as calls, from start to close. */
class CoreRunnerTest {
  private final ConcurrentLinkedQueue<String> called = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<Thread> listening = new CompletableFuture<>();
  private volatile boolean clockIsBroken;
  private final CoreRunner<String, String> runner =
      new CoreRunner<>(
          "runner",
          "runner",
          new Settings(
              Timings.DEFAULT,
              List.of(this::hear),
              Optional.empty(),
              this::nanos,
              InstantSource.system()),
          new CoreLoop.Core<>(List::of, () -> Long.MAX_VALUE, now -> "tick"),
          new CoreRunner.Effects<>(
              effect ->
                  effect.equals("publish")
                      ? Optional.of(new HaEvent.Alarm("runner", effect))
                      : Optional.empty(),
              effect -> "calls",
              effect -> Duration.ofSeconds(10),
              effect -> {
                called.add(effect);
                return Optional.empty();
              },
              (effect, why) -> Optional.empty(),
              (events, took) -> Optional.empty(),
              List.of()));

  private void hear(Instant at, HaEvent event) {
    listening.complete(Thread.currentThread());
  }

  private long nanos() {
    if (clockIsBroken) {
      throw new IllegalStateException("the clock is broken");
    }
    return System.nanoTime();
  }

  @Test
  void aFeedThatCannotBeEndedKeepsNothingElseOpen() throws Exception {
    CompletableFuture<String> otherFeed = new CompletableFuture<>();
    runner.start(
        subscriptions -> {
          subscriptions.add(
              () -> {
                throw new IllegalStateException("the driver is broken");
              });
          subscriptions.add(
              () -> {
                throw new NoClassDefFoundError("gone");
              });
          subscriptions.add(() -> otherFeed.complete("ended"));
        });
    runner.post(now -> "publish");
    Thread listener = listening.get(60, TimeUnit.SECONDS);

    assertThat(runner.close(now -> "closing")).isTrue();

    assertThat(otherFeed).isCompletedWithValue("ended");
    assertThat(called).containsExactly("closing");
    listener.join(60_000);
    assertThat(listener.isAlive()).isFalse();
    assertThat(runner.close(now -> "closing")).isFalse();
  }

  @Test
  void aClockThatThrowsKeepsNothingOpen() throws Exception {
    runner.start(subscriptions -> runner.post(now -> "publish"));
    Thread listener = listening.get(60, TimeUnit.SECONDS);
    clockIsBroken = true;

    assertThat(runner.close(now -> "closing")).isTrue();

    assertThat(called).isEmpty();
    listener.join(60_000);
    assertThat(listener.isAlive()).isFalse();
  }
}
