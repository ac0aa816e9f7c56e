package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EffectQueuesTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final ExecutorService calls = Executors.newCachedThreadPool();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final EffectQueues queues = new EffectQueues(calls, timer);

  @AfterEach
  void end() {
    calls.shutdownNow();
    timer.shutdownNow();
  }

  @Test
  void anErrorOfADriverIsToldAndDoesNotHoldItsQueueUp() throws Exception {
    queues.submit(
        "device",
        LONG,
        () -> {
          throw new NoClassDefFoundError("libvirt");
        },
        told::add);
    queues.submit("device", LONG, () -> () -> told.add("second"), told::add);

    assertThat(told.poll(60, TimeUnit.SECONDS)).contains("threw").contains("libvirt");
    assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo("second");
  }

  @Test
  void aCallBehindOneThatHangsIsGivenUpToo() throws Exception {
    LinkedBlockingQueue<String> never = new LinkedBlockingQueue<>();
    CountDownLatch hanging = new CountDownLatch(1);
    EffectQueues.Call hangs =
        () -> {
          hanging.countDown();
          try {
            never.take();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return () -> told.add("too late");
        };
    // Long enough for it to begin before it is given up, on a machine that may be slow.
    queues.submit("device", Duration.ofSeconds(3), hangs, why -> told.add("first " + why));
    assertThat(hanging.await(60, TimeUnit.SECONDS)).isTrue();
    queues.submit(
        "device",
        Duration.ofMillis(10),
        () -> () -> told.add("ran"),
        why -> told.add("second " + why));

    assertThat(List.of(next(), next()))
        .anyMatch(why -> why.startsWith("first no answer"))
        .anyMatch(why -> why.startsWith("second no answer"));
  }

  private String next() throws InterruptedException {
    return Objects.requireNonNull(told.poll(60, TimeUnit.SECONDS), "nothing was told");
  }

  @Test
  void anExecutorThatRefusesIsToldAndNotThrown() throws Exception {
    EffectQueues refused =
        new EffectQueues(
            task -> {
              throw new RejectedExecutionException("full");
            },
            timer);
    refused.submit("device", LONG, () -> () -> told.add("ran"), told::add);

    assertThat(told.poll(60, TimeUnit.SECONDS)).contains("refuses");
  }
}
