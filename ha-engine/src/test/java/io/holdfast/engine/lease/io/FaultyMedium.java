package io.holdfast.engine.lease.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A file that fails, ends or hangs when the test says so. */
final class FaultyMedium implements Medium {
  volatile boolean readsFail;
  volatile boolean writesFail;

  /** Whether it ends before its first byte: so does a block device that was taken away. */
  volatile boolean ends;

  /** Where it cannot be read. */
  volatile long badAt = -1;

  /** What happens right after a write. */
  volatile Runnable written = () -> {};

  final CountDownLatch closed = new CountDownLatch(1);
  private final Path path;
  private final Medium medium;
  private volatile CountDownLatch writes = new CountDownLatch(0);
  private volatile CountDownLatch hung = new CountDownLatch(1);

  FaultyMedium(Path path) throws IOException {
    this.path = path;
    medium = FileMedium.open(path, true);
  }

  BlockDevice device() throws IOException {
    return BlockDevice.of(path.toString(), this, medium.blockSize(), medium.size());
  }

  /** From now on writes hang until they are let go. */
  void hangs() {
    hung = new CountDownLatch(1);
    writes = new CountDownLatch(1);
  }

  /** Whether one hangs by now, or soon. */
  boolean isHung() throws InterruptedException {
    return hung.await(60, TimeUnit.SECONDS);
  }

  void letGo() {
    writes.countDown();
  }

  @Override
  public boolean isDirect() {
    return false;
  }

  @Override
  public int blockSize() {
    return medium.blockSize();
  }

  @Override
  public long size() throws IOException {
    return medium.size();
  }

  @Override
  public int read(ByteBuffer buffer, long offset) throws IOException {
    if (readsFail) {
      throw new IOException("no such device or address");
    }
    if (offset <= badAt && badAt < offset + buffer.remaining()) {
      throw new IOException("medium error");
    }
    return ends ? -1 : medium.read(buffer, offset);
  }

  @Override
  public int write(ByteBuffer buffer, long offset) throws IOException {
    if (writesFail) {
      throw new IOException("input/output error");
    }
    CountDownLatch until = writes;
    if (until.getCount() > 0) {
      hung.countDown();
    }
    try {
      until.await();
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
    int count = medium.write(buffer, offset);
    written.run();
    return count;
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    medium.close();
  }
}
