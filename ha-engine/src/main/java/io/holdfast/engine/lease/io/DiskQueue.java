package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What several locks want of one device, one after another: it is given the next when it has ended
 * the one before, and if it hangs, the rest waits. Used by one thread, on which answers are told.
 */
final class DiskQueue {
  private final BlockDevice device;
  private final Executor thread;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private boolean busy;

  DiskQueue(BlockDevice device, Executor thread) {
    this.device = device;
    this.thread = thread;
  }

  void read(long offset, int length, Consumer<Outcome<byte[]>> then) {
    waiting.add(() -> device.read(offset, length, outcome -> ended(outcome, then)));
    next();
  }

  void write(long offset, byte[] bytes, Consumer<Outcome<Ack>> then) {
    waiting.add(() -> device.write(offset, bytes, outcome -> ended(outcome, then)));
    next();
  }

  private <T> void ended(Outcome<T> outcome, Consumer<Outcome<T>> then) {
    thread.execute(
        () -> {
          busy = false;
          then.accept(outcome);
          next();
        });
  }

  private void next() {
    Runnable first = busy ? null : waiting.poll();
    if (first != null) {
      busy = true;
      first.run();
    }
  }
}
