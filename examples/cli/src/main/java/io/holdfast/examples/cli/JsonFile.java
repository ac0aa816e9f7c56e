package io.holdfast.examples.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that people wrote. */
final class JsonFile {
  private static final long MOST_BYTES = 64L * 1024 * 1024;

  private JsonFile() {}

  /**
   * The text of a file.
   *
   * @param what what is expected in it
   */
  static String text(Path file, String what) {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > MOST_BYTES) {
        throw new BadInputException(
            "%s: found %d bytes, allowed: at most %d"
                .formatted(file, Files.size(file), MOST_BYTES));
      }
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": found no such file, allowed: " + what, e);
    } catch (CharacterCodingException e) {
      throw new BadInputException(
          file + ": found bytes that are not UTF-8, allowed: one JSON document", e);
    } catch (IOException e) {
      throw new BadInputException(file + ": cannot be read: " + e, e);
    }
  }
}
