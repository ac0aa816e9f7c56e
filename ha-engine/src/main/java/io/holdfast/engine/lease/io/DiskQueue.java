package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What several locks want of one device, one after another: it is given the next when it has ended
 * the one before, and if it hangs, the rest waits. What waits is written only if it still may be
 * then. Used by one thread, on which answers are told.
 */
final class DiskQueue {
  private final Disk.Sound disk;
  private final BooleanSupplier mayWrite;
  private final Executor thread;
  private final Queue<Asked<?>> waiting = new ArrayDeque<>();
  private boolean busy;

  DiskQueue(Disk.Sound disk, BooleanSupplier mayWrite, Executor thread) {
    this.disk = disk;
    this.mayWrite = mayWrite;
    this.thread = thread;
  }

  /** Whose it is. */
  Disk.Sound disk() {
    return disk;
  }

  void read(long offset, int length, Consumer<Outcome<byte[]>> then) {
    waiting.add(new Asked<>(told -> disk.device().read(offset, length, told), then));
    next();
  }

  void write(long offset, byte[] bytes, Consumer<Outcome<Ack>> then) {
    waiting.add(
        new Asked<Ack>(
            told -> {
              if (mayWrite.getAsBoolean()) {
                disk.device().write(offset, bytes, told);
              } else {
                told.accept(Outcome.failed(Cause.DENIED, "the host's lease is not held"));
              }
            },
            then));
    next();
  }

  private <T> void ended(Outcome<T> outcome, Consumer<Outcome<T>> then) {
    thread.execute(
        () -> {
          busy = false;
          try {
            then.accept(outcome);
          } finally {
            next();
          }
        });
  }

  private void next() {
    Asked<?> first = busy ? null : waiting.poll();
    if (first != null) {
      busy = true;
      first.begin();
    }
  }

  /** What was asked for, and is begun when it is its turn. */
  private final class Asked<T> {
    private final Consumer<Consumer<Outcome<T>>> what;
    private final Consumer<Outcome<T>> then;

    Asked(Consumer<Consumer<Outcome<T>>> what, Consumer<Outcome<T>> then) {
      this.what = what;
      this.then = then;
    }

    void begin() {
      try {
        what.accept(outcome -> ended(outcome, then));
      } catch (Throwable e) { // or the device would count as busy for ever
        ended(Outcome.unknown("was not begun, or not answered: " + e), then);
      }
    }
  }
}
