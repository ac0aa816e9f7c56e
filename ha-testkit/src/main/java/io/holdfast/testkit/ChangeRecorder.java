package io.holdfast.testkit;

import io.holdfast.api.spi.StateStore;
import io.holdfast.api.spi.StateStore.ChangeListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Remembers which records were told to be dirty. Safe for use by several threads. */
public final class ChangeRecorder implements ChangeListener {
  private final List<StateStore.Key> dirty = new ArrayList<>();
  private int resyncs;

  @Override
  public synchronized void onDirty(StateStore.Key key) {
    dirty.add(key);
    notifyAll();
  }

  @Override
  public synchronized void onResync() {
    resyncs++;
    notifyAll();
  }

  /** What was told since {@link #clear}. */
  public synchronized List<StateStore.Key> dirty() {
    return List.copyOf(dirty);
  }

  /** How often everything was told to be read again since {@link #clear}. */
  public synchronized int resyncs() {
    return resyncs;
  }

  public synchronized void clear() {
    dirty.clear();
    resyncs = 0;
  }

  /**
   * Waits until a reader that follows the feed would read the record again: it is dirty, or
   * everything is.
   */
  public void awaitDirty(StateStore.Key key, Duration patience) throws InterruptedException {
    await(key + " to be dirty", patience, () -> dirty.contains(key) || resyncs > 0);
  }

  public void awaitResync(Duration patience) throws InterruptedException {
    await("a resync", patience, () -> resyncs > 0);
  }

  private synchronized void await(String what, Duration patience, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new AssertionError("waited in vain for " + what + ", was told " + dirty);
      }
      wait(left);
    }
  }
}
