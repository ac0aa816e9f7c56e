package io.holdfast.engine.lease.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.api.Outcome;
import io.holdfast.api.Outcome.Ack;
import io.holdfast.api.Outcome.Cause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file as a device, and a device that hangs. */
class BlockDeviceTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(20);

  @TempDir private Path folder;

  private static <T> T done(Outcome<T> outcome) {
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    return ((Outcome.Done<T>) outcome).value();
  }

  private static byte[] filled(int length, int with) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) with);
    return bytes;
  }

  /** One that hangs until it is let go. */
  private static final class Hanging implements Medium {
    final CountDownLatch letGo = new CountDownLatch(1);
    final CountDownLatch closed = new CountDownLatch(1);
    volatile boolean interrupted;

    private void hang() {
      try {
        letGo.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }

    @Override
    public boolean isDirect() {
      return false;
    }

    @Override
    public int blockSize() {
      return 512;
    }

    @Override
    public long size() {
      return 1 << 20;
    }

    @Override
    public int read(ByteBuffer buffer, long offset) {
      hang();
      buffer.put(filled(buffer.remaining(), 7));
      return buffer.position();
    }

    @Override
    public int write(ByteBuffer buffer, long offset) throws IOException {
      hang();
      throw new IOException("no space left");
    }

    @Override
    public void close() {
      closed.countDown();
    }
  }

  @Test
  void whatIsWrittenIsReadBackAlsoByAnother() throws IOException {
    Path file = Files.write(folder.resolve("d"), new byte[16384]);
    try (BlockDevice one = done(BlockDevice.open(file, true, LONG));
        BlockDevice other = done(BlockDevice.open(file, false, LONG))) {
      assertThat(one.size()).isEqualTo(16384);
      assertThat(one.blockSize()).isLessThanOrEqualTo(4096);
      done(one.write(8192, filled(4096, 5), LONG));
      assertThat(done(other.read(8192, 4096, LONG))).isEqualTo(filled(4096, 5));
      assertThat(done(other.read(4096, 4096, LONG))).isEqualTo(new byte[4096]);
      assertThat(Files.readAllBytes(file)).hasSize(16384).endsWith(new byte[4096]);
    }
  }

  @Test
  void aReadEndsWhereTheDeviceEnds() throws IOException {
    Path file = Files.write(folder.resolve("d"), filled(5000, 3));
    try (BlockDevice device = done(BlockDevice.open(file, false, LONG))) {
      assertThat(done(device.read(4096, 8192, LONG))).isEqualTo(filled(904, 3));
      assertThat(done(device.read(16384, 4096, LONG))).isEmpty();
    }
  }

  /** As a block device that was taken away does on Linux. */
  @Test
  void aReadThatEndsSoonerThanTheDeviceOnceDidHasFailed() throws IOException {
    FaultyMedium medium = new FaultyMedium(Files.write(folder.resolve("d"), new byte[16384]));
    try (BlockDevice device = medium.device()) {
      medium.ends = true;
      assertThat(device.read(8192, 4096, LONG))
          .isEqualTo(Outcome.failed(Cause.ERROR, "ends at byte 8192"));
      medium.ends = false;
      assertThat(done(device.read(8192, 4096, LONG))).hasSize(4096);
    }
  }

  /** It is not told to be one that can be read through caches only. */
  @Test
  void oneThatCannotBeReadAtItsBeginningIsNotOpened() {
    assertThat(BlockDevice.open(folder, false, LONG))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.detail()).containsIgnoringCase("directory"));
  }

  @Test
  void whoeverThrowsWhenItIsAnsweredCostsNoThread() throws Exception {
    Path file = Files.write(folder.resolve("d"), new byte[4096]);
    try (BlockDevice device = done(BlockDevice.open(file, false, LONG))) {
      CompletableFuture<Thread> first = new CompletableFuture<>();
      device.read(
          0,
          4096,
          outcome -> {
            first.complete(Thread.currentThread());
            throw new IllegalStateException("in an answer");
          });
      first.get(60, TimeUnit.SECONDS);
      CompletableFuture<Thread> second = new CompletableFuture<>();
      device.read(0, 4096, outcome -> second.complete(Thread.currentThread()));
      assertThat(second.get(60, TimeUnit.SECONDS)).isSameAs(first.get());
    }
  }

  @Test
  void oneThatWasOpenedForReadingIsNotWritten() throws IOException {
    Path file = Files.write(folder.resolve("d"), new byte[8192]);
    try (BlockDevice device = done(BlockDevice.open(file, false, LONG))) {
      Outcome<Ack> written = device.write(0, filled(4096, 1), LONG);
      assertThat(written).isEqualTo(Outcome.failed(Cause.DENIED, "was opened for reading"));
      assertThat(Files.readAllBytes(file)).isEqualTo(new byte[8192]);
    }
  }

  @Test
  void oneThatIsNotThereIsNotOpened() {
    assertThat(BlockDevice.open(folder.resolve("none"), true, LONG))
        .isEqualTo(Outcome.failed(Cause.NOT_FOUND, "no such file"));
  }

  @Test
  void oneThatHangsKeepsNobodyElseAndGetsNothingFurther() throws InterruptedException {
    Hanging medium = new Hanging();
    BlockDevice device = BlockDevice.of("/dev/x", medium, 512, 1 << 20);
    assertThat(device.read(0, 512, SHORT))
        .isEqualTo(Outcome.unknown("has not answered within PT0.02S"));
    assertThat(device.write(0, new byte[512], LONG))
        .isEqualTo(Outcome.failed(Cause.UNREACHABLE, "has not ended an earlier read or write"));
    device.close();
    CompletableFuture<Void> ended = device.ended().toCompletableFuture();
    assertThat(medium.closed.getCount()).as("not before it has answered").isEqualTo(1);
    assertThat(ended).isNotDone();
    medium.letGo.countDown();
    ended.join();
    medium.closed.await();
    assertThat(medium.interrupted).isFalse();
    assertThat(device.read(0, 512, LONG)).isEqualTo(Outcome.failed(Cause.UNREACHABLE, "is closed"));
  }

  @Test
  void whoeverAskedIsToldHoweverLate() throws Exception {
    Hanging medium = new Hanging();
    try (BlockDevice device = BlockDevice.of("/dev/x", medium, 512, 1 << 20)) {
      CompletableFuture<Outcome<byte[]>> read = new CompletableFuture<>();
      device.read(0, 1024, read::complete);
      assertThat(read).isNotDone();
      medium.letGo.countDown();
      assertThat(done(read.get())).isEqualTo(filled(1024, 7));
    }
  }

  @Test
  void aWriteThatFailsMayHaveHappened() {
    Hanging medium = new Hanging();
    medium.letGo.countDown();
    try (BlockDevice device = BlockDevice.of("/dev/x", medium, 512, 1 << 20)) {
      assertThat(device.write(4096, new byte[512], LONG))
          .isEqualTo(Outcome.unknown("no space left"));
    }
  }

  /** What is thrown at it, and whether it is closed. */
  private static final class Throwing implements Medium {
    final CountDownLatch closed = new CountDownLatch(1);
    volatile boolean well;

    private void fails() {
      if (!well) {
        throw new OutOfMemoryError("Direct buffer memory");
      }
    }

    @Override
    public boolean isDirect() {
      return false;
    }

    @Override
    public int blockSize() {
      return 512;
    }

    @Override
    public long size() {
      fails();
      return 4096;
    }

    @Override
    public int read(ByteBuffer buffer, long offset) {
      fails();
      buffer.put(filled(buffer.remaining(), 7));
      return buffer.position();
    }

    @Override
    public int write(ByteBuffer buffer, long offset) {
      fails();
      int length = buffer.remaining();
      buffer.position(buffer.limit());
      return length;
    }

    @Override
    public void close() {
      closed.countDown();
    }
  }

  @Test
  void anErrorIsAnAnswerAndKeepsNothingBusy() {
    Throwing medium = new Throwing();
    try (BlockDevice device = BlockDevice.of("/dev/x", medium, 512, 4096)) {
      assertThat(device.read(0, 512, LONG))
          .isEqualTo(Outcome.failed(Cause.ERROR, "OutOfMemoryError: Direct buffer memory"));
      assertThat(device.write(512, new byte[512], LONG))
          .isEqualTo(Outcome.unknown("OutOfMemoryError: Direct buffer memory"));
      medium.well = true;
      assertThat(done(device.read(0, 512, LONG))).isEqualTo(filled(512, 7));
      done(device.write(512, new byte[512], LONG));
    }
  }

  @Test
  void whatCannotBeOpenedWholeIsClosedAndTold() throws InterruptedException {
    Throwing medium = new Throwing();
    assertThat(BlockDevice.open(Path.of("/dev/x"), () -> medium, LONG))
        .isEqualTo(Outcome.failed(Cause.ERROR, "OutOfMemoryError: Direct buffer memory"));
    assertThat(medium.closed.await(60, TimeUnit.SECONDS)).as("closed").isTrue();
    assertThat(
            BlockDevice.open(
                Path.of("/dev/x"),
                () -> {
                  throw new OutOfMemoryError("heap");
                },
                LONG))
        .isEqualTo(Outcome.failed(Cause.ERROR, "OutOfMemoryError: heap"));
  }
}
