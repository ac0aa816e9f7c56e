package io.holdfast.testkit;

import io.holdfast.api.spi.Membership.Connection;
import io.holdfast.api.spi.Membership.Lease;
import io.holdfast.api.spi.Membership.Listener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Remembers what it was told, and waits for news. Safe for use by several threads. */
public final class MembershipRecorder implements Listener {

  /** A {@link Listener#onControllerChanged}, among the leases and the connection's states. */
  public static final String CONTROLLER_CHANGED = "controller changed";

  private final List<Object> news = new ArrayList<>();

  @Override
  public void onLease(Lease lease) {
    add(lease);
  }

  @Override
  public void onControllerChanged() {
    add(CONTROLLER_CHANGED);
  }

  @Override
  public void onConnection(Connection connection) {
    add(connection);
  }

  private synchronized void add(Object item) {
    news.add(item);
    notifyAll();
  }

  /** Everything told since {@link #clear}: leases, connection states, controller changes. */
  public synchronized List<Object> news() {
    return List.copyOf(news);
  }

  public synchronized void clear() {
    news.clear();
  }

  /** Waits until something was told since {@link #clear} that passes the test. */
  public synchronized void await(String what, Duration patience, Predicate<Object> test)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (news.stream().noneMatch(test)) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new AssertionError("waited " + patience + " for " + what + ", was told " + news);
      }
      wait(left);
    }
  }

  public void awaitLease(String what, Duration patience, Predicate<Lease> test)
      throws InterruptedException {
    await(what, patience, item -> item instanceof Lease lease && test.test(lease));
  }

  public void awaitConnection(Connection state, Duration patience) throws InterruptedException {
    await("connection " + state, patience, item -> item == state);
  }

  public void awaitControllerChanged(Duration patience) throws InterruptedException {
    await(CONTROLLER_CHANGED, patience, CONTROLLER_CHANGED::equals);
  }
}
