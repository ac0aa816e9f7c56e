package io.holdfast.engine.lease.io;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file or block device that is read and written in whole blocks, by one thread of its own: a read
 * or write that hangs cannot be taken back, so its thread waits for it, and nobody else's does. A
 * caller that waits in vain is told {@code Unknown}, and until the device has answered nothing
 * further is given to it. Its thread is never interrupted: that would close the file.
 *
 * <p>May be called from several threads.
 */
public final class BlockDevice implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(BlockDevice.class);
  private final String path;
  private final Medium medium;
  private final boolean direct;
  private final int blockSize;
  private final long size;
  private final ExecutorService thread;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private ByteBuffer buffer = ByteBuffer.allocate(0); // of its thread

  private BlockDevice(
      String path,
      Medium medium,
      boolean direct,
      int blockSize,
      long size,
      ExecutorService thread) {
    this.path = path;
    this.medium = medium;
    this.direct = direct;
    this.blockSize = blockSize;
    this.size = size;
    this.thread = thread;
  }

  /**
   * Opens a file or a block device.
   *
   * @param writable whether it is to be written, too
   * @return {@code Failed} with the reason in one line; {@code Unknown} if the device does not
   *     answer
   */
  public static Outcome<BlockDevice> open(Path path, boolean writable, Duration timeout) {
    return open(path, () -> FileMedium.open(path, writable), timeout);
  }

  /** Opens what is behind it, on the device's thread. */
  interface Opener {
    Medium open() throws IOException;
  }

  static Outcome<BlockDevice> open(Path path, Opener opener, Duration timeout) {
    ExecutorService thread = newThread(path.toString());
    CompletableFuture<Outcome<BlockDevice>> opened = new CompletableFuture<>();
    thread.execute(
        () -> {
          Outcome<BlockDevice> outcome = opened(path, opener, thread);
          // whoever has asked may have gone: then nobody else would close it
          if (!opened.complete(outcome) && outcome instanceof Outcome.Done<BlockDevice> late) {
            closed(late.value().medium);
          }
        });
    Outcome<BlockDevice> outcome = awaited(opened, timeout);
    if (!outcome.isDone()) {
      thread.shutdown();
    }
    return outcome;
  }

  private static Outcome<BlockDevice> opened(Path path, Opener opener, ExecutorService thread) {
    try {
      Medium medium = opener.open();
      try {
        return Outcome.done(
            new BlockDevice(
                path.toString(),
                medium,
                medium.isDirect(),
                medium.blockSize(),
                medium.size(),
                thread));
      } catch (Throwable e) {
        closed(medium); // nobody else knows of it
        throw e;
      }
    } catch (NoSuchFileException e) {
      return Outcome.failed(Cause.NOT_FOUND, "no such file");
    } catch (AccessDeniedException e) {
      return Outcome.failed(Cause.DENIED, "no permission");
    } catch (Throwable e) { // whoever waits is answered, also when memory has run out
      return Outcome.failed(Cause.ERROR, text(e));
    }
  }

  /** For tests: a device that does what they want. */
  static BlockDevice of(String path, Medium medium, int blockSize, long size) {
    return new BlockDevice(path, medium, false, blockSize, size, newThread(path));
  }

  private static ExecutorService newThread(String path) {
    return Executors.newSingleThreadExecutor(
        work -> {
          Thread thread = new Thread(work, "holdfast-device-" + path);
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Where it is. */
  public String path() {
    return path;
  }

  /**
   * Whether it goes past the caches of this host. If not, what another host has written may not be
   * seen here, and nothing that several hosts rely on may be kept on it, unless its file system
   * itself keeps them in step.
   */
  public boolean isDirect() {
    return direct;
  }

  /** Offsets and lengths are multiples of this, in bytes. */
  public int blockSize() {
    return blockSize;
  }

  /** How long it was when it was opened, in bytes. */
  public long size() {
    return size;
  }

  /**
   * Reads.
   *
   * @param then told once, on the device's thread, when it has ended, however late; with fewer
   *     bytes where the device ended when it was opened. {@code Failed} if it ends sooner now: so
   *     does one that was taken away; and with {@link Cause#UNREACHABLE}, on the caller's thread,
   *     while an earlier read or write has not ended, or after {@link #close}. It must not throw
   */
  public void read(long offset, int length, Consumer<Outcome<byte[]>> then) {
    submit(() -> reading(offset, length), then);
  }

  /**
   * Writes, so that it is safe when it is acknowledged.
   *
   * @param then as for {@link #read}; {@code Unknown} when it may have happened
   */
  public void write(long offset, byte[] bytes, Consumer<Outcome<Ack>> then) {
    submit(() -> writing(offset, bytes), then);
  }

  /** Reads, and waits for it so long. */
  public Outcome<byte[]> read(long offset, int length, Duration timeout) {
    CompletableFuture<Outcome<byte[]>> ended = new CompletableFuture<>();
    read(offset, length, ended::complete);
    return awaited(ended, timeout);
  }

  /** Writes, and waits for it so long. */
  public Outcome<Ack> write(long offset, byte[] bytes, Duration timeout) {
    CompletableFuture<Outcome<Ack>> ended = new CompletableFuture<>();
    write(offset, bytes, ended::complete);
    return awaited(ended, timeout);
  }

  /** Closes it, without waiting, once what is under way has ended. */
  @Override
  public void close() {
    try {
      thread.execute(
          () -> {
            try {
              closed(medium);
            } finally {
              ended.complete(null);
            }
          });
    } catch (RejectedExecutionException e) {
      // closed before
    }
    thread.shutdown();
  }

  /** Completes once it was closed and what was under way has ended; it may take for ever. */
  public CompletionStage<Void> ended() {
    return ended.minimalCompletionStage();
  }

  private static void closed(Medium medium) {
    try {
      medium.close();
    } catch (IOException | RuntimeException e) {
      // there is nothing that could be done, and nothing that rests on it
    }
  }

  private interface Work<T> {
    Outcome<T> run();
  }

  private <T> void submit(Work<T> work, Consumer<Outcome<T>> then) {
    if (!busy.compareAndSet(false, true)) {
      then.accept(Outcome.failed(Cause.UNREACHABLE, "has not ended an earlier read or write"));
      return;
    }
    try {
      thread.execute(
          () -> {
            Outcome<T> outcome = work.run();
            busy.set(false); // before it is told: whoever is, may ask for the next at once
            try {
              then.accept(outcome);
            } catch (Throwable e) { // its thread is never to end: another may not be had
              log.error("{}: whoever asked has not taken the answer", path, e);
            }
          });
    } catch (RejectedExecutionException e) {
      busy.set(false);
      then.accept(Outcome.failed(Cause.UNREACHABLE, "is closed"));
    } catch (Throwable e) { // no memory for it: nothing is asked of the device
      busy.set(false);
      throw e;
    }
  }

  private Outcome<byte[]> reading(long offset, int length) {
    try {
      ByteBuffer into = buffer(length);
      while (into.hasRemaining()) {
        int count = medium.read(into, offset + into.position());
        if (count <= 0 || into.position() % blockSize != 0) {
          break; // the device ends here
        }
      }
      byte[] bytes = new byte[into.position()];
      into.flip().get(bytes);
      return bytes.length < Math.min(length, size - offset)
          ? Outcome.failed(Cause.ERROR, "ends at byte " + (offset + bytes.length))
          : Outcome.done(bytes);
    } catch (Throwable e) { // an Error must not keep the device busy for ever
      return Outcome.failed(Cause.ERROR, text(e));
    }
  }

  private Outcome<Ack> writing(long offset, byte[] bytes) {
    try {
      ByteBuffer from = buffer(bytes.length);
      from.put(bytes).flip();
      while (from.hasRemaining()) {
        medium.write(from, offset + from.position());
      }
      return Outcome.ok();
    } catch (NonWritableChannelException e) {
      return Outcome.failed(Cause.DENIED, "was opened for reading");
    } catch (Throwable e) { // as above
      return Outcome.unknown(text(e));
    }
  }

  /** Whatever goes past the caches begins at an address that is a multiple of the block. */
  private ByteBuffer buffer(int length) {
    if (buffer.capacity() < length) {
      buffer = ByteBuffer.allocateDirect(length + blockSize).alignedSlice(blockSize);
    }
    return buffer.clear().limit(length);
  }

  private static <T> Outcome<T> awaited(CompletableFuture<Outcome<T>> ended, Duration timeout) {
    Outcome<T> late = Outcome.unknown("has not answered within " + timeout);
    try {
      return ended.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return ended.complete(late) ? late : ended.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ended.complete(late) ? late : ended.join();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Why there is no value, in one line; of which device is for the caller to say. */
  static String why(Outcome<?> outcome) {
    return outcome instanceof Outcome.Failed<?> failed
        ? failed.detail()
        : outcome instanceof Outcome.Unknown<?> unknown ? unknown.detail() : "nothing is wrong";
  }

  private static String text(Throwable e) {
    String message = e.getMessage();
    String kind = e.getClass().getSimpleName();
    return message == null ? kind : e instanceof Error ? kind + ": " + message : message;
  }
}
