package io.holdfast.engine.effect;

import io.holdfast.api.Epoch;
import io.holdfast.api.InvalidConfigException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The highest epoch that this host has followed, on its disk, and the lock that keeps a second
 * agent of the same host away. One thread at a time.
 */
public final class EpochFile implements EpochJournal, AutoCloseable {
  private final Path directory;
  private final Path file;
  private final FileChannel lockChannel;
  private final Epoch read;

  /**
   * Opens the directory, making it if it is missing.
   *
   * @throws InvalidConfigException if another agent holds it or its content is not an epoch
   * @throws IOException if it cannot be read or written
   */
  public EpochFile(Path directory) throws IOException {
    Files.createDirectories(directory);
    this.directory = directory;
    file = directory.resolve("epoch");
    lockChannel =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean opened = false;
    try {
      if (!tryLock(lockChannel)) {
        throw new InvalidConfigException(
            "agent.stateDirectory", directory, "a directory that no other agent uses");
      }
      read = readEpoch(file);
      if (Files.exists(file)) {
        // A former agent may have ended between the move and the flush: what is read is relied
        // upon.
        flush(file);
        flush(directory);
      }
      opened = true;
    } finally {
      if (!opened) {
        lockChannel.close();
      }
    }
  }

  /** The epoch as it was on disk when this was opened. */
  public Epoch highest() {
    return read;
  }

  @Override
  public void persist(Epoch epoch) throws IOException {
    Path next = file.resolveSibling("epoch.next");
    try (FileChannel out =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer text = StandardCharsets.US_ASCII.encode(epoch + "\n");
      while (text.hasRemaining()) {
        out.write(text);
      }
      out.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    flush(directory);
  }

  private static void flush(Path what) throws IOException {
    try (FileChannel channel = FileChannel.open(what)) {
      channel.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    lockChannel.close();
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // held by an agent in this very process
    }
  }

  private static Epoch readEpoch(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Epoch.NONE;
    }
    // Byte by byte, so that whatever stands there can be shown in one line.
    String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
    if (!text.matches("[0-9]{1,19}") || new BigInteger(text).bitLength() > 63) {
      String shown = text.length() <= 40 ? text : text.substring(0, 40) + "...";
      throw new InvalidConfigException(
          file.toString(),
          '"' + shown.replaceAll("\\P{Print}", "?") + '"',
          "a number, 0 or greater");
    }
    return new Epoch(Long.parseLong(text));
  }
}
