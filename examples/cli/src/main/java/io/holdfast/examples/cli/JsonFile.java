package io.holdfast.examples.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that people wrote. */
final class JsonFile {
  private static final int MOST_BYTES = 64 * 1024 * 1024;

  private JsonFile() {}

  /**
   * The text of a file.
   *
   * @param what what is expected in it
   */
  static String text(Path file, String what) {
    try {
      if (Files.isRegularFile(file) && Files.size(file) > MOST_BYTES) {
        throw tooLong(file, Files.size(file) + " bytes");
      }
      return Files.isDirectory(file) || Files.isRegularFile(file)
          ? Files.readString(file)
          : piped(file);
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": found no such file, allowed: " + what, e);
    } catch (CharacterCodingException e) {
      throw new BadInputException(
          file + ": found bytes that are not UTF-8, allowed: one JSON document", e);
    } catch (IOException e) {
      throw new BadInputException(file + ": cannot be read: " + e, e);
    }
  }

  /** What is no file tells no size. */
  private static String piped(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw tooLong(file, "more bytes");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }
  }

  private static BadInputException tooLong(Path file, String found) {
    return new BadInputException(
        "%s: found %s, allowed: at most %d".formatted(file, found, MOST_BYTES));
  }
}
