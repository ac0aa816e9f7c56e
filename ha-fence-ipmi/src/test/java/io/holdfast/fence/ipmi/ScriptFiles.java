package io.holdfast.fence.ipmi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The directory through which a test and a shell script talk: files of a few words each.
 *
 * @param directory exists
 */
record ScriptFiles(Path directory) {
  boolean has(String file) {
    return Files.exists(directory.resolve(file));
  }

  String read(String file) {
    try {
      return Files.readString(directory.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How many lines a file has that scripts append to; 0 if there is none yet. */
  long lines(String file) {
    return has(file) ? read(file).lines().count() : 0;
  }

  /** Replaces the file in one step, so that no script reads half of it. */
  void write(String file, String content) {
    try {
      Path fresh = Files.writeString(directory.resolve(file + ".new"), content + "\n");
      Files.move(fresh, directory.resolve(file), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a script that can be run; {@code @DIR@} in it becomes this directory. */
  Path script(String file, String text) throws IOException {
    Path script =
        Files.writeString(directory.resolve(file), text.replace("@DIR@", directory.toString()));
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }
}
