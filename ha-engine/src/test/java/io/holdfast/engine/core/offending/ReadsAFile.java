package io.holdfast.engine.core.offending;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Breaks, for {@code ArchitectureTest}: a core does no I/O. */
final class ReadsAFile {
  private ReadsAFile() {}

  static String text(Path path) throws IOException {
    return Files.readString(path);
  }
}
