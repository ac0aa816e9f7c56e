package io.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.HaEvent;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A listener that does not return holds nobody up and fills no memory. */
class ThreadsTest {
  private static final HaEvent EVENT = new HaEvent.Alarm("test", "an event");

  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch mayReturn = new CountDownLatch(1);
  private final AtomicInteger told = new AtomicInteger();
  private final Threads threads =
      new Threads("test", Optional.empty(), List.of((at, event) -> listen()));

  private void listen() {
    told.incrementAndGet();
    entered.countDown();
    try {
      mayReturn.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void end() {
    mayReturn.countDown();
    threads.shutdown();
  }

  @Test
  void whatAHangingListenerHasNoRoomForIsDroppedAndCounted() throws Exception {
    publish(1);
    entered.await();
    publish(Threads.MAX_EVENTS);
    assertThat(threads.dropped()).isZero();
    publish(5);
    assertThat(threads.dropped()).isEqualTo(5);

    mayReturn.countDown();
    long end = System.nanoTime() + 60_000_000_000L;
    while (told.get() < 1 + Threads.MAX_EVENTS && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    threads.shutdown();
    assertThat(told).hasValue(1 + Threads.MAX_EVENTS);
  }

  @Test
  void aBurstEndsWhenThereIsRoomAgain() throws Exception {
    publish(1);
    entered.await();
    publish(Threads.MAX_EVENTS + 5);
    mayReturn.countDown();
    long end = System.nanoTime() + 60_000_000_000L;
    while (threads.dropped() > 0 && System.nanoTime() < end) {
      publish(1);
      Thread.onSpinWait();
    }
    assertThat(threads.dropped()).isZero();
  }

  private void publish(int events) {
    for (int i = 0; i < events; i++) {
      threads.publish(Instant.EPOCH, EVENT);
    }
  }
}
