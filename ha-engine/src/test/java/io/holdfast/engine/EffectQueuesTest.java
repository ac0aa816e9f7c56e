package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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

    assertThat(told.poll(10, TimeUnit.SECONDS)).contains("threw").contains("libvirt");
    assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("second");
  }

  @Test
  void aCallBehindOneThatHangsIsGivenUpToo() throws Exception {
    LinkedBlockingQueue<String> never = new LinkedBlockingQueue<>();
    EffectQueues.Call hangs =
        () -> {
          try {
            never.take();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return () -> told.add("too late");
        };
    queues.submit("device", Duration.ofMillis(10), hangs, why -> told.add("first " + why));
    queues.submit(
        "device",
        Duration.ofMillis(10),
        () -> () -> told.add("ran"),
        why -> told.add("second " + why));

    assertThat(told.poll(10, TimeUnit.SECONDS)).startsWith("first no answer");
    assertThat(told.poll(10, TimeUnit.SECONDS)).startsWith("second no answer");
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

    assertThat(told.poll(10, TimeUnit.SECONDS)).contains("refuses");
  }
}
