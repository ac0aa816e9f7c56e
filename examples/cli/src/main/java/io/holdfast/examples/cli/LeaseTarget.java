package io.holdfast.examples.cli;

import io.holdfast.api.Outcome;
import io.holdfast.engine.lease.io.BlockDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Option;

/** How a command about lease devices opens them and tells of them. */
final class LeaseTarget {
  @Option(
      names = "--io-timeout",
      paramLabel = "DURATION",
      defaultValue = "PT10S",
      description = "how long one read or write may take (default: ${DEFAULT-VALUE})")
  private Duration timeout = Duration.ZERO;

  @Option(names = "--json", description = "print the result as one JSON document")
  private boolean json;

  boolean json() {
    return json;
  }

  Duration timeout() {
    if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(Duration.ofHours(1)) > 0) {
      throw new BadInputException(
          "--io-timeout: found %s, allowed: PT0.001S to PT1H".formatted(timeout));
    }
    return timeout;
  }

  /**
   * Opens a device.
   *
   * @throws BadInputException if it cannot be
   */
  BlockDevice open(Path path, boolean writable) {
    if (asked(path, timeout(), () -> Files.isDirectory(path))) {
      throw new BadInputException(path + ": found a directory, allowed: a file or a block device");
    }
    Outcome<BlockDevice> opened = BlockDevice.open(path, writable, timeout());
    if (opened instanceof Outcome.Done<BlockDevice> done) {
      return done.value();
    }
    throw new BadInputException(
        opened instanceof Outcome.Failed<BlockDevice> failed
            ? "%s: found %s, allowed: a file or a block device that can be %s"
                .formatted(path, failed.detail(), writable ? "written" : "read")
            : "%s: not opened within %s".formatted(path, timeout));
  }

  /**
   * Asks a file system something, by a thread that nobody waits for if the file system has gone.
   *
   * @throws BadInputException if it does not answer in time, or says that something is wrong
   */
  static <T> T asked(Path path, Duration timeout, Callable<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                answer.complete(question.call());
              } catch (Exception e) {
                answer.completeExceptionally(e);
              }
            },
            "hactl-" + path);
    thread.setDaemon(true);
    thread.start();
    try {
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BadInputException bad) {
        throw bad;
      }
      throw new BadInputException(path + ": cannot be looked at: " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new BadInputException(path + ": its file system has not answered within " + timeout, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BadInputException(path + ": interrupted", e);
    }
  }
}
