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
  private final BlockDevice device;
  private final BooleanSupplier mayWrite;
  private final Executor thread;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private boolean busy;

  DiskQueue(BlockDevice device, BooleanSupplier mayWrite, Executor thread) {
    this.device = device;
    this.mayWrite = mayWrite;
    this.thread = thread;
  }

  void read(long offset, int length, Consumer<Outcome<byte[]>> then) {
    waiting.add(() -> device.read(offset, length, outcome -> ended(outcome, then)));
    next();
  }

  void write(long offset, byte[] bytes, Consumer<Outcome<Ack>> then) {
    waiting.add(
        () -> {
          if (mayWrite.getAsBoolean()) {
            device.write(offset, bytes, outcome -> ended(outcome, then));
          } else {
            ended(Outcome.failed(Cause.DENIED, "the host's lease is not held"), then);
          }
        });
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
