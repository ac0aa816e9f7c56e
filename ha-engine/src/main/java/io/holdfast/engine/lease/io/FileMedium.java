package io.holdfast.engine.lease.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** A file or a block device. */
final class FileMedium implements Medium {
  private static final int SECTOR = 512;
  private static final int LARGEST_BLOCK = 1 << 20;

  private final FileChannel channel;
  private final boolean direct;
  private final int blockSize;

  private FileMedium(FileChannel channel, boolean direct, int blockSize) {
    this.channel = channel;
    this.direct = direct;
    this.blockSize = blockSize;
  }

  /**
   * Opens it past all caches, where its file system can do that, and otherwise with writes that are
   * safe when they return.
   */
  static FileMedium open(Path path, boolean writable) throws IOException {
    Set<OpenOption> options = new HashSet<>();
    options.add(StandardOpenOption.READ);
    if (writable) {
      options.add(StandardOpenOption.WRITE);
      options.add(StandardOpenOption.DSYNC);
    }
    Optional<OpenOption> direct = directOption();
    int block = blockSize(path);
    if (direct.isPresent() && Integer.bitCount(block) == 1 && block <= LARGEST_BLOCK) {
      Set<OpenOption> all = new HashSet<>(options);
      all.add(direct.get());
      try {
        return probed(path, all, true, block);
      } catch (IOException | UnsupportedOperationException e) {
        // whatever it is, the other way tells
      }
    }
    return probed(path, options, false, SECTOR);
  }

  /** Some file systems refuse to open it past caches, others only to read it so. */
  private static FileMedium probed(Path path, Set<OpenOption> options, boolean direct, int block)
      throws IOException {
    FileChannel channel = FileChannel.open(path, options);
    try {
      ByteBuffer probe = ByteBuffer.allocateDirect(2 * block).alignedSlice(block);
      channel.read(probe.limit(block), 0);
      return new FileMedium(channel, direct, block);
    } catch (Throwable e) {
      channel.close();
      throw e;
    }
  }

  private static int blockSize(Path path) {
    try {
      return (int) Math.min(Integer.MAX_VALUE, Files.getFileStore(path).getBlockSize());
    } catch (IOException | UnsupportedOperationException e) {
      return 0;
    }
  }

  /** It is the JDK's own and not Java's, so there may be none. */
  private static Optional<OpenOption> directOption() {
    try {
      Object[] all = Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants();
      for (Object option : all == null ? new Object[0] : all) {
        if (option instanceof OpenOption found && option.toString().equals("DIRECT")) {
          return Optional.of(found);
        }
      }
    } catch (ClassNotFoundException e) {
      // then not
    }
    return Optional.empty();
  }

  @Override
  public boolean isDirect() {
    return direct;
  }

  @Override
  public int blockSize() {
    return blockSize;
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public int read(ByteBuffer buffer, long offset) throws IOException {
    return channel.read(buffer, offset);
  }

  @Override
  public int write(ByteBuffer buffer, long offset) throws IOException {
    return channel.write(buffer, offset);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
