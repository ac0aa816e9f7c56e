package io.holdfast.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.WorkloadId;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Subscription;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventFeedTest {
  private static final HypervisorEvent EVENT =
      new HypervisorEvent.Started(WorkloadId.parse("vm:1"));

  private final EventFeed feed = new EventFeed("test-feed");
  private final BlockingQueue<HypervisorEvent> told = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    feed.close();
  }

  @Test
  void tooManyEventsBecomeALossThatCallsForTheInventory() throws InterruptedException {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Subscription subscription =
        feed.subscribe(
            event -> {
              stuck.countDown();
              await(go);
              told.add(event);
            });
    feed.emit(EVENT);
    assertThat(stuck.await(60, TimeUnit.SECONDS)).isTrue();
    for (int i = 0; i < 4097; i++) {
      feed.emit(EVENT);
    }
    go.countDown();
    assertThat(next()).isEqualTo(EVENT);
    assertThat(next()).isInstanceOf(HypervisorEvent.Disconnected.class);
    assertThat(next()).isEqualTo(new HypervisorEvent.Reconnected());
    subscription.close();
    assertThat(told).isEmpty();
  }

  @Test
  void aListenerThatFailsDoesNotSilenceTheOthers() throws InterruptedException {
    Subscription failing =
        feed.subscribe(
            event -> {
              throw new IllegalStateException("expected by this test");
            });
    Subscription working = feed.subscribe(told::add);
    feed.emit(EVENT);
    feed.emit(EVENT);
    assertThat(next()).isEqualTo(EVENT);
    assertThat(next()).isEqualTo(EVENT);
    failing.close();
    working.close();
  }

  @Test
  void whoSubscribesLaterIsNotToldWhatWasBefore() throws InterruptedException {
    feed.emit(new HypervisorEvent.Disconnected("before"));
    Subscription subscription = feed.subscribe(told::add);
    feed.emit(EVENT);
    assertThat(next()).isEqualTo(EVENT);
    subscription.close();
  }

  private HypervisorEvent next() throws InterruptedException {
    HypervisorEvent event = told.poll(60, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("no event");
    }
    return event;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
