package io.holdfast.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a picture goes. */
final class SvgFile {
  private SvgFile() {}

  static void write(Path file, String picture) {
    try {
      Files.writeString(file, picture);
    } catch (IOException e) {
      throw new BadInputException(file + ": cannot be written: " + e, e);
    }
  }
}
