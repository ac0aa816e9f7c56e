package io.holdfast.examples.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Follows a file that grows, line by line. One thread. */
final class LogTail {
  private final Path file;
  private final Consumer<String> lines;
  private final StringBuilder begun = new StringBuilder();
  private long position;

  LogTail(Path file, Consumer<String> lines) {
    this.file = file;
    this.lines = lines;
  }

  /** Takes in what was written since the last time. */
  void read() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      if (size <= position) {
        return;
      }
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(Math.min(size - position, 1 << 20)));
      int count = channel.read(bytes, position);
      // Only whole lines are taken out, so a character is never cut in two.
      int end = count;
      while (end > 0 && bytes.get(end - 1) != '\n') {
        end--;
      }
      position += end;
      begun.append(new String(bytes.array(), 0, end, StandardCharsets.UTF_8));
    }
    int newline = begun.indexOf("\n");
    while (newline >= 0) {
      lines.accept(begun.substring(0, newline));
      begun.delete(0, newline + 1);
      newline = begun.indexOf("\n");
    }
  }
}
