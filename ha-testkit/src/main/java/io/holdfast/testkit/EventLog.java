package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.spi.Hypervisor;
import io.holdfast.api.spi.Hypervisor.HypervisorEvent;
import io.holdfast.api.spi.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A subscription that keeps what a hypervisor tells, in order, and waits for what is expected. */
final class EventLog implements AutoCloseable {
  private final BlockingQueue<HypervisorEvent> arrived = new LinkedBlockingQueue<>();
  private final List<HypervisorEvent> passed = new ArrayList<>();
  private final Subscription subscription;

  EventLog(Hypervisor hypervisor) {
    subscription = hypervisor.subscribe(arrived::add);
  }

  /** The next event that fits; others before it are passed over. Fails when the time is up. */
  HypervisorEvent await(String what, Predicate<HypervisorEvent> fits, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      while (true) {
        HypervisorEvent event = arrived.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        assertThat(event).as("%s within %s; so far: %s", what, timeout, passed).isNotNull();
        passed.add(event);
        if (fits.test(event)) {
          return event;
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted while waiting for " + what, e);
    }
  }

  /** Waits for exactly this event. */
  void await(HypervisorEvent expected, Duration timeout) {
    await(expected.toString(), expected::equals, timeout);
  }

  /** Everything that has come and has not been waited for. */
  List<HypervisorEvent> rest() {
    List<HypervisorEvent> rest = new ArrayList<>();
    arrived.drainTo(rest);
    return rest;
  }

  /** Everything that was passed over or waited for. */
  List<HypervisorEvent> passed() {
    return List.copyOf(passed);
  }

  @Override
  public void close() {
    subscription.close();
  }
}
